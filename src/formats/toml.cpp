// Parses TOML 1.0 by recursive descent. A first pass refuses invalid UTF-8 and control characters. The way in which a
// table was defined (header, dotted key, inline table) decides whether a later line may add keys to the table.
#include "primer/formats/toml.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"

namespace primer::toml {

namespace {

constexpr std::size_t deepest = 64;

using Scalar = decltype(Value::data);

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_bare(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
bool is_scalar(char c) { return is_bare(c) || c == '+' || c == '.' || c == ':'; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

// `text` without the underscores that stand between two digits.
template <class IsDigit>
std::string without_underscores(std::string_view text, IsDigit is_valid) {
  const auto has_digit = [&](std::size_t k) { return k < text.size() && is_valid(text[k]); };  // k may be 0 − 1
  std::string plain;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] != '_' || !has_digit(k - 1) || !has_digit(k + 1)) plain += text[k];
  }
  return plain;
}

bool looks_like_date_or_time(std::string_view text) {
  const auto digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const std::string_view rest = text.substr(digits);
  return (digits == 4 && rest.starts_with('-')) || (digits == 2 && rest.starts_with(':'));
}

// The integer that `digits` spells in the base `base`; nothing if `digits` is not such an integer.
std::optional<Scalar> integer(std::string_view digits, int base, const Location& location, std::string_view text) {
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error == std::errc::invalid_argument || stop != end) return {};
  if (error == std::errc()) return value;
  throw UserError(location, "the integer ", in_quotes(text), " does not fit in 64 bits");
}

// A boolean or a number; nothing if `text` is neither.
std::optional<Scalar> scalar(std::string_view text, const Location& location) {
  if (text == "true") return Scalar(true);
  if (text == "false") return Scalar(false);
  const bool is_negative = text.starts_with('-');
  const std::string_view magnitude = text.substr(is_negative || text.starts_with('+'));
  if (magnitude == "inf" || magnitude == "nan") {
    const double value = magnitude == "inf" ? INFINITY : std::nan("");
    return Scalar(is_negative ? -value : value);
  }
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : text.starts_with("0b") ? 2 : 10;
  if (base != 10) {
    const std::string digits = without_underscores(text.substr(2), is_hex);
    return digits.starts_with('-') ? std::nullopt : integer(digits, base, location, text);
  }
  if (looks_like_date_or_time(text)) {
    throw UserError(location, "dates and times of TOML are not supported; put the value in quotes: ", in_quotes(text));
  }
  const std::string plain = without_underscores(text, is_digit);
  const std::string_view digits = std::string_view(plain).substr(plain.starts_with('+') && !plain.starts_with("+-"));
  const Decimal decimal = decimal_at_front(digits);
  if (!decimal.is_complete || decimal.size < digits.size()) return std::nullopt;
  if (decimal.is_integer) return integer(digits, 10, location, text);
  const std::optional<double> value = parse_number(digits);
  if (!value) throw UserError(location, "the float ", in_quotes(text), " is beyond the largest double, 1.8e308");
  return Scalar(*value);
}

}  // namespace

const Entry* Table::find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

Entry* Table::find(std::string_view key) { return const_cast<Entry*>(std::as_const(*this).find(key)); }

Entry& Table::add(std::string key, const Location& key_location, Value value) {
  if (!index_.emplace(key, entries_.size()).second) throw std::logic_error("the table already has the key " + key);
  return entries_.emplace_back(Entry{std::move(key), key_location, std::move(value)});
}

class Parser {
 public:
  // `counts` is true for the text of a file: the parser counts lines and columns, beginning at `start`. `counts` is
  // false for a value outside a file, as in --set: the location of the value and of every error is `start`.
  Parser(std::string_view text, const Location& start, bool counts) : text_(text), location_(start), counts_(counts) {
    if (counts_ && text_.starts_with("\xEF\xBB\xBF")) position_ = counted_ = 3;
    refuse_bytes_that_are_never_allowed();
  }

  Table document() {
    Table root;
    root.origin_ = Table::Origin::header;
    Table* current = &root;
    while (skip_blank_lines(), !at_end()) {
      if (peek() == '[') {
        current = &header(root);
      } else {
        key_value(*current);
      }
      end_of_line();
    }
    return root;
  }

