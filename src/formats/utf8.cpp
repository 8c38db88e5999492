// UTF-8 as RFC 3629 defines it.
#include "primer/formats/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "primer/formats/error.hpp"

namespace primer {

namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), is_continuation)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool too_large = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

void append_utf8(std::string& text, char32_t code) {
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // continuation bytes
  const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  constexpr char32_t first_bits[] = {0, 0xC0, 0xE0, 0xF0};
  put(first_bits[more] | code >> 6 * more);
  for (int k = more; k-- > 0;) put(0x80 | (code >> 6 * k & 0x3F));
}

std::optional<char32_t> hex_number(std::string_view text, std::size_t digits) {
  std::uint32_t number = 0;
  const char* const end = text.data() + std::min(digits, text.size());
  if (text.size() < digits || std::from_chars(text.data(), end, number, 16).ptr != end) return {};
  return number;
}

std::string escaped(std::string_view text, std::string_view format) {
  if (!is_utf8(text)) throw RuntimeError(concat(in_quotes(text), " is not UTF-8 and cannot be written as ", format));
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (const std::size_t known = escape_meanings.find(c); known != escape_meanings.npos) {
      result += {'\\', escape_letters[known]};
    } else if (code < 0x20 || code == 0x7F) {
      result += {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace primer
