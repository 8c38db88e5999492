// Computes σ and σ′ on a grid of z. Golden-section search then refines the minima and maxima between the grid points.
// Bisection finds where σ′ changes its sign, and the ends of the intervals of z in which σ′ = 0 or σ is saturated.
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

// σ and σ′ as functions of one number. Each function reuses its tensors, so that a call does not allocate memory.
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
      // At z = ±∞ the formula gave NaN (∞ − ∞ or ∞ · 0). The limit is ±∞ if the function grows from |z| = 1e4 to 2e4.
      const double near = at_finite(std::copysign(1e4, at));
      const double far = at_finite(std::copysign(2e4, at));
      return std::abs(far) > 1.5 * std::abs(near) ? std::copysign(infinity, far) : far;
    };
  };
  return {part(false), part(true)};
}

// The grid of z: −8 … 8 in steps of 1/64.
constexpr double reach = 8;
constexpr double step = 1 / 64.0;
std::vector<double> grid() {
  std::vector<double> points;
  for (int i = -512; i <= 512; ++i) points.push_back(i * step);
  return points;
}

// The z at which ranges and monotonicity are measured: the grid, points outside of the grid at growing distances, and
// ±∞. Zeros of σ′ and saturation use only the grid, because a float rounds σ and σ′ to their limits at large |z|.
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

// Returns the lowest value of f at `points` and its z. If |z| < 8, golden-section search near z may find a lower value.
// Of equal values, the value with z nearest to 0 is taken, so relu has its minimum at z = 0.
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

// The condition is true at exactly one of p and q. Returns the point, found by bisection, up to which it stays true.
double border(double p, double q, const Condition& condition) {
  const bool at_p = condition(p);
  while (std::abs(q - p) > 1e-12 * std::max(1.0, std::abs(p))) {
    const double middle = p + (q - p) / 2;
    (condition(middle) == at_p ? p : q) = middle;
  }
  return at_p ? p : q;
}

// The intervals of z where a condition is true. An interval that reaches z = ±8, an end of the grid, ends at ±∞.
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

// The zeros of σ′: intervals, and the points at which σ′ changes its sign.
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

// Whether the mean of σ(z) over z ∼ N(0, 1) is negligible against the root mean square of σ(z) (trapezoidal rule).
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
