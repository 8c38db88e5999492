// Checks, counts and writes UTF-8, one character at a time.
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

// The number of characters in valid UTF-8. The columns of error messages and of terminals count characters.
std::size_t count_characters(std::string_view text);

// Appends the character with this code, which must be a Unicode scalar value.
void append_utf8(std::string& text, char32_t code);

// The escapes of one letter that JSON and TOML share: a backslash and escape_letters[k] stand for escape_meanings[k].
inline constexpr std::string_view escape_letters = "btnfr\"\\";
inline constexpr std::string_view escape_meanings = "\b\t\n\f\r\"\\";

// Reads the first `digits` characters of `text` as a hexadecimal number; returns nothing if they are not hexadecimal
// digits.
std::optional<char32_t> hex_number(std::string_view text, std::size_t digits);

// `text` in double quotes, with the escapes that JSON and TOML share. Throws RuntimeError that names the format if
// `text` is not UTF-8.
std::string escaped(std::string_view text, std::string_view format);

}  // namespace primer
