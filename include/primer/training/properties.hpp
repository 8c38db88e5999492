// Measures properties of an activation from its values: the ranges of σ and σ′, the zeros of σ′, and where σ is
// saturated. Other properties do not follow from the values: the kinks, the default initialiser, and whether σ is a
// rectifier. The activation itself declares these three properties, and the tests check them.
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
  double from, to;  // the ends of an interval of z; for a single point, the ends are equal
};

struct Properties {
  Range value;                      // range of σ
  Range derivative;                 // range of σ′
  std::vector<Interval> zeros;      // the zeros of σ′, from left to right
  std::vector<Interval> saturated;  // sorted intervals of z where σ is saturated; (−∞, ∞) if σ′ is always 0
  bool monotone;                    // whether σ never falls
  bool zero_centred;                // whether the mean of σ(z) over z ∼ N(0, 1) is 0
};

// Finds the properties of σ and σ′. For softmax, σ(z) is the first output of softmax(z, 0): softmax of a single number
// is always 1.
Properties properties_of(const Activation& activation);

double largest_derivative(const Activation& activation);  // max |σ′|

// Each z has one row. The first column of `a` is σ(z), and the first column of `derivative` is σ′(z). For softmax, σ(z)
// is the first of the two outputs of softmax(z, 0), because softmax of a single number is always 1.
struct Sampled {
  Tensor a, derivative;
};
Sampled sample(const Activation& sigma, std::span<const real> z);

}  // namespace primer
