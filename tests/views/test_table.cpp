#include "primer/views/table.hpp"

#include <doctest/doctest.h>

TEST_CASE("columns line up by characters, not by bytes") {
  CHECK(primer::table({{"layer", "‖a‖"}, {"1", "2.5"}, {"10"}}) ==
        "layer  ‖a‖\n"
        "1      2.5\n"
        "10\n");
  CHECK(primer::table({{"a", "b"}, {"xyz", "12345"}}, 2) == "a    b\nxyz  12345\n");
  CHECK(primer::display_width("‖∂L/∂z‖") == 7);
}

TEST_CASE("a short number keeps its significant digits, whatever its size") {
  CHECK(primer::short_number(0) == "0");
  CHECK(primer::short_number(0.031234) == "0.0312");
  CHECK(primer::short_number(-1.5) == "-1.5");
  CHECK(primer::short_number(0.00012345) == "1.23e-04");
  CHECK(primer::short_number(312.4) == "312");
  CHECK(primer::short_number(99999) == "99999");
  CHECK(primer::short_number(12345678) == "1.23e+07");
  CHECK(primer::short_number(1.0 / 3, 5) == "0.33333");
  CHECK(primer::short_number(1.0 / 0.0) == "inf");
}
