#include "primer/views/table.hpp"

#include <doctest/doctest.h>

TEST_CASE("columns are aligned by characters, not by bytes") {
  CHECK(primer::table({{"layer", "‖a‖"}, {"1", "2.5"}, {"10"}}) ==
        "layer  ‖a‖\n"
        "1      2.5\n"
        "10\n");
  CHECK(primer::table({{"a", "b"}, {"xyz", "12345"}}, 2) == "a    b\nxyz  12345\n");
  CHECK(primer::display_width("‖∂L/∂z‖") == 7);
}

TEST_CASE("a percentage has one decimal, and a fraction that is not 0 is never shown as 0") {
  CHECK(primer::percent(0) == "0%");
  CHECK(primer::percent(0.125) == "12.5%");
  CHECK(primer::percent(0.6741) == "67.4%");
  CHECK(primer::percent(1) == "100%");
  CHECK(primer::percent(0.0005) == "0.1%");
  CHECK(primer::percent(0.00049) == "<0.1%");
}
