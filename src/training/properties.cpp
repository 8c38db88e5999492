// Computes σ and σ′ on a grid of z. Between the grid points, golden-section search finds minima and maxima. Bisection
// finds the sign changes of σ′, and the ends of the intervals where σ′ = 0 or where σ is saturated.
#include "primer/training/properties.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "primer/core/elementary.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using Function = std::function<double(double)>;
using Condition = std::function<bool(double)>;

// σ and σ′ as functions of one number. The tensors for the computation are allocated once, not in each call.
struct Functions {
  Function value, derivative;
};
Functions functions_of(const Activation& activation) {
  const auto part = [&](bool derivative) -> Function {
    return [&activation, derivative, z = Tensor(1, activation.traits.elementwise ? 1 : 2), a = Tensor(),
            prime = Tensor()](double at) mutable {
      const auto at_finite = [&](double location) {
        z(0, 0) = static_cast<real>(location);
        activation.forward(z, a, prime);
        return static_cast<double>(derivative ? prime(0, 0) : a(0, 0));
      };
      const double value = at_finite(at);
      if (!std::isinf(at) || !std::isnan(value)) return value;
      // f(±∞) gave NaN (∞ − ∞ or ∞ · 0). Estimates the limit: ±∞ if |f(±2e4)| > 1.5 |f(±1e4)|, else f(±2e4).
      const double near = at_finite(std::copysign(1e4, at));
      const double far = at_finite(std::copysign(2e4, at));
      return std::abs(far) > 1.5 * std::abs(near) ? std::copysign(infinity, far) : far;
    };
  };
  return {part(false), part(true)};
}

constexpr double reach = 8;
constexpr double step = 1 / 64.0;  // the grid of z is −8, −8 + 1/64, −8 + 2/64, …, 8
std::vector<double> grid() {
  std::vector<double> points;
  for (int i = -512; i <= 512; ++i) points.push_back(i * step);
  return points;
}

// The points z at which σ and σ′ are computed to find their ranges: the grid from −8 to 8, points farther out, and ±∞.
std::vector<double> grid_and_beyond() {
  std::vector<double> points = grid();
  for (double z = reach * 1.25; z < 1e4; z *= 1.25) {
    points.push_back(z);
    points.insert(points.begin(), -z);
  }
  points.push_back(infinity);
  points.insert(points.begin(), -infinity);
  return points;
}

// Returns the minimum of f and its z. Takes the point with the lowest f; of several such points, the nearest to 0. If
// this point is between −8 and 8, a golden-section search around the point then looks for a lower f.
std::pair<double, double> lowest(const std::vector<double>& points, const Function& f) {
  std::size_t best = 0;
  double least = f(points[best]);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double value = f(points[i]);
    const bool nearer = std::abs(points[i]) < std::abs(points[best]);
    if (value < least || (value == least && nearer) || std::isnan(least)) {
      best = i;
      least = value;
    }
  }
  if (std::abs(points[best]) >= reach) return {f(points[best]), points[best]};
  double left = points[best - 1];
  double right = points[best + 1];
  constexpr double golden = 0.61803398874989484820;  // (√5 − 1) / 2
  while (right - left > 1e-9) {
    const double p = right - golden * (right - left);
    const double q = left + golden * (right - left);
    (f(p) < f(q) ? right : left) = f(p) < f(q) ? q : p;
  }
  const double at = (left + right) / 2;
  return f(at) < f(points[best]) ? std::pair{f(at), at} : std::pair{f(points[best]), points[best]};
}

Range range_of(const Function& f) {
  const std::vector<double> points = grid_and_beyond();
  const auto [low, at_low] = lowest(points, f);
  const auto [minus_high, at_high] = lowest(points, [&](double z) { return -f(z); });
  const auto reached = [](double z) { return std::abs(z) <= reach ? z : std::copysign(infinity, z); };
  return {low, -minus_high, reached(at_low), reached(at_high)};
}

// Finds the point between p and q where `condition` changes, by bisection. Needs condition(p) ≠ condition(q).
double border(double p, double q, const Condition& condition) {
  const bool at_p = condition(p);
  while (std::abs(q - p) > 1e-12 * std::max(1.0, std::abs(p))) {
    const double middle = p + (q - p) / 2;
    (condition(middle) == at_p ? p : q) = middle;
  }
  return at_p ? p : q;
}

// The intervals of z where a condition is true. An interval that reaches an end of the grid (z = ±8) continues to ±∞.
std::vector<Interval> intervals(const Condition& condition) {
  std::vector<Interval> found;
  bool inside = false;
  for (const double z : grid()) {
    const bool now = condition(z);
    if (now && !inside) found.push_back({z == -reach ? -infinity : border(z - step, z, condition), infinity});
    if (!now && inside) found.back().to = border(z - step, z, condition);
    inside = now;
  }
  return found;
}

// Finds the intervals where σ′ = 0, and the single points where σ′ changes its sign. Searches only from −8 to 8,
// because farther out, rounding makes σ′ equal to its limit.
std::vector<Interval> zeros_of(const Function& derivative) {
  std::vector<Interval> zeros = intervals([&](double z) { return derivative(z) == 0; });
  for (const double z : grid()) {
    if (derivative(z) * derivative(z + step) < 0) {
      const double at = border(z, z + step, [&](double v) { return derivative(v) < 0; });
      zeros.push_back({at, at});
    }
  }
  std::ranges::sort(zeros, {}, &Interval::from);
  return zeros;
}

// Whether |mean of σ(z)| ≪ √(mean of σ(z)²) for z ∼ N(0, 1). The means are computed with the trapezoidal rule.
bool centred(const Function& value) {
  double mean = 0;
  double squares = 0;
  for (const double z : grid()) {
    const double weight = normal_pdf(z) * step;
    mean += weight * value(z);
    squares += weight * value(z) * value(z);
  }
  return std::abs(mean) <= 1e-4 * std::sqrt(squares);
}

}  // namespace

Properties properties_of(const Activation& activation) {
  const Functions curve = functions_of(activation);
  Properties properties{};
  properties.value = range_of(curve.value);
  properties.derivative = range_of(curve.derivative);
  properties.zeros = zeros_of(curve.derivative);
  const double limit = saturation_threshold * properties.derivative.largest();
  properties.saturated = intervals([&](double z) { return limit == 0 || std::abs(curve.derivative(z)) < limit; });
  properties.monotone = std::ranges::is_sorted(grid_and_beyond(), {}, curve.value) && properties.derivative.low >= 0;
  properties.zero_centred = centred(curve.value);
  return properties;
}

double largest_derivative(const Activation& activation) {
  return range_of(functions_of(activation).derivative).largest();
}

Sampled sample(const Activation& sigma, std::span<const real> z) {
  Tensor rows(z.size(), sigma.traits.elementwise ? 1 : 2);
  for (std::size_t i = 0; i < z.size(); ++i) rows(i, 0) = z[i];
  Sampled curve;
  sigma.forward(rows, curve.a, curve.derivative);
  return curve;
}

}  // namespace primer
