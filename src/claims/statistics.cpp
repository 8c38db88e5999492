// Averages and intervals.
#include "primer/claims/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "primer/core/elementary.hpp"

namespace primer {
namespace {

using std::numbers::pi;

// P(|T| ≤ √ν tan θ), Abramowitz & Stegun, "Handbook of Mathematical Functions", 1964, 26.7.3 and 26.7.4.
double student_probability(double theta, std::size_t nu) {
  const double c = cos(theta);
  const bool odd = nu % 2 == 1;
  double sum = 0;
  double term = odd ? c : 1;
  for (std::size_t k = odd ? 3 : 2; k <= nu; k += 2) {  // cos θ + ⅔ cos³θ + …, or 1 + ½ cos²θ + …
    sum += term;
    term *= static_cast<double>(k - 1) / static_cast<double>(k) * c * c;
  }
  return odd ? 2 / pi * (theta + sin(theta) * sum) : sin(theta) * sum;
}

Estimate mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  const double mean = sum / n;
  if (!std::isfinite(mean)) return {mean, mean, mean};
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double half = student_t(values.size() - 1) * std::sqrt(squares / (n - 1) / n);  // t s / √n
  return {mean, mean - half, mean + half};
}

Estimate fraction_of(const std::vector<double>& values) {
  constexpr double z2 = 6.634896601021213;  // the square of the normal 0.995 quantile
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v == 0 || v == 1 ? v : std::numeric_limits<double>::quiet_NaN();
  const double p = sum / n;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = std::sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return {p, std::min(centre - half, p), std::max(centre + half, p)};
}

Estimate geometric_mean_of(std::vector<double> values) {
  for (double& v : values) v = log(v);
  const Estimate e = mean_of(values);
  return {exp(e.value), exp(e.low), exp(e.high)};
}

}  // namespace

double student_t(std::size_t degrees_of_freedom) {
  double low = 0;
  double high = pi / 2;
  for (int halving = 0; halving < 60; ++halving) {
    const double theta = (low + high) / 2;
    (student_probability(theta, degrees_of_freedom) < confidence ? low : high) = theta;
  }
  return std::sqrt(static_cast<double>(degrees_of_freedom)) * sin(low) / cos(low);
}

Estimate estimate(const std::vector<double>& values, Average average) {
  if (values.size() < 2) throw std::invalid_argument("one value says nothing about the next; two are the least");
  if (average == Average::fraction) return fraction_of(values);
  return average == Average::mean ? mean_of(values) : geometric_mean_of(values);
}

Estimate paired_difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  return estimate(differences, Average::mean);
}

Estimate paired_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  return estimate(ratios, Average::geometric);
}

}  // namespace primer