  Value argument() {
    while (text_.ends_with(' ') || text_.ends_with('\t')) text_.remove_suffix(1);
    skip_spaces();
    if (at_end()) throw UserError(location_, "the value is missing; write \"\" for an empty string");
    if (std::string_view("\"'[{").find(peek()) == std::string_view::npos) {
      const std::string_view rest = text_.substr(position_);
      return {scalar(rest, location_).value_or(std::string(rest)), location_};
    }
    Value result = value();
    if (!at_end())
      throw UserError(location_, "expected the end of the value, not ", in_quotes(text_.substr(position_)),
                      "; if a string begins with a quote, [ or {, put the whole string in quotes, as in '\"[1].csv\"'");
    return result;
  }

 private:
  struct Key {
    std::string text;
    Location location;
  };

  bool at_end() const { return position_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  bool next_is(std::string_view what) const { return text_.substr(position_).starts_with(what); }
  bool take(std::string_view what) {
    if (!next_is(what)) return false;
    position_ += what.size();
    return true;
  }
  template <class Predicate>
  std::string_view take_while(Predicate holds) {
    const std::size_t begin = position_;
    while (!at_end() && holds(peek())) ++position_;
    return text_.substr(begin, position_ - begin);
  }

  // Returns the line and column of position_. Each call counts on from the byte where the previous call stopped.
  const Location& here() {
    if (!counts_) return location_;
    for (; counted_ < position_; ++counted_) {
      if (text_[counted_] == '\n') {
        ++location_.line;
        location_.column = 1;
      } else if ((static_cast<unsigned char>(text_[counted_]) & 0xC0) != 0x80) {
        ++location_.column;
      }
    }
    return location_;
  }

  [[noreturn]] void fail(const std::string& text) { throw UserError(here(), text); }

  // Throws "expected WHAT, not "c"", where c is the character at position_.
  [[noreturn]] void fail_expected(const std::string& what) {
    if (at_end()) fail(concat("expected ", what, counts_ ? ", not the end of the file" : ", not the end of the value"));
    if (next_is("\n") || next_is("\r\n")) fail("expected " + what + ", not the end of the line");
    fail("expected " + what + ", not " + in_quotes(text_.substr(position_, utf8_length(text_.substr(position_)))));
  }

  void refuse_bytes_that_are_never_allowed() {
    const std::size_t begin = position_;
    while (!at_end()) {
      const std::size_t length = utf8_length(text_.substr(position_));
      if (length == 0) fail("the text is not UTF-8; save the file as UTF-8");
      if (is_control(peek()) && !next_is("\n") && !next_is("\r\n")) {
        fail("TOML does not allow the control character " + printable(text_.substr(position_, 1)) + " here; remove it");
      }
      position_ += length;
    }
    position_ = begin;
  }

  void skip_spaces() {
    take_while([](char c) { return c == ' ' || c == '\t'; });
  }

  bool take_newline() { return take("\n") || take("\r\n"); }

  void skip_comment() {
    if (peek() == '#') take_while([](char c) { return c != '\n'; });
  }

  void skip_blank_lines() {
    do {
      skip_spaces();
      skip_comment();
    } while (take_newline());
  }

  void end_of_line() {
    skip_spaces();
    skip_comment();
    if (!at_end() && !take_newline()) fail_expected("the end of the line");
  }

  std::vector<Key> dotted_key() {
    std::vector<Key> keys;
    do {
      skip_spaces();
      const Location location = here();
      if (next_is("\"")) {
        keys.push_back({basic_string(), location});
      } else if (next_is("'")) {
        keys.push_back({literal_string(), location});
      } else {
        keys.push_back({std::string(take_while(is_bare)), location});
        if (keys.back().text.empty()) fail_expected("a key");
      }
      skip_spaces();
    } while (take("."));
    return keys;
  }

  // Reads a header [a.b] or [[a.b]]. Returns the table of this header, to which the next lines of the file add keys.
  Table& header(Table& root) {
    const Location location = here();
    const bool is_array = take("[[");
    if (!is_array) take("[");
    const std::vector<Key> keys = dotted_key();
    if (!take(is_array ? "]]" : "]")) fail_expected(is_array ? "\"]]\"" : "\"]\"");
    depth_ = 0;
    descend(keys.size());
    Table* table = &root;
    for (std::size_t k = 0; k + 1 < keys.size(); ++k) table = &super_table(*table, keys[k], location);
    return is_array ? array_element(*table, keys.back(), location) : named_table(*table, keys.back(), location);
  }

  static Table& add_table(Table& parent, const Key& key, const Location& location, Table::Origin origin) {
    auto& table = std::get<Table>(parent.add(key.text, key.location, {Table(), location}).value.data);
    table.origin_ = origin;
    return table;
  }

  // If `value` is an array of tables with [[…]] headers, returns the last table of the array; otherwise null.
  static Table* last_element(Value& value) {
    auto* array = std::get_if<Array>(&value.data);
    auto* table = array && !array->empty() ? std::get_if<Table>(&array->back().data) : nullptr;
    return table && table->origin_ == Table::Origin::header ? table : nullptr;
  }

  static Table& super_table(Table& parent, const Key& key, const Location& location) {
    Entry* entry = parent.find(key.text);
    if (!entry) return add_table(parent, key, location, Table::Origin::super);
    if (Table* element = last_element(entry->value)) return *element;
    auto* table = std::get_if<Table>(&entry->value.data);
    if (!table || table->origin_ == Table::Origin::closed) refuse_again(key, *entry);
    return *table;
  }

  static Table& named_table(Table& parent, const Key& key, const Location& location) {
    Entry* entry = parent.find(key.text);
    if (!entry) return add_table(parent, key, location, Table::Origin::header);
    auto* table = std::get_if<Table>(&entry->value.data);
    if (!table || table->origin_ != Table::Origin::super) refuse_again(key, *entry);
    table->origin_ = Table::Origin::header;
    entry->location = key.location;
    entry->value.location = location;
    return *table;
  }

  static Table& array_element(Table& parent, const Key& key, const Location& location) {
    Entry* entry = parent.find(key.text);
    if (!entry) {
      entry = &parent.add(key.text, key.location, {Array(), location});
    } else if (!last_element(entry->value)) {
      refuse_again(key, *entry);
    }
    auto& table = std::get<Table>(std::get<Array>(entry->value.data).emplace_back(Value{Table(), location}).data);
    table.origin_ = Table::Origin::header;
    return table;
  }

  [[noreturn]] static void refuse_again(const Key& key, const Entry& first) {
    const std::string where = first.location.line > 0 ? concat(" in line ", first.location.line) : "";
    throw UserError(key.location, in_quotes(key.text), " is already defined", where,
                    "; merge the two definitions or remove one");
  }

  // Counts the nesting of tables and arrays, so that no input can exhaust the stack.
  void descend(std::size_t levels) {
    depth_ += levels;
    if (depth_ > deepest) fail(concat("tables and arrays are nested more than ", deepest, " levels deep"));
  }

  void key_value(Table& table) {
    const std::vector<Key> keys = dotted_key();
    if (!take("=")) fail_expected("\"=\" after the key");
    skip_spaces();
    descend(keys.size());
    Table* parent = &table;
    for (std::size_t k = 0; k + 1 < keys.size(); ++k) parent = &dotted_table(*parent, keys[k]);
    if (const Entry* entry = parent->find(keys.back().text)) refuse_again(keys.back(), *entry);
    parent->add(keys.back().text, keys.back().location, value());
    depth_ -= keys.size();
  }

  static Table& dotted_table(Table& parent, const Key& key) {
    Entry* entry = parent.find(key.text);
    if (!entry) return add_table(parent, key, key.location, Table::Origin::dotted);
    auto* table = std::get_if<Table>(&entry->value.data);
    if (!table || table->origin_ == Table::Origin::closed || table->origin_ == Table::Origin::header) {
      refuse_again(key, *entry);
    }
    table->origin_ = Table::Origin::dotted;
    return *table;
  }

  Value value() {
    const Location location = here();
    if (next_is("\"\"\"")) return {multiline_string('"'), location};
    if (next_is("'''")) return {multiline_string('\''), location};
    if (next_is("\"")) return {basic_string(), location};
    if (next_is("'")) return {literal_string(), location};
    if (next_is("[")) return {array(), location};
    if (next_is("{")) return {inline_table(), location};
    const std::string_view text = take_while(is_scalar);
    if (text.empty()) fail_expected("a value");
    if (std::optional<Scalar> number = scalar(text, location)) return {std::move(*number), location};
    throw UserError(location, in_quotes(text), " is not a value; a string needs quotes");
  }

  Array array() {
    Array elements;
    take("[");
    descend(1);
    while (skip_blank_lines(), !take("]")) {
      elements.push_back(value());
      skip_blank_lines();
      if (!take(",") && peek() != ']') fail_expected("\",\" or \"]\"");
    }
    depth_ -= 1;
    return elements;
  }

  Table inline_table() {
    Table table;
    table.origin_ = Table::Origin::dotted;
    take("{");
    skip_spaces_on_one_line();
    if (!take("}")) {
      do {
        skip_spaces_on_one_line();
        if (next_is("}")) fail("TOML 1.0 does not allow a comma before \"}\"; remove it");
        key_value(table);
        skip_spaces_on_one_line();
      } while (take(","));
      if (!take("}")) fail_expected("\",\" or \"}\"");
    }
    table.origin_ = Table::Origin::closed;
    return table;
  }

  void skip_spaces_on_one_line() {
    skip_spaces();
    if (next_is("\n") || next_is("\r\n") || next_is("#")) {
      fail("TOML 1.0 does not allow an inline table of several lines; end it with \"}\" on its first line");
    }
  }

  std::string literal_string() {
    take("'");
    const std::string_view text = take_while([](char c) { return c != '\'' && c != '\n'; });
    if (!take("'")) fail("the string is not closed; add a ' at its end");
    return std::string(text);
  }

  std::string basic_string() {
    std::string text;
    take("\"");
    while (!take("\"")) {
      if (at_end() || next_is("\n") || next_is("\r\n")) fail("the string is not closed; add a \" at its end");
      if (next_is("\\")) {
        escape(text);
      } else {
        text += text_[position_++];
      }
    }
    return text;
  }

  std::string multiline_string(char quote) {
    const std::string three(3, quote);
    const Location location = here();
    std::string text;
    take(three);
    take_newline();
    while (!take(three)) {
      if (at_end()) throw UserError(location, "the string is not closed; add ", three, " at its end");
      if (quote == '"' && next_is("\\")) {
        if (!take_line_ending_backslash()) escape(text);
      } else {
        text += text_[position_++];
      }
    }
    for (int k = 0; k < 2 && peek() == quote; ++k) text += text_[position_++];
    return text;
  }

  // Skips a backslash at the end of a line, and all line feeds and white space that follow the backslash.
  bool take_line_ending_backslash() {
    const std::size_t begin = position_;
    take("\\");
    skip_spaces();
    if (!take_newline()) {
      position_ = begin;
      return false;
    }
    do {
      skip_spaces();
    } while (take_newline());
    return true;
  }

  void escape(std::string& text) {
    const std::size_t known = position_ + 1 < text_.size() ? escape_letters.find(text_[position_ + 1]) : text.npos;
    if (known != text.npos) {
      text += escape_meanings[known];
      position_ += 2;
      return;
    }
    if (next_is("\\e") || next_is("\\x"))
      fail("TOML 1.0 does not have the escapes \\e and \\x; write \\u and four hexadecimal digits");
    const std::size_t length = next_is("\\u") ? 4 : next_is("\\U") ? 8 : 0;
    const auto code = length > 0 ? hex_number(text_.substr(position_ + 2), length) : std::nullopt;
    if (!code) fail("TOML does not have this escape; write \\\\ for a backslash, or put the string in single quotes");
    if (*code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) fail("the escape is not a Unicode character");
    append_utf8(text, *code);
    position_ += 2 + length;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t counted_ = 0;
  Location location_;
  bool counts_;
  std::size_t depth_ = 0;
};

Table parse(std::string_view text, const std::string& file) { return Parser(text, {file, 1, 1}, true).document(); }

Table read(const std::string& path) { return parse(read_input(path, largest_file), path); }

Value parse_value(std::string_view text, const Location& location) { return Parser(text, location, false).argument(); }

std::string_view kind(const Value& value) {
  constexpr std::string_view names[] = {"a string", "an integer", "a float", "a boolean", "an array", "a table"};
  return names[value.data.index()];
}

namespace {

std::string float_text(double value) {
  if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
  const std::string text = number(value);
  return text.find_first_of(".ein") == text.npos ? text + ".0" : text;
}

struct Writer {
  std::string operator()(const std::string& text) const { return escaped(text, "TOML"); }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return float_text(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const Array& elements) const {
    std::string text;
    for (const Value& element : elements) text += (text.empty() ? "" : ", ") + to_text(element);
    return "[" + text + "]";
  }
  std::string operator()(const Table& table) const {
    std::string text;
    for (const Entry& entry : table.entries()) {
      text += (text.empty() ? "" : ", ") + key_text(entry.key) + " = " + to_text(entry.value);
    }
    return text.empty() ? "{}" : "{ " + text + " }";
  }
};

}  // namespace

std::string to_text(const Value& value) { return std::visit(Writer(), value.data); }

std::string key_text(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), is_bare);
  return is_plain ? std::string(text) : escaped(text, "TOML");
}

}  // namespace primer::toml
