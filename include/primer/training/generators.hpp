// Synthetic data sets, each a plain function of a few numbers and a random stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/training/dataset.hpp"

namespace primer {

struct GeneratorOptions {
  std::string generator;
  std::size_t points = 0;   // in total; 0: the generator's own number
  std::size_t classes = 0;  // spirals and gaussians; 0: their own number
  std::size_t inputs = 2;   // gaussians and plane: the dimension of x
  double turns = 0.75;      // spirals: how far an arm winds
  double noise = 0;         // what it disturbs differs: see below
};

// xor        the four corners of the unit square in turn (4 points); noise: standard deviation added to x
// spirals    K = 3 arms of radius 0 … 1 (300 points); noise: standard deviation of the angle, in radians
// circles    radius 0.5 and 1 (200 points); noise: added to x
// moons      two interleaved half circles (200 points); noise: added to x
// gaussians  K = 2 clouds of standard deviation 1 + noise, centres 3 from the origin (200 points)
// sine       regression, y = sin 2x on −3 … 3 (200 points); noise: added to y
// plane      regression, y = 1 + Σⱼ (−½)ʲ⁻¹ xⱼ on −1 … 1 (200 points); noise: added to y
// Throws std::invalid_argument for an unknown generator.
Samples generate(const GeneratorOptions& options, std::uint64_t seed);

std::vector<std::string_view> generator_names();

}  // namespace primer
