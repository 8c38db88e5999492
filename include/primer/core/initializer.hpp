// The initial weights of a layer. Biases always start at 0.
#pragma once

#include <string_view>
#include <vector>

#include "primer/core/random.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// A layer's weights are uniform in (−spread, spread), or normal with standard deviation `spread`, or all are `spread`.
struct Initializer {
  enum class Shape { uniform, normal, constant } shape;
  double spread;
};

// The names are "zeros", "constant(c)", "normal(s)", and "PREFIX_uniform" and "PREFIX_normal" with these prefixes:
//   xavier  variance 2 / (fan_in + fan_out)         Glorot & Bengio, "Understanding the difficulty of training deep
//                                                   feedforward neural networks", 2010, eq. 16
//   he      variance 2 / ((1 + α²) fan_in)          He et al., "Delving deep into rectifiers", 2015, eq. 15
//   lecun   variance 1 / fan_in                     LeCun et al., "Efficient backprop", 1998, §4.6
// α is σ′ for z < 0 (0 for relu). "uniform" means U(−l, l), where l²/3 is the variance; "normal" means N(0, variance).
// Throws std::invalid_argument for a name that is not in this list.
Initializer make_initializer(std::string_view spec, std::size_t fan_in, std::size_t fan_out, double alpha = 0);

std::vector<std::string_view> initializer_names();

// Fills Wt (inputs × outputs) with random numbers, drawn in the order of the entries of W (outputs × inputs).
void initialize(const Initializer& initializer, Random random, Tensor& Wt);

}  // namespace primer
