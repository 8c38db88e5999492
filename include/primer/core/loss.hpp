// Losses L(a, y) and their gradients ∂L/∂a. Where the output activation is the loss's canonical partner (softmax with
// cross_entropy, sigmoid with binary_cross_entropy) both are computed from the logits z instead: the logarithm of a
// probability that has underflowed is −∞, the logarithm of a sum of exponentials is not.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "primer/core/activation.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// a, z, y and the gradients are batch × outputs; y holds targets, or probabilities (one-hot rows for classes).
class Loss {
 public:
  virtual ~Loss() = default;
  virtual std::string_view name() const = 0;

  virtual real value(const Tensor& a, const Tensor& y) const = 0;
  virtual void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const = 0;

  // The a − y at which L or one of its first two derivatives jumps.
  virtual std::vector<real> kinks() const { return {}; }

  // The canonical pair. Only called when pairs_with(output activation).
  bool pairs_with(const Activation& output) const { return output.canonical_loss() == name(); }
  virtual real value_from_logits(const Tensor& z, const Tensor& y) const;
  virtual void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const;  // (a − y) / N, or / (N K)
};

struct LossOptions {
  std::string_view loss;
  real huber_delta = 1;
  real label_smoothing = 0;  // ε: y becomes (1 − ε) y + ε / K for cross_entropy, (1 − ε) y + ε / 2 for a sigmoid
};

// mse, mae, huber, binary_cross_entropy (means over all elements), cross_entropy (mean over samples).
// Throws std::invalid_argument for an unknown name.
std::unique_ptr<Loss> make_loss(const LossOptions& options);

std::vector<std::string_view> loss_names();

}  // namespace primer
