#include "primer/formats/utf8.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

using namespace primer;

TEST_CASE("every Unicode scalar value is written as UTF-8 that is read as one character") {
  int characters = 0;
  std::string before;
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_utf8(text, code);
    // UTF-8 keeps the order of the codes, so each has the right bytes if all follow each other.
    const bool follows = code == 0 || before < text;
    if (follows && utf8_length(text) == text.size() && count_characters(text) == 1) ++characters;
    before = text;
  }
  CHECK(characters == 0x110000 - 0x800);
}

TEST_CASE("exactly the scalar values have a form of two, three or four bytes") {
  // Only the bytes at both ends of a range can decide: 7F and 80, BF and C0, and those that RFC 3629 names.
  std::string edges;
  for (const int byte : {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF})
    edges += static_cast<char>(byte);
  int of_two = 0, of_three = 0, of_four = 0;
  for (int first = 0x80; first <= 0xFF; ++first) {
    for (int second = 0; second <= 0xFF; ++second) {
      std::string text{static_cast<char>(first), static_cast<char>(second)};
      of_two += utf8_length(text) == 2 ? 1 : 0;
      of_three += utf8_length(text + '\x80') == 3 ? 1 : 0;
      of_four += utf8_length(text + "\x80\x80") == 4 ? 1 : 0;
      for (const char third : edges) {
        const bool continues = (static_cast<unsigned char>(third) & 0xC0) == 0x80;
        CHECK((utf8_length(text + third) == 3) == (continues && utf8_length(text + '\x80') == 3));
        CHECK((utf8_length(text + third + '\x80') == 4) == (continues && utf8_length(text + "\x80\x80") == 4));
        CHECK((utf8_length(text + '\x80' + third) == 4) == (continues && utf8_length(text + "\x80\x80") == 4));
      }
    }
  }
  CHECK(of_two == 0x800 - 0x80);
  CHECK(of_three == (0x10000 - 0x800 - 0x800) / 64);
  CHECK(of_four == 0x100000 / 64 / 64);
}

TEST_CASE("overlong forms, surrogates, values beyond Unicode and cut characters are invalid") {
  for (const char* text : {"\xC0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80",
                           "\xE2\x82", "\xFF", "\xE2\x41\x41"}) {
    CHECK(utf8_length(text) == 0);
    CHECK_FALSE(is_utf8(std::string("ab") + text));
  }
  for (const std::string_view character : {"é", "′", "𝛁"}) {  // cut off, with the rest behind the text
    for (std::size_t size = 1; size < character.size(); ++size) CHECK(utf8_length(character.substr(0, size)) == 0);
    CHECK(utf8_length(character) == character.size());
  }
  CHECK(utf8_length("") == 0);
  CHECK(is_utf8(""));
  CHECK(is_utf8("σ′(z) 𝛁"));
  CHECK(count_characters("σ′(z) 𝛁") == 7);
}

TEST_CASE("escaped text has the short escapes of RFC 8259 and TOML 1.0, and \\u00XX for other control characters") {
  CHECK(escaped("a\b\t\n\f\r\"\\/\x1f\x7fσ", "JSON") == "\"a\\b\\t\\n\\f\\r\\\"\\\\/\\u001F\\u007Fσ\"");
  CHECK(escaped(std::string_view("\0 ", 2), "TOML") == "\"\\u0000 \"");
}

TEST_CASE("a hexadecimal number has exactly its digits, in either case") {
  CHECK(hex_number("0041", 4) == U'A');
  CHECK(hex_number("00aF09", 4) == char32_t{0xAF});
  CHECK(hex_number("fFfFfFfF", 8) == char32_t{0xFFFFFFFF});
  CHECK(hex_number("9", 1) == char32_t{9});
  for (const char* const text : {"", "041", "004g", "g041", "0x41", "-041", "+041", " 041", "00 1"}) {
    CAPTURE(text);
    CHECK_FALSE(hex_number(text, 4));
  }
  CHECK_FALSE(hex_number(std::string_view("0041").substr(0, 3), 4));  // not the bytes behind the text
}
