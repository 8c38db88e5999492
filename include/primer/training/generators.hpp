// Synthetic data sets. Each is a plain function of a few numbers and a random stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/training/dataset.hpp"

namespace primer {

// The largest |turns| and noise. The angles of a spiral then stay below 1e8, where sin and cos are accurate.
constexpr double most_turns = 100'000;
constexpr double most_noise = 1'000'000;

struct GeneratorOptions {
  std::string generator;
  std::size_t points = 0;   // number of points; 0: the generator's default
  std::size_t classes = 0;  // number of classes of spirals and gaussians; 0: the generator's default
  std::size_t inputs = 2;   // of gaussians and plane: the dimension of x
  double turns = 0.75;      // of spirals: how often an arm winds around 0, −most_turns … most_turns
  double noise = 0;         // a standard deviation, 0 … most_noise; see the list below
};

// The defaults are in parentheses. Classes are assigned in turn: 0, 1, …, K − 1, 0, …
// xor        the corners of the unit square in turn (4 points); noise: added to x
// spirals    K arms of radius 0 … 1 (3 classes, 300 points); noise: added to the angle, in radians
// circles    radius 0.5 and 1 (200 points); noise: added to x
// moons      two interleaved half circles (200 points); noise: added to x
// gaussians  K clouds of standard deviation 1 + noise, with centres at distance 3 from 0 (2 classes, 200 points)
// sine       regression, y = sin 2x on −3 … 3 (200 points); noise: added to y
// plane      regression, y = 1 + Σⱼ (−½)ʲ⁻¹ xⱼ on −1 … 1 (200 points); noise: added to y
// Throws std::invalid_argument for an unknown generator, and for turns or noise outside of the ranges above.
Samples generate(const GeneratorOptions& options, std::uint64_t seed);

std::vector<std::string_view> generator_names();

}  // namespace primer
