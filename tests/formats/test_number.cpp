#include "primer/formats/number.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "../program.hpp"

using namespace primer;

TEST_CASE("a double's text reads back as the same bits") {
  std::mt19937_64 engine(1);
  int checked = 0;
  for (int k = 0; k < 200'000; ++k) {
    const auto value = std::bit_cast<double>(engine());
    if (std::isnan(value)) continue;
    const auto back = parse_number(number(value));
    REQUIRE(back);
    REQUIRE(std::bit_cast<std::uint64_t>(*back) == std::bit_cast<std::uint64_t>(value));
    ++checked;
  }
  CHECK(checked > 190'000);
}

TEST_CASE("a float's text reads back as the same bits") {
  std::mt19937 engine(1);
  for (int k = 0; k < 200'000; ++k) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(engine()));
    if (std::isnan(value)) continue;
    const auto back = parse_number(number(value));
    REQUIRE(back);
    REQUIRE(std::bit_cast<std::uint32_t>(static_cast<float>(*back)) == std::bit_cast<std::uint32_t>(value));
  }
}

TEST_CASE("numbers have their shortest text") {
  CHECK(number(0.1) == "0.1");
  CHECK(number(0.1f) == "0.1");
  CHECK(number(-0.0) == "-0");
  CHECK(number(1e-7) == "1e-07");
  CHECK(number(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(number(-std::nan("")) == "nan");
}

TEST_CASE("signs, points and exponents are read as people write them") {
  CHECK(parse_number("+1.5") == 1.5);
  CHECK(parse_number(".5") == 0.5);
  CHECK(parse_number("5.") == 5.0);
  CHECK(parse_number("1E3") == 1000.0);
  CHECK(parse_number("Inf") == std::numeric_limits<double>::infinity());
  CHECK(parse_number("-infinity") == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(*parse_number("NaN")));
}

TEST_CASE("a number too small for a double is zero, and one too large is refused") {
  CHECK(parse_number("1e-400") == 0.0);
  CHECK(std::signbit(*parse_number("-1e-400")));
  CHECK(parse_number("3e-324") == std::numeric_limits<double>::denorm_min());
  CHECK_FALSE(parse_number("1e400"));
  CHECK_FALSE(parse_number("-1e400"));
}

TEST_CASE("all digits decide whether a number is too large or too small for a double") {
  const std::string zeros(400, '0');
  CHECK(parse_number("1" + zeros + "e-401") == 0.1);
  CHECK_FALSE(parse_number("1" + zeros));
  CHECK_FALSE(parse_number("1" + zeros + "e-1"));
  CHECK_FALSE(parse_number("-1" + zeros + ".5e-20"));
  CHECK(parse_number("0." + zeros + "1") == 0.0);
  CHECK(parse_number("." + zeros + "15e+20") == 0.0);
  CHECK(parse_number("0." + zeros + "1e401") == 1.0);
  CHECK_FALSE(parse_number("0." + zeros + "1e800"));
  CHECK_FALSE(parse_number("0." + zeros + "1e+800"));
  CHECK(parse_number("9.99e-400") == 0.0);
  CHECK(parse_number("1e-99999999999999999999") == 0.0);
  CHECK_FALSE(parse_number("1e99999999999999999999"));
  CHECK_FALSE(parse_number("1e+99999999999999999999"));
  CHECK(parse_number("0e99999999999999999999") == 0.0);
  CHECK(std::signbit(*parse_number("-1.5e-400")));
  CHECK_FALSE(std::signbit(*parse_number("+1.5e-400")));
  CHECK(parse_number("2e-324") == 0.0);  // less than half of 2^-1074 = 4.94e-324
  CHECK(parse_number("2.5e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(parse_number("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK_FALSE(parse_number("1.7976931348623159e308"));  // from 2^1024 − 2^970 = 1.79769313486231581e308 on
}

TEST_CASE("a locale with a decimal comma changes no number") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const char* found = nullptr;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8", "fr_FR", "nl_NL.UTF-8"}) {
    if (found == nullptr) found = std::setlocale(LC_ALL, name);
  }
  const program::Folder folder;
  if (found == nullptr && program::shell("localedef -i de_DE -f UTF-8 ./de_DE.UTF-8", folder.path).code == 0) {
    setenv("LOCPATH", folder.path.c_str(), 1);
    found = std::setlocale(LC_ALL, "de_DE.UTF-8");
    unsetenv("LOCPATH");
  }
  if (found == nullptr) {
    MESSAGE("skipped: there is no locale with a decimal comma (Debian: locales)");
    return;
  }
  REQUIRE(std::string(std::localeconv()->decimal_point) == ",");
  CHECK(parse_number("1.5e-400") == 0.0);
  CHECK_FALSE(parse_number("1.5e400"));
  CHECK(parse_number("1.5") == 1.5);
  CHECK_FALSE(parse_number("1,5"));
  CHECK(number(1234.5) == "1234.5");
  CHECK(short_number(1234.5, 5) == "1234.5");
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("text that is not a decimal number is refused as a whole") {
  for (const std::string text : {"", "+", "-", "++1", "+-1", "-+1", "1x", "1 ", " 1", "0x10", "1e", "1.2.3", "nan(1)",
                                 "1,5", "abc", "1_000", "e5", "."}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
}

TEST_CASE("a short number keeps its significant digits, whatever its size") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.031234) == "0.0312");
  CHECK(short_number(-1.5) == "-1.5");
  CHECK(short_number(0.00012345) == "1.23e-04");
  CHECK(short_number(312.4) == "312");
  CHECK(short_number(99999) == "99999");
  CHECK(short_number(999.9) == "1000");
  CHECK(short_number(9999.6) == "10000");
  CHECK(short_number(-999.9) == "-1000");
  CHECK(short_number(999.4) == "999");
  CHECK(short_number(99.96) == "100");
  CHECK(short_number(999.96, 4) == "1000");
  CHECK(short_number(99999.4, 5) == "99999");
  CHECK(short_number(12345678) == "1.23e+07");
  CHECK(short_number(1.0 / 3, 5) == "0.33333");
  CHECK(short_number(1.0 / 0.0) == "inf");
}

TEST_CASE("a short number is plain from a thousandth up to a million, or to its digits, and else has an exponent") {
  CHECK(short_number(0.001) == "0.001");
  CHECK(short_number(0.000999) == "9.99e-04");
  CHECK(short_number(999999) == "999999");
  CHECK(short_number(1e6) == "1.00e+06");
  CHECK(short_number(-1234567) == "-1.23e+06");
  CHECK(short_number(1234567, 8) == "1234567");
  CHECK(short_number(100) == "100");
  CHECK(short_number(1234.4) == "1234");
  CHECK(short_number(9.996) == "10");
  CHECK(short_number(0.5, 1) == "0.5");
  CHECK(short_number(1, 1) == "1");
  CHECK(short_number(-0.0625, 2) == "-0.062");
  CHECK(short_number(1e-300, 2) == "1.0e-300");
  CHECK(short_number(99999999, 8) == "99999999");
  CHECK(short_number(123456789, 8) == "1.2345679e+08");
  CHECK(short_number(99.4) == "99.4");
  CHECK(short_number(31.4) == "31.4");
  CHECK(short_number(1005000.4) == "1.01e+06");  // more than half
  CHECK(short_number(-1.0 / 0.0) == "-inf");
  CHECK(short_number(std::nan("")) == "nan");
}

TEST_CASE("the decimal number at the front of a text ends where its grammar ends, or where a digit is missing") {
  struct Front {
    std::string_view text;
    std::size_t size;
    bool is_complete, is_integer;
  };
  constexpr Front fronts[]{{"", 0, false, true},          {"-", 1, false, true},
                           {"x", 0, false, true},         {"+1", 0, false, true},
                           {".5", 0, false, true},        {"0", 1, true, true},
                           {"-0", 2, true, true},         {"01", 1, true, true},
                           {"90a", 2, true, true},        {"1234567890,", 10, true, true},
                           {"--1", 1, false, true},       {"1.", 2, false, false},
                           {"1.5", 3, true, false},       {"0.50.5", 4, true, false},
                           {"1.e5", 2, false, false},     {"1e", 2, false, false},
                           {"1E+", 3, false, false},      {"1e-x", 3, false, false},
                           {"1e+-2", 3, false, false},    {"2E-07 ", 5, true, false},
                           {"-1.25e+10e", 9, true, false}};
  for (const Front& front : fronts) {
    const std::string text(front.text);
    CAPTURE(text);
    const Decimal decimal = decimal_at_front(front.text);
    CHECK(decimal.size == front.size);
    CHECK(decimal.is_complete == front.is_complete);
    if (front.is_complete) CHECK(decimal.is_integer == front.is_integer);
  }
  CHECK(decimal_at_front(std::string_view("123").substr(0, 2)).size == 2);  // not the bytes behind the text
  CHECK_FALSE(decimal_at_front(std::string_view("1.5").substr(0, 2)).is_complete);
}

TEST_CASE("a number beyond the largest double is none, however it is written") {
  CHECK(parse_number("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK_FALSE(parse_number("1.8e308"));
  CHECK_FALSE(parse_number("+1e999999"));
  CHECK(parse_number("1" + std::string(300, '0')) == 1e300);
  CHECK_FALSE(parse_number("1" + std::string(400, '0')));
  CHECK(parse_number("0." + std::string(400, '0') + "1") == 0.0);
  CHECK(parse_number("+inf") == std::numeric_limits<double>::infinity());
  CHECK_FALSE(parse_number("+-inf"));
}

TEST_CASE("a count has a noun in the singular only if it is 1") {
  CHECK(counted(0, "row") == "0 rows");
  CHECK(counted(1, "row") == "1 row");
  CHECK(counted(2, "row") == "2 rows");
  CHECK(counted(1, "class", "classes") == "1 class");
  CHECK(counted(12, "class", "classes") == "12 classes");
}
