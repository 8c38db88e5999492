// Confidence intervals of a median and of a probability, computed from the tails of the binomial distribution.
#include "primer/claims/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "primer/core/elementary.hpp"

namespace primer {
namespace {

constexpr double tail = (1 - confidence) / 2;

// P(X < k) for X ~ Bin(n, p) with 0 < p < 1.
double probability_below(std::size_t k, std::size_t n, double p) {
  double log_term = static_cast<double>(n) * log(1 - p);  // ln P(X = j), first for j = 0
  double sum = 0;
  for (std::size_t j = 0; j < k; ++j) {
    sum += exp(log_term);
    log_term += log(static_cast<double>(n - j) / static_cast<double>(j + 1) * p / (1 - p));
  }
  return sum;
}

// Finds by bisection the p for which P(X < k) = `probability`, where X ~ Bin(n, p). P(X < k) falls as p rises.
double solve_for_p(std::size_t k, std::size_t n, double probability) {
  double low = 0;
  double high = 1;
  for (int halving = 0; halving < 50; ++halving) {
    const double p = (low + high) / 2;
    (probability_below(k, n, p) > probability ? low : high) = p;
  }
  return (low + high) / 2;
}

}  // namespace

Estimate median(std::vector<double> values, std::size_t unknown) {
  const std::size_t known = values.size();
  const std::size_t n = known + unknown;
  if (known == 0) throw std::invalid_argument("there are no values");
  std::ranges::sort(values);
  std::size_t k = 0;
  while (2 * (k + 1) <= n && probability_below(k + 1, n, 0.5) <= tail) ++k;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double value = (values[(known - 1) / 2] + values[known / 2]) / 2;
  if (k <= unknown) return {value, -infinity, infinity};
  return {value, values[k - 1 - unknown], values[n - k]};
}

Estimate fraction(std::size_t ones, std::size_t n) {
  if (n == 0) throw std::invalid_argument("there are no values");
  return {static_cast<double>(ones) / static_cast<double>(n), ones == 0 ? 0 : solve_for_p(ones, n, 1 - tail),
          ones == n ? 1 : solve_for_p(ones + 1, n, tail)};
}

}  // namespace primer
