// The scans.
#include "primer/training/properties.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "primer/core/elementary.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// σ and σ′ of single numbers.
class Curve {
 public:
  explicit Curve(const Activation& activation) : activation_(activation), z_(1, activation.elementwise() ? 1 : 2) {}

  double value(double z) const { return look(z).first; }
  double derivative(double z) const { return look(z).second; }

 private:
  std::pair<double, double> look(double z) const {
    z_(0, 0) = static_cast<real>(z);
    activation_.forward(z_, a_, slope_);
    return {static_cast<double>(a_(0, 0)), static_cast<double>(slope_(0, 0))};
  }

  const Activation& activation_;
  mutable Tensor z_, a_, slope_;
};

// −8 … 8 closely, farther out in growing steps, and both infinities. Beyond ±8 a float has rounded every limit to
// itself, so nothing is found there but extremes.
constexpr double near = 8;
std::vector<double> scan_points() {
  std::vector<double> points;
  for (int i = -512; i <= 512; ++i) points.push_back(i / 64.0);
  for (double z = near * 1.25; z < 1e4; z *= 1.25) {
    points.push_back(z);
    points.insert(points.begin(), -z);
  }
  points.push_back(infinity);
  points.insert(points.begin(), -infinity);
  return points;
}

using Function = std::function<double(double)>;

// The smallest value of f and where, sharpened by golden-section search around the best point of the scan.
std::pair<double, double> lowest(const std::vector<double>& points, const Function& f) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool nearer = std::abs(points[i]) < std::abs(points[best]);  // of equal ones, so that relu's 0 is at 0
    if (f(points[i]) < f(points[best]) || (f(points[i]) == f(points[best]) && nearer)) best = i;
  }
  if (best == 0 || best + 1 == points.size() || std::abs(points[best]) >= near) return {f(points[best]), points[best]};
  double left = points[best - 1];
  double right = points[best + 1];
  constexpr double golden = 0.61803398874989484820;
  while (right - left > 1e-9) {
    const double p = right - golden * (right - left);
    const double q = left + golden * (right - left);
    (f(p) < f(q) ? right : left) = f(p) < f(q) ? q : p;
  }
  const double at = (left + right) / 2;
  return f(at) < f(points[best]) ? std::pair{f(at), at} : std::pair{f(points[best]), points[best]};
}

Range range_of(const std::vector<double>& points, const Function& f) {
  const auto [low, at_low] = lowest(points, f);
  const auto [minus_high, at_high] = lowest(points, [&](double z) { return -f(z); });
  const auto reached = [](double z) { return std::abs(z) <= near ? z : std::copysign(infinity, z); };
  return {low, -minus_high, reached(at_low), reached(at_high)};
}

// Where between p and q, of which only one has it, the property ends: the last point found to have it.
double border(double p, double q, const std::function<bool(double)>& holds) {
  const bool at_p = holds(p);
  while (std::abs(q - p) > 1e-12 * std::max(1.0, std::abs(p))) {
    const double middle = p + (q - p) / 2;
    if (middle == p || middle == q) break;
    (holds(middle) == at_p ? p : q) = middle;
  }
  return at_p ? p : q;
}

// The zones in which a property holds; one that reaches the ends of the close scan goes on to infinity.
std::vector<Interval> zones(const std::function<bool(double)>& holds) {
  std::vector<Interval> found;
  bool inside = false;
  for (int i = -512; i <= 512; ++i) {
    const double z = i / 64.0;
    const bool now = holds(z);
    if (now && !inside) found.push_back({i == -512 ? -infinity : border(z - 1 / 64.0, z, holds), infinity});
    if (!now && inside) found.back().to = border(z - 1 / 64.0, z, holds);
    inside = now;
  }
  return found;
}

// Zones of σ′ = 0, and the points where σ′ changes its sign.
std::vector<Interval> zeros_of(const Curve& curve) {
  std::vector<Interval> zeros = zones([&](double z) { return curve.derivative(z) == 0; });
  for (int i = -512; i < 512; ++i) {
    const double z = i / 64.0;
    if (curve.derivative(z) * curve.derivative(z + 1 / 64.0) < 0) {
      const double at = border(z, z + 1 / 64.0, [&](double v) { return curve.derivative(v) < 0; });
      zeros.push_back({at, at});
    }
  }
  std::sort(zeros.begin(), zeros.end(), [](const Interval& p, const Interval& q) { return p.from < q.from; });
  return zeros;
}

// The mean and the standard deviation of σ(z) over z ∼ N(0, 1), by the trapezoidal rule.
bool centred(const Curve& curve) {
  double mean = 0;
  double squares = 0;
  for (int i = -512; i <= 512; ++i) {
    const double z = i / 64.0;
    const double weight = normal_pdf(z) / 64;
    mean += weight * curve.value(z);
    squares += weight * curve.value(z) * curve.value(z);
  }
  return std::abs(mean) < 1e-4 * std::sqrt(squares);
}

}  // namespace

Properties properties_of(const Activation& activation) {
  const Curve curve(activation);
  const std::vector<double> points = scan_points();
  Properties properties{};
  properties.value = range_of(points, [&](double z) { return curve.value(z); });
  properties.derivative = range_of(points, [&](double z) { return curve.derivative(z); });
  properties.zeros = zeros_of(curve);
  const double steepest = largest_derivative(activation);
  properties.saturated =
      zones([&](double z) { return steepest == 0 || std::abs(curve.derivative(z)) < saturation_threshold * steepest; });
  properties.monotone = std::is_sorted(points.begin(), points.end(),
                                       [&](double p, double q) { return curve.value(p) < curve.value(q); }) &&
                        properties.derivative.low >= 0;
  properties.zero_centred = centred(curve);
  return properties;
}

double largest_derivative(const Activation& activation) {
  const Curve curve(activation);
  const Range derivative = range_of(scan_points(), [&](double z) { return curve.derivative(z); });
  return std::max(std::abs(derivative.low), std::abs(derivative.high));
}

}  // namespace primer
