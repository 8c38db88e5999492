// Predicts, before training, how much the gradient shrinks or grows from the last to the first hidden layer. Uses the
// variances of signal and gradient in a wide network with random weights: Poole et al., "Exponential expressivity in
// deep neural networks through transient chaos", 2016, and Schoenholz et al., "Deep information propagation", 2017.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "primer/core/activation.hpp"
#include "primer/core/initializer.hpp"
#include "primer/core/network.hpp"

namespace primer {

// Mean, mean square and variance of σ(z), and mean square of σ′(z), for a normally distributed z ∼ N(0, variance).
struct Moments {
  double mean, square, variance;  // E[σ(z)], E[σ(z)²], Var[σ(z)]
  double derivative_square;       // E[σ′(z)²]
};
Moments moments(const Activation& sigma, double variance);

double variance(const Initializer& initializer);  // variance of the distribution of the weights; 0 for a constant

// Predicts ‖∂L/∂z¹‖ / ‖∂L/∂zᴴ‖ for the initial weights. H ≥ 1 is the last hidden layer; x (rows × inputs) is the input.
// Returns std::nullopt if the ratio² is too large for a double. Also returns std::nullopt if, in a hidden layer, all
// initial weights are equal, σ is not elementwise, or σ′ = 0 everywhere.
std::optional<double> predicted_gradient_ratio(std::span<const LayerOptions> layers, const Tensor& x);

}  // namespace primer
