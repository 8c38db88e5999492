// A multilayer perceptron: dense layers one after the other, run forward and backward.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "primer/core/dense.hpp"
#include "primer/core/initializer.hpp"
#include "primer/core/loss.hpp"

namespace primer {

// One layer as a config file describes it.
struct LayerOptions {
  std::size_t units = 0;
  std::string activation = "identity";
  std::string init = "auto";  // the name of an initialiser; "auto": the activation chooses the initialiser
  bool batch_norm = false;
  bool residual = false;  // whether the layer adds its input to its output; such a layer needs as many units as inputs
  double dropout = 0;     // the fraction of units left out in training, 0 ≤ p < 1
};

// The distribution of a layer's initial weights; with init = "auto" the activation chooses it.
Initializer initializer_of(const LayerOptions& layer, const Activation& sigma, std::size_t fan_in);

// The buffers of predict(), reused in each call. predict() fills z and `a` with the values of the last layer.
struct Prediction {
  Tensor z, a;
  Tensor other;    // the layers write their outputs alternately to `other` and to `a`, the last layer to `a`
  Tensor scratch;  // a buffer of loss()
};

class Network {
 public:
  // The random numbers for layer l depend only on seed and l. Throws std::invalid_argument for an invalid layer.
  Network(std::size_t inputs, std::span<const LayerOptions> layers, std::uint64_t seed);
  explicit Network(std::vector<Dense> dense) : layers(std::move(dense)) {}

  // x (batch × inputs) must exist until backward() returns. The result is `a` of the last layer (batch × outputs).
  const Tensor& forward(const Tensor& x) { return pass(x, {}); }
  const Tensor& forward_training(const Tensor& x, std::uint64_t step) { return pass(x, step); }
  // Computes the same bits as forward(), but faster, because predict() does not compute σ′. Changes only `p`, so
  // threads may share a network. Allocates memory only if a buffer in `p` must become larger than ever before.
  const Tensor& predict(const Tensor& x, Prediction& p) const;

  // The loss L(a, y) for the targets y (batch × outputs). `a` is the result of the last forward pass. If p is given,
  // `a` is the result of predict(x, p).
  real loss(const Loss& loss, const Tensor& y);
  real loss(const Loss& loss, const Tensor& y, Prediction& p) const;
  // Computes the gradients of L in all layers after a forward pass; ∂L/∂x of layer 1 only if `wants_dL_dx` is true.
  void backward(const Loss& loss, const Tensor& y, bool wants_dL_dx = false);
  // Returns ∂L/∂a of layer l = 0, 1, … after backward(loss, y). If an output has underflowed to 0, ∂L/∂a may be ±∞.
  const Tensor& dL_da(std::size_t l, const Loss& loss, const Tensor& y);

  // Whether the loss is computed from z of the output layer instead of `a`, as cross_entropy with softmax.
  bool canonical(const Loss& loss) const;

  // Pointers to all parameters in `layers`: weight, bias, alpha, gamma, beta of layer 1, then of layer 2, …
  std::vector<Parameter> parameters();

  std::size_t inputs() const { return layers.front().Wt.rows(); }
  std::size_t outputs() const { return layers.back().Wt.cols(); }

  std::vector<Dense> layers;

 private:
  const Tensor& pass(const Tensor& x, std::optional<std::uint64_t> step);
  Tensor dL_da_;    // ∂L/∂a of the last layer
  Tensor scratch_;  // a buffer of loss()
};

}  // namespace primer
