// Estimates a median or a fraction from the values of a few seeds. The confidence interval uses only the binomial
// distribution, so it is valid for every distribution of the values. A finite interval of accuracies lies in [0, 1].
#pragma once

#include <cstddef>
#include <vector>

namespace primer {

// The confidence level is 99 %, because at 95 % about five of a hundred intervals do not contain the true value.
inline constexpr double confidence = 0.99;

// With 7 seeds, the interval from the smallest to the largest value has only 98.4 % confidence. 8 seeds give 99.2 %.
inline constexpr std::size_t fewest_seeds = 8;

struct Estimate {
  double value = 0;
  double low = 0, high = 0;  // lower and upper end of the confidence interval; −∞ and ∞ if too few seeds gave a value
  bool covers(double x) const { return low <= x && x <= high; }
};

// Returns the median of the known values, and a confidence interval from the k-th smallest to the k-th largest value,
// with the largest k for at least 99 % confidence (W. R. Thompson, "On confidence ranges for the median and other
// expectation distributions for populations of unknown distribution form", 1936). `unknown` is the number of missing
// values. For the lower end of the interval, each missing value is replaced by −∞; for the upper end, by ∞.
Estimate median(std::vector<double> values, std::size_t unknown = 0);

// Estimates a probability, with its confidence interval, from `ones` successes in n trials (C. J. Clopper & E. S.
// Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934).
Estimate fraction(std::size_t ones, std::size_t n);

}  // namespace primer
