// Synthetic data sets. Each data set is computed from a few numbers and a stream of random numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/training/dataset.hpp"

namespace primer {

// Limits of |turns| and noise for every generator: angles of spirals stay below 1e8, where sin and cos are accurate.
constexpr double most_turns = 100'000;
constexpr double most_noise = 1'000'000;

struct GeneratorOptions {
  std::string generator;
  std::size_t points = 0;   // number of points; 0: the generator's default
  std::size_t classes = 0;  // for spirals and gaussians: the number of classes; 0: the generator's default
  std::size_t inputs = 2;   // for gaussians and plane: the dimension of x
  double turns = 0.75;      // for spirals: the turns of each arm around the origin; turns < 0: in the other direction
  double noise = 0;         // the standard deviation of the normally distributed noise, 0 … most_noise
};

// Makes one of these data sets (default sizes in parentheses). With K classes, point i has class i mod K (not in xor).
// xor        the four corners of the unit square, again and again (4 points); class = x₁ xor x₂; noise: added to x
// spirals    K arms of `turns` turns from radius 0 to 1 (3 classes, 300 points); noise: added to the angle, in radians
// circles    two circles, of radius 0.5 and 1 (200 points); noise: added to x
// moons      two interleaved half circles (200 points); noise: added to x
// gaussians  K clouds of standard deviation 1 + noise, with centres at distance 3 from 0 (2 classes, 200 points)
// sine       regression, y = sin 2x for x from −3 to 3 (200 points); noise: added to y
// plane      regression, y = 1 + Σⱼ (−½)ʲ⁻¹ xⱼ for xⱼ from −1 to 1 (200 points); noise: added to y
// Throws std::invalid_argument for an unknown generator, for |turns| > most_turns, and for noise < 0 or > most_noise.
Samples generate(const GeneratorOptions& options, std::uint64_t seed);

std::vector<std::string_view> generator_names();

}  // namespace primer
