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
  std::string init = "auto";  // asks the activation
  bool batch_norm = false;
  bool residual = false;  // needs as many units as inputs
  double dropout = 0;     // the fraction of units left out in training, 0 ≤ p < 1
};

// How the weights of a layer start; init = "auto" asks the activation.
Initializer initializer_of(const LayerOptions& layer, const Activation& sigma, std::size_t fan_in);

// What predict() works in, kept by the caller. z and a are those of the last layer.
struct Prediction {
  Tensor z, a;
  Tensor other;    // a of the layers between
  Tensor scratch;  // of the loss
};

class Network {
 public:
  // The weights of layer l are a function of seed and l alone. Throws std::invalid_argument for an impossible layer.
  Network(std::size_t inputs, std::span<const LayerOptions> layers, std::uint64_t seed);
  explicit Network(std::vector<Dense> dense) : layers(std::move(dense)) {}

  // x (batch × inputs) must live until backward() is done. The result, a of the last layer, is batch × outputs.
  const Tensor& forward(const Tensor& x) { return pass(x, {}); }
  const Tensor& forward_training(const Tensor& x, std::uint64_t step) { return pass(x, step); }
  // The same bits as forward(), but faster, because without σ′. It changes nothing but `p`, so threads may share a
  // network, and it allocates only when p becomes larger than it has ever been.
  const Tensor& predict(const Tensor& x, Prediction& p) const;

  // L(a, y) of the last forward pass, or of a prediction; y batch × outputs.
  real loss(const Loss& loss, const Tensor& y);
  real loss(const Loss& loss, const Tensor& y, Prediction& p) const;
  // ∂L/∂ everything, into the layers, after a forward pass. ∂L/∂x of layer 1 is computed only if wanted.
  void backward(const Loss& loss, const Tensor& y, bool wants_dL_dx = false);
  // ∂L/∂a of layer l, counted from 0, after backward(loss, y). That of a canonical pair is computed here, because
  // backward() does not need it. It is the mathematical one, and may be infinite.
  const Tensor& dL_da(std::size_t l, const Loss& loss, const Tensor& y);

  // Whether output activation and loss are a canonical pair, computed from the logits.
  bool canonical(const Loss& loss) const;

  // In model order: layer 1 weight, bias, alpha, gamma, beta, layer 2 …; pointers into `layers`.
  std::vector<Parameter> parameters();

  std::size_t inputs() const { return layers.front().Wt.rows(); }
  std::size_t outputs() const { return layers.back().Wt.cols(); }

  std::vector<Dense> layers;

 private:
  const Tensor& pass(const Tensor& x, std::optional<std::uint64_t> step);
  Tensor dL_da_;    // of the last layer
  Tensor scratch_;  // of the loss
};

}  // namespace primer
