// Follows E[a²] and Var[a] forward and E[δ²] backward through the layers, where δ = ∂L/∂z.
#include "primer/training/propagation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "primer/core/elementary.hpp"
#include "primer/training/properties.hpp"

namespace primer {

Moments moments(const Activation& sigma, double variance) {
  constexpr std::size_t points = 257;  // t = −8, −8 + 1/16, …, 8 and z = √variance · t
  constexpr auto largest = static_cast<double>(std::numeric_limits<real>::max());
  const auto t = [](std::size_t i) { return static_cast<double>(i) / 16 - 8; };
  std::vector<real> z(points);
  for (std::size_t i = 0; i < points; ++i) {
    z[i] = static_cast<real>(std::clamp(std::sqrt(variance) * t(i), -largest, largest));
  }
  const auto [a, derivative] = sample(sigma, z);
  Moments m{};
  for (std::size_t i = 0; i < points; ++i) {
    const double weight = exp(-t(i) * t(i) / 2) / (16 * std::sqrt(2 * std::numbers::pi));  // φ(t) Δt
    const auto value = static_cast<double>(a[i]);
    const auto prime = static_cast<double>(derivative[i]);
    m.mean += weight * value;
    m.square += weight * value * value;
    m.derivative_square += weight * prime * prime;
  }
  for (std::size_t i = 0; i < points; ++i) {  // Var[σ] = E[(σ − mean)²]; by rounding, E[σ²] − mean² can be negative
    const double weight = exp(-t(i) * t(i) / 2) / (16 * std::sqrt(2 * std::numbers::pi));
    m.variance += weight * (static_cast<double>(a[i]) - m.mean) * (static_cast<double>(a[i]) - m.mean);
  }
  return m;
}

double variance(const Initializer& initializer) {
  if (initializer.shape == Initializer::Shape::constant) return 0;
  return initializer.spread * initializer.spread / (initializer.shape == Initializer::Shape::uniform ? 3 : 1);
}

std::optional<double> predicted_gradient_ratio(std::span<const LayerOptions> layers, const Tensor& x) {
  double square = 0;  // E[a²] of the previous layer; for the first layer, E[x²] of the inputs
  for (const real v : x.values()) square += static_cast<double>(v) * static_cast<double>(v);
  square /= static_cast<double>(x.size());
  double a_variance = square;  // Var[a] of the previous layer; for the first layer, E[x²] of the inputs
  double derivative_square = 0;
  double ratio_square = 1;
  std::size_t fan_in = x.cols();
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    const LayerOptions& layer = layers[l];
    const auto sigma = make_activation(layer.activation);
    const double w = variance(initializer_of(layer, *sigma, fan_in));
    if (!sigma->traits.elementwise || w == 0) return {};
    const double u_variance = w * static_cast<double>(fan_in) * a_variance;
    if (l > 0) {
      double factor = w * static_cast<double>(layer.units) * derivative_square;  // E[(Wᵀδ ⊙ σ′)²] / E[δ²]
      if (layer.batch_norm) factor /= u_variance;
      ratio_square *= factor + (layers[l - 1].residual ? derivative_square : 0);
    }
    const Moments m = moments(*sigma, layer.batch_norm ? 1 : w * static_cast<double>(fan_in) * square);
    if (m.derivative_square == 0) return {};
    square = m.square + (layer.residual ? square : 0);
    a_variance = m.variance + (layer.residual ? a_variance : 0);
    derivative_square = m.derivative_square;
    fan_in = layer.units;
  }
  if (!std::isfinite(ratio_square)) return {};
  return std::sqrt(ratio_square);
}

}  // namespace primer
