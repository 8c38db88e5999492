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
    CHECK(lane_sum(n, [&](std::size_t i) { return v[i]; }) == lane[0]);
  }
}

TEST_CASE("a sum of squares squares every element once") {
  CHECK(sum_of_squares(std::vector<real>{1, -2, 3, -4, 5, -6, 7, -8, 9, -10}) == 385);
  CHECK(sum_of_squares({}) == 0);
}

TEST_CASE("a sum asks for each term once, and for none beyond") {
  for (std::size_t n = 0; n < 80; ++n) {
    std::vector<std::size_t> asked;
    const real total = lane_sum(n, [&](std::size_t i) {
      asked.push_back(i);
      return real(1);
    });
    std::vector<std::size_t> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = i;
    CHECK(asked == all);
    CHECK(total == static_cast<real>(n));
  }
}

TEST_CASE("subtracting the maximum returns the index of the first one") {
  std::vector<real> below(4);
  CHECK(subtract_maximum(std::vector<real>{-1, 3, 2, 3}, below) == 1);
  CHECK(below == std::vector<real>{-4, 0, -1, 0});
  CHECK(subtract_maximum(std::vector<real>{7, 7, 5, -2}, below) == 0);
  CHECK(below == std::vector<real>{0, 0, -2, -9});
  CHECK(subtract_maximum(std::vector<real>{9, 1, 2, 3}, below) == 0);
  CHECK(below == std::vector<real>{0, -8, -7, -6});
  CHECK(subtract_maximum(std::vector<real>{-9, -8, -7, -6}, below) == 3);
  CHECK(below == std::vector<real>{-3, -2, -1, 0});
}
