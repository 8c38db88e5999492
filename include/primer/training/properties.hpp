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

constexpr double saturation_threshold = 0.05;  // σ is saturated where |σ′| < saturation_threshold · max |σ′|

// The lowest and the highest value of a function of z. Each value may be infinite. `at_low` and `at_high` are the z of
// these values. If a value is only the limit for z → −∞ or z → ∞, its z is −∞ or ∞.
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
  bool monotone;                    // whether σ never falls
  bool zero_centred;                // whether the mean of σ(z) over z ∼ N(0, 1) is 0
};

// For softmax, σ(z) is the output a₁ of a layer with two units, with z₁ = z and z₂ = 0.
Properties properties_of(const Activation& activation);

double largest_derivative(const Activation& activation);  // max |σ′|

// The first column of `a` contains σ(z), and the first column of `derivative` contains σ′(z), in one row for each z.
// For softmax, σ(z) is the output a₁ of a layer with two units, with z₁ = z and z₂ = 0.
struct Sampled {
  Tensor a, derivative;
};
Sampled sample(const Activation& sigma, std::span<const real> z);

}  // namespace primer
