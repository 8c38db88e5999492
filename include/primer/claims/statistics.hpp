// Estimates a median or a fraction from the values of a few seeds, with a confidence interval. Both intervals use only
// the binomial distribution. They hold for every distribution of the values and every number of seeds. They never leave
// the range of the values: the interval of an accuracy lies in [0, 1], the interval of a ratio is positive.
#pragma once

#include <cstddef>
#include <vector>

namespace primer {

// The confidence level is 99 %, because at 95 % about five of a hundred intervals do not contain the true value.
inline constexpr double confidence = 0.99;

// An interval with 99 % confidence needs 8 seeds: all of 7 values lie on one side of the true median in 1.6 % of cases.
inline constexpr std::size_t fewest_seeds = 8;

struct Estimate {
  double value = 0;
  double low = 0, high = 0;  // the confidence interval: −∞ and ∞ if too few values are known
  bool covers(double x) const { return low <= x && x <= high; }
};

// The median of the values. Its interval is from the k-th smallest to the k-th largest value, with the largest k that
// gives at least 99 % confidence (W. R. Thompson, "On confidence ranges for the median and other expectation
// distributions for populations of unknown distribution form", 1936). `unknown` is the number of missing values: they
// count as −∞ for the lower end, as ∞ for the upper end. Logarithms of ratios would lead to the same interval.
Estimate median(std::vector<double> values, std::size_t unknown = 0);

// Estimates a probability, with its confidence interval, from `ones` successes in n trials (C. J. Clopper & E. S.
// Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934).
Estimate fraction(std::size_t ones, std::size_t n);

}  // namespace primer
