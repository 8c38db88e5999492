// UTF-8, one character at a time: what the readers accept as text and what may be echoed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace primer {

// Bytes of the character that `text` begins with; 0 if it is empty or begins with no valid UTF-8 (overlong forms,
// surrogates and values above U+10FFFF are invalid).
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// The number of characters of valid UTF-8, for the columns of a Place.
std::size_t count_characters(std::string_view text);

// Appends the character with this code, which is a Unicode scalar value.
void append_utf8(std::string& text, char32_t code);

}  // namespace primer
