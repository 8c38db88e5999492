// What can be said from a few seeds: an average with the interval that holds the true one. The level is 99 %, because
// a table of a hundred intervals at 95 % would mislead in five places.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace primer {

inline constexpr double confidence = 0.99;

// How the values of several seeds become one. mean: Student's t. geometric: the same on the logarithms, for what spans
// orders of magnitude. fraction: of values that are all 0 or 1, the interval of E. B. Wilson, "Probable inference, the
// law of succession, and statistical inference", 1927, eq. 4, which is not fooled by five successes out of five.
enum class Average { mean, geometric, fraction };

struct Estimate {
  double value, low, high;
  bool covers(double x) const { return low <= x && x <= high; }
};

// Needs at least two values; NaN among them makes everything NaN. Where all of them are equal, a mean has an interval
// of no width.
Estimate estimate(const std::vector<double>& values, Average average);

// Two arms, seed by seed: the mean of a[i] − b[i], and the geometric mean of a[i] / b[i]. The arms are distinguishable
// where the interval leaves out 0 or 1.
Estimate paired_difference(const std::vector<double>& a, const std::vector<double>& b);
Estimate paired_ratio(const std::vector<double>& a, const std::vector<double>& b);

// t with P(|T| ≤ t) = confidence for Student's T with so many degrees of freedom, at least 1.
double student_t(std::size_t degrees_of_freedom);

}  // namespace primer
