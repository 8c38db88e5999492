#include "primer/core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

using namespace primer;

TEST_CASE("a stream is a function of seed, purpose and index alone") {
  const auto first = [](std::uint64_t seed, Stream stream, std::uint64_t index) {
    return Random(seed, stream, index).bits();
  };
  CHECK(first(1, Stream::data, 0) == first(1, Stream::data, 0));
  std::set<std::uint64_t> seen;
  std::size_t streams = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const Stream s : {Stream::data, Stream::split, Stream::initialization, Stream::shuffling, Stream::dropout}) {
      for (std::uint64_t index = 0; index < 40; ++index, ++streams) seen.insert(first(seed, s, index));
    }
  }
  CHECK(seen.size() == streams);
}

TEST_CASE("the first numbers are those of the definition") {
  // Computed apart from this library: SplitMix64's mixer over key + n · 0x9E3779B97F4A7C15, n = 1, 2, …
  Random random(1, Stream::initialization, 1);
  CHECK(random.bits() == 0x805c844055cf832f);
  CHECK(random.bits() == 0xcf0d9683561f5c4e);
  CHECK(random.uniform() == 0.7084632667462801);
}

TEST_CASE("uniform numbers fill [0, 1) evenly") {
  Random random(7, Stream::data);
  constexpr int n = 200'000;
  std::array<int, 20> bins{};
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    ++bins[static_cast<std::size_t>(u * 20)];
  }
  double chi2 = 0;
  for (const int count : bins) chi2 += (count - n / 20.0) * (count - n / 20.0) / (n / 20.0);
  CHECK(chi2 < 60);  // 19 degrees of freedom: above 60 in less than one seed of 200,000
  CHECK(Random(1, Stream::data).uniform(-3, -3) == -3);
}

TEST_CASE("normal numbers have the moments of a normal distribution") {
  Random random(3, Stream::initialization);
  constexpr int n = 200'000;
  std::array<double, 4> moment{};
  double beyond_two = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    for (double power = x; double& m : moment) {
      m += power / n;
      power *= x;
    }
    beyond_two += std::abs(x) > 2 ? 1.0 / n : 0;
  }
  CHECK(std::abs(moment[0]) < 5 / std::sqrt(n));
  CHECK(std::abs(moment[1] - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::abs(moment[2]) < 5 * std::sqrt(15.0 / n));
  CHECK(std::abs(moment[3] - 3) < 5 * std::sqrt(96.0 / n));
  CHECK(std::abs(beyond_two - 0.0455) < 0.0024);
}

TEST_CASE("below(n) takes every value below n about equally often") {
  Random random(5, Stream::shuffling);
  std::array<int, 7> count{};
  for (int i = 0; i < 70'000; ++i) ++count[random.below(7)];
  for (const int c : count) CHECK(std::abs(c - 10'000) < 500);
  for (int i = 0; i < 100; ++i) CHECK(random.below(1) == 0);
}

TEST_CASE("a shuffle keeps every item, and every order of three is equally likely") {
  Random random(11, Stream::shuffling);
  std::array<int, 6> count{};
  for (int i = 0; i < 60'000; ++i) {
    std::array<int, 3> items{0, 1, 2};
    random.shuffle(std::span<int>(items));
    std::array<int, 3> order{0, 1, 2};
    std::size_t number = 0;
    while (order != items) {
      REQUIRE(std::next_permutation(order.begin(), order.end()));
      ++number;
    }
    ++count[number];
  }
  for (const int c : count) CHECK(std::abs(c - 10'000) < 500);
}

TEST_CASE("below(n) skips the draws below 2⁶⁴ mod n, and takes the others mod n") {
  const std::uint64_t one = 1;
  for (const auto& [n, unfair] : {std::pair{3 * (one << 62), one << 62}, {one << 63, 0 * one}, {one << 32, 0 * one}}) {
    Random random(1, Stream::data), draws(1, Stream::data);
    for (int i = 0; i < 50; ++i) {
      std::uint64_t draw = draws.bits();
      while (draw < unfair) draw = draws.bits();
      CHECK(random.below(n) == draw % n);
    }
  }
}

TEST_CASE("a shuffle of n items draws n − 1 numbers, and an index that is not given is 0") {
  Random random(1, Stream::data), draws(1, Stream::data, 0);
  std::array<int, 5> items{};
  random.shuffle(std::span<int>(items));
  for (int i = 0; i < 4; ++i) draws.bits();
  CHECK(random.bits() == draws.bits());
}
