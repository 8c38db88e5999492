// What can be said of an activation by looking at it: measured by a scan and refined by bisection, never copied from a
// book. What the scan cannot know (kinks, the default initialiser, whether it is a rectifier) the activation declares,
// and the tests prove it.
#pragma once

#include <vector>

#include "primer/core/activation.hpp"

namespace primer {

// σ is saturated where |σ′| is less than this fraction of max |σ′|.
constexpr double saturation_threshold = 0.05;

// From low to high, both possibly infinite; `at_*` say where they are reached, or the infinity towards which they are
// approached.
struct Range {
  double low, high;
  double at_low, at_high;
};

struct Interval {
  double from, to;  // equal for a single point
};

struct Properties {
  Range value;                  // range of σ
  Range derivative;             // range of σ′
  std::vector<Interval> zeros;  // of σ′, from left to right
  std::vector<Interval> saturated;  // where |σ′| < 0.05 · max|σ′|, from left to right; everywhere if σ′ is 0 everywhere
  bool monotone;                    // σ never falls
  bool zero_centred;                // the mean of σ(z) over z ∼ N(0, 1) is 0
};

// Softmax is looked at as a₁ of two units, the other z being 0.
Properties properties_of(const Activation& activation);

double largest_derivative(const Activation& activation);  // max |σ′|

}  // namespace primer
