// The gradient check changes one number a little and compares the change of the loss with the gradient of
// backpropagation. It tests every formula of core, and every activation and loss of a user.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/network.hpp"

namespace primer {

// The result for one tensor; a is the analytic and n the numeric derivative. An entry is right if |a − n| ≤ 1e-9 + 1e-6
// · max(|a|, |n|), or if rounding alone explains |a − n| and is at most 1 % of the tensor's largest gradient.
struct TensorCheck {
  std::string tensor;        // as in model files, "layers.1.weight"; "input" for ∂L/∂x
  std::size_t entries = 0;   // the size of the tensor
  std::size_t excluded = 0;  // entries not compared, because their steps cross a kink of an activation or of the loss
  double max_abs = 0;        // the largest |a − n|
  double max_rel = 0;        // the largest |a − n| / (1e-3 + max(|a|, |n|)); up to 1e-6 is right
  std::size_t worst_row = 0, worst_col = 0;  // the entry of max_rel, from 0; for a weight in W (outputs × inputs)
  bool matrix = false;                       // whether the tensor has rows: a weight, or the input
  bool any_wrong = false;                    // whether an entry is wrong by more than rounding explains
  bool any_undecided = false;                // whether there is an entry that rounding may make right or wrong

  std::string_view verdict() const;  // "pass", "mismatch", "undecided" or "nothing compared"
};

struct GradientCheck {
  // The step size is h, about 3e-5, or h |p| for a parameter p with |p| > 1. If an entry is wrong with h, the check
  // also tries 16 h (smaller rounding error), and h/16 and h/256 (for sharp bends or kinks nearby). A gradient that is
  // really wrong is wrong with every step size.
  static constexpr double h = 0x1p-15;
  std::vector<TensorCheck> tensors;  // the parameters in model order, then the input
  double noise_floor = 0;            // how far rounding may move a numeric derivative: 4 ε S / h, S from rounding_of()

  bool passed() const;  // whether there are tensors and every verdict is "pass"
};

// Returns the gradients of all parameters in model order (a weight's gradient is inputs × outputs), then ∂L/∂x. The
// pass is in training mode, with dropout's mask of step 1. Restores the network and its running statistics at the end.
std::vector<Tensor> analytic_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Compares `analytic`, in the order of analytic_gradients, with five-point central differences, (8 (L(h) − L(−h)) −
// (L(2h) − L(−2h))) / 12h. An entry is excluded if a z or an a − y changes sides of a kink between these points.
// Restores the network at the end. Needs the double build: in the float build no h leaves enough digits.
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y,
                              const std::vector<Tensor>& analytic);
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Moves every parameter except the weights by up to ¼, because gradients at the initial values prove little: at γ = 1 a
// forgotten γ does not show, and at b = 0 an input of zeros is on the kink of relu.
void leave_special_values(Network& network, std::uint64_t seed);

}  // namespace primer
