#include "primer/core/sum.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace primer;

TEST_CASE("a sum is eight running sums added in a fixed tree, to the last bit") {
  for (const std::size_t n : {0u, 1u, 7u, 8u, 9u, 100u}) {
    std::vector<real> v(n);
    real lane[8] = {};
    for (std::size_t i = 0; i < n; ++i) {
      v[i] = 1 / static_cast<real>(3 * i + 1);
      lane[i % 8] += v[i];
    }
    const real tree = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    CHECK(sum(v) == tree);
  }
}

TEST_CASE("a sum of squares squares every element once") {
  CHECK(sum_of_squares(std::vector<real>{1, -2, 3, -4, 5, -6, 7, -8, 9, -10}) == 385);
  CHECK(sum_of_squares({}) == 0);
}
