#include "primer/views/table.hpp"

#include <doctest/doctest.h>

#include "primer/formats/utf8.hpp"

TEST_CASE("columns are aligned by characters, not by bytes") {
  CHECK(primer::table({{"layer", "‖a‖"}, {"1", "2.5"}, {"10"}}) ==
        "layer  ‖a‖\n"
        "1      2.5\n"
        "10\n");
  CHECK(primer::table({{"a", "b"}, {"xyz", "12345"}}, 2) == "a    b\nxyz  12345\n");
  CHECK(primer::count_characters("‖∂L/∂z‖") == 7);
}

TEST_CASE("a percentage has one decimal, and a fraction that is not 0 is never shown as 0") {
  CHECK(primer::percent(0) == "0%");
  CHECK(primer::percent(0.125) == "12.5%");
  CHECK(primer::percent(0.6741) == "67.4%");
  CHECK(primer::percent(1) == "100%");
  CHECK(primer::percent(0.0005) == "0.1%");
  CHECK(primer::percent(0.00049) == "<0.1%");
}

TEST_CASE("a table that is too wide is folded: every block repeats the first columns, and no line is too wide") {
  const std::vector<std::vector<std::string>> rows{{"unit", "alpha", "beta", "gamma"}, {"1", "10", "20", "30"}};
  CHECK(primer::table(rows, 1, 24) == "unit  alpha  beta  gamma\n1        10    20     30\n");
  CHECK(primer::table(rows, 1, 23) ==
        "unit  alpha  beta\n"
        "1        10    20\n"
        "\n"
        "unit  gamma\n"
        "1        30\n");
  CHECK(primer::table({{"a"}, {"b"}}, 1, 1) == "a\nb\n");
}

TEST_CASE("a first column of long texts is broken at spaces") {
  CHECK(primer::table({{"what", "value"}, {"  the ratio of the gradients at layer 1", "0.25"}, {"  b", "1"}}, 1, 36) ==
        "what                          value\n"
        "  the ratio of the gradients   0.25\n"
        "    at layer 1\n"
        "  b                               1\n");
}

TEST_CASE("text is broken at spaces, and later lines are indented") {
  CHECK(primer::wrapped("one two three", 7) == "one two\nthree\n");
  CHECK(primer::wrapped("one two three", 9, 2) == "one two\n  three\n");
  CHECK(primer::wrapped("‖∂L/∂z‖ of", 10) == "‖∂L/∂z‖ of\n");
  CHECK(primer::wrapped("a\n  b", 80) == "a b\n");
  CHECK(primer::wrapped("", 80) == "\n");
}
