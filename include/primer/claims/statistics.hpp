// Estimates a median or a fraction from the values of a few seeds, with a confidence interval. Both intervals use only
// the binomial distribution. They hold for every distribution of the values and every number of seeds. They never leave
// the range of the values: the interval of an accuracy lies in [0, 1], the interval of a ratio is positive.
#pragma once

#include <cstddef>
#include <vector>

namespace primer {

// The confidence level. At 95 %, a table of a hundred intervals would mislead in five places.
inline constexpr double confidence = 0.99;

// With fewer seeds, all values lie on one side of the true median too often for an interval at this level.
inline constexpr std::size_t fewest_seeds = 8;

struct Estimate {
  double value = 0;
  double low = 0, high = 0;  // the interval: −∞ and ∞ if too few values are known
  bool covers(double x) const { return low <= x && x <= high; }
};

// The median of the values. Its interval is from the k-th smallest to the k-th largest value; k is the largest that
// keeps the level (W. R. Thompson, "On confidence ranges for the median and other expectation distributions for
// populations of unknown distribution form", 1936). The logarithm of the interval is the interval of the logarithms:
// ratios need no logarithm. `unknown` more values may lie anywhere: the lower end takes them as −∞, the upper end as ∞.
Estimate median(std::vector<double> values, std::size_t unknown = 0);

// The probability of a success, estimated from `ones` successes in n trials (C. J. Clopper & E. S. Pearson, "The use of
// confidence or fiducial limits illustrated in the case of the binomial", 1934).
Estimate fraction(std::size_t ones, std::size_t n);

}  // namespace primer
