// Checks that a text is UTF-8, counts its characters, and writes a character as UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace primer {

// The number of bytes of the first character of `text`; 0 if `text` is empty or does not begin with valid UTF-8
// (overlong forms, surrogates and values above U+10FFFF are invalid).
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// The number of characters in valid UTF-8. One character is one column in error messages and on terminals.
std::size_t count_characters(std::string_view text);

// Appends the character with this code, which must be a Unicode scalar value.
void append_utf8(std::string& text, char32_t code);

// The escapes that JSON and TOML share: a backslash and the letter escape_letters[k] mean escape_meanings[k].
inline constexpr std::string_view escape_letters = "btnfr\"\\";
inline constexpr std::string_view escape_meanings = "\b\t\n\f\r\"\\";

// Reads the first `digits` characters of `text` as a hexadecimal number. Returns nothing if `text` is shorter, or if
// one of these characters is not a hexadecimal digit.
std::optional<char32_t> hex_number(std::string_view text, std::size_t digits);

// `text` in double quotes, escaped for JSON and TOML. If `text` is not UTF-8, throws RuntimeError that names `format`.
std::string escaped(std::string_view text, std::string_view format);

}  // namespace primer
