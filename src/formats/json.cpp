// Parses JSON by recursive descent.
#include "primer/formats/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"

namespace primer::json {

namespace {

constexpr std::size_t deepest = 16;

class Parser {
 public:
  Parser(std::string_view text, const Location& location) : text_(text), location_(location) {}

  Value document() {
    Value result = value(0);
    skip_spaces();
    if (position_ < text_.size()) fail("expected the end");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(location_, "not JSON at byte ", position_ + 1, ": ", what);
  }

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  bool take(std::string_view what) {
    if (!text_.substr(position_).starts_with(what)) return false;
    position_ += what.size();
    return true;
  }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++position_;
  }
  bool take_after_spaces(std::string_view what) {
    skip_spaces();
    return take(what);
  }

  Value value(std::size_t depth) {
    if (depth > deepest) fail(concat("values are nested more than ", deepest, " levels deep"));
    skip_spaces();
    if (take("null")) return {nullptr};
    if (take("true")) return {true};
    if (take("false")) return {false};
    if (peek() == '"') return {string()};
    if (take("[")) return {array(depth)};
    if (take("{")) return {object(depth)};
    return number();
  }

  Array array(std::size_t depth) {
    Array elements;
    if (take_after_spaces("]")) return elements;
    do {
      elements.push_back(value(depth + 1));
    } while (take_after_spaces(","));
    if (!take("]")) fail("expected \",\" or \"]\"");
    return elements;
  }

  Object object(std::size_t depth) {
    Object members;
    if (take_after_spaces("}")) return members;
    do {
      skip_spaces();
      std::string key = string();
      if (!take_after_spaces(":")) fail("expected \":\"");
      members.push_back({std::move(key), value(depth + 1)});
    } while (take_after_spaces(","));
    if (!take("}")) fail("expected \",\" or \"}\"");
    refuse_duplicates(members);
    return members;
  }

  void refuse_duplicates(const Object& members) const {
    std::vector<std::string_view> keys;
    for (const auto& [key, value] : members) keys.push_back(key);
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    if (twice != keys.end()) throw UserError(location_, "the key ", in_quotes(*twice), " occurs twice");
  }

  Value number() {
    const Decimal decimal = decimal_at_front(text_.substr(position_));
    const std::string_view text = text_.substr(position_, decimal.size);
    position_ += decimal.size;
    if (!decimal.is_complete) fail(text.empty() || text == "-" ? "expected a value" : "expected a digit");
    std::int64_t integer = 0;
    if (decimal.is_integer && std::from_chars(text.data(), text.data() + text.size(), integer).ec == std::errc()) {
      return {integer};
    }
    const std::optional<double> value = parse_number(text);
    if (!value) fail("the number is beyond the largest double");
    return {*value};
  }

  std::string string() {
    if (!take("\"")) fail("expected a string");
    std::string result;
    while (!take("\"")) {
      const std::size_t length = utf8_length(text_.substr(position_));
      if (length == 0) fail(position_ < text_.size() ? "not UTF-8" : "the string is not closed");
      if (static_cast<unsigned char>(peek()) < 0x20) fail("a control character in a string");
      if (take("\\")) {
        escape(result);
      } else {
        result += text_.substr(position_, length);
        position_ += length;
      }
    }
    return result;
  }

  void escape(std::string& result) {
    const std::size_t known = escape_letters.find(peek());
    if (known != escape_letters.npos || peek() == '/') {
      result += peek() == '/' ? '/' : escape_meanings[known];
      ++position_;
      return;
    }
    char32_t code = code_unit();
    if (code >= 0xD800 && code < 0xDC00 && take("\\")) {
      const char32_t low = code_unit();
      if (low < 0xDC00 || low >= 0xE000) fail("a surrogate without its other half");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) fail("a surrogate without its other half");
    append_utf8(result, code);
  }

  char32_t code_unit() {
    const std::optional<char32_t> code = peek() == 'u' ? hex_number(text_.substr(position_ + 1), 4) : std::nullopt;
    if (!code) fail("unknown escape");
    position_ += 5;
    return *code;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  const Location& location_;
};

}  // namespace

Value parse(std::string_view text, const Location& location) { return Parser(text, location).document(); }

std::string quote(std::string_view text) { return escaped(text, "JSON"); }

std::string string_array(std::span<const std::string> strings) {
  std::string result = "[";
  for (const std::string& text : strings) {
    if (result.size() > 1) result += ", ";
    result += quote(text);
  }
  return result + ']';
}

std::vector<std::string> parse_string_array(std::string_view text, const Location& location) {
  const Value value = parse(text, location);
  const auto is_string = [](const Value& element) { return std::holds_alternative<std::string>(element.data); };
  const auto* const elements = std::get_if<Array>(&value.data);
  if (elements == nullptr || !std::ranges::all_of(*elements, is_string)) {
    throw UserError(location, "expected a JSON array of strings, not ", in_quotes(text));
  }
  std::vector<std::string> strings;
  for (const Value& element : *elements) strings.push_back(std::get<std::string>(element.data));
  return strings;
}

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits).ptr;
  return {text.data(), end};
}

std::string object(std::span<const std::pair<std::string, std::string>> members) {
  std::string text = "{";
  for (const auto& [key, value] : members) text += (text.size() > 1 ? "," : "") + quote(key) + ':' + value;
  return text + '}';
}

}  // namespace primer::json
