#include "primer/core/sum.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace primer;

TEST_CASE("a sum is 32 running sums added in a fixed tree, to the last bit") {
  for (const std::size_t n : {0u, 1u, 7u, 31u, 32u, 33u, 100u}) {
    std::vector<real> v(n);
    std::vector<real> lane(32);
    for (std::size_t i = 0; i < n; ++i) {
      v[i] = 1 / static_cast<real>(3 * i + 1);
      lane[i % 32] += v[i];
    }
    while (lane.size() > 1) {  // the first half and the second, element by element
      const std::size_t half = lane.size() / 2;
      for (std::size_t k = 0; k < half; ++k) lane[k] += lane[k + half];
      lane.resize(half);
    }
    CHECK(sum(v) == lane[0]);
  }
}

TEST_CASE("a sum of squares squares every element once") {
  CHECK(sum_of_squares(std::vector<real>{1, -2, 3, -4, 5, -6, 7, -8, 9, -10}) == 385);
  CHECK(sum_of_squares({}) == 0);
}
