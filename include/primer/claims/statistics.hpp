// Estimates a typical value from a few seeds, with an interval that contains the true one. Both kinds of interval use
// only the binomial distribution. They hold for every distribution of the values, at every number of seeds, and they
// never leave the range of the values: the interval of an accuracy lies in [0, 1], the interval of a ratio is positive.
#pragma once

#include <cstddef>
#include <vector>

namespace primer {

// The level is 99 %, because a table of a hundred intervals at 95 % would mislead in five places.
inline constexpr double confidence = 0.99;

// With fewer seeds the median has no interval at this level: all values may lie on the same side of it.
inline constexpr std::size_t fewest_seeds = 8;

struct Estimate {
  double value = 0;
  double low = 0, high = 0;  // −∞ and ∞ if too few values are known
  bool covers(double x) const { return low <= x && x <= high; }
};

// The median of the values, from the k-th smallest to the k-th largest value with the largest k that keeps the level
// (W. R. Thompson, "On confidence ranges for the median and other expectation distributions for populations of unknown
// distribution form", 1936). The interval of the logarithms is the logarithm of the interval, so ratios need no scale.
// `unknown` more values may lie anywhere: the lower end takes them for −∞, the upper end for ∞.
Estimate median(std::vector<double> values, std::size_t unknown = 0);

// The probability of a success, after `ones` successes in n trials (C. J. Clopper & E. S. Pearson, "The use of
// confidence or fiducial limits illustrated in the case of the binomial", 1934).
Estimate fraction(std::size_t ones, std::size_t n);

}  // namespace primer
