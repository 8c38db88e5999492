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
