// Measures properties of an activation from its values: ranges, zeros of σ′, saturation. A scan finds these properties,
// and bisection makes them precise. A scan cannot find the kinks, the default initialiser and whether the activation is
// a rectifier; the activation declares these three, and the tests check them.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "primer/core/activation.hpp"

namespace primer {

// σ is saturated where |σ′| is less than this fraction of max |σ′|.
constexpr double saturation_threshold = 0.05;

// The lowest and the highest value of a function, both possibly infinite, and the z where they are reached. A value
// that is only approached counts as reached at −∞ or ∞.
struct Range {
  double low, high;
  double at_low, at_high;
  double largest() const { return std::max(std::abs(low), std::abs(high)); }
};

struct Interval {
  double from, to;  // `from` = `to` for a single point
};

struct Properties {
  Range value;                      // range of σ
  Range derivative;                 // range of σ′
  std::vector<Interval> zeros;      // the zeros of σ′, from left to right
  std::vector<Interval> saturated;  // sorted intervals where σ is saturated; −∞ … ∞ if σ′ is 0 everywhere
  bool monotone;                    // σ never falls
  bool zero_centred;                // the mean of σ(z) over z ∼ N(0, 1) is 0
};

// Measures an activation. For softmax, σ is a₁ as a function of z₁, in a layer with two units and z₂ = 0.
Properties properties_of(const Activation& activation);

double largest_derivative(const Activation& activation);  // max |σ′|

// The tensor `a` contains σ(z), and `derivative` contains σ′(z): a row for each z, with the result in the first column.
// For softmax, the results are a₁ and ∂a₁/∂z₁ of a layer with two units, at z₂ = 0.
struct Sampled {
  Tensor a, derivative;
};
Sampled sample(const Activation& sigma, std::span<const real> z);

}  // namespace primer
