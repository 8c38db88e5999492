// The gradient check changes one parameter or input at a time, and compares the change of the loss with the gradient of
// backpropagation. It tests all derivatives in src/core, and the activations and losses that a user adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/network.hpp"

namespace primer {

// The result for one tensor. An entry with the analytic derivative a and the numeric derivative n is right if |a − n| ≤
// 1e-9 + 1e-6 · max(|a|, |n|), or if |a − n| ≤ rounding error of n ≤ 1 % of the largest gradient in the tensor.
struct TensorCheck {
  std::string tensor;        // name as in model files, such as "layers.1.weight"; "input" means ∂L/∂x
  std::size_t entries = 0;   // number of entries of the tensor
  std::size_t excluded = 0;  // entries not compared, because a kink of an activation or of the loss is too near
  double max_abs = 0;        // the largest |a − n| of the analytic derivative a and the numeric derivative n
  double max_rel = 0;        // the largest |a − n| / (1e-3 + max(|a|, |n|)), analytic a, numeric n; right if ≤ 1e-6
  // Row and column, from 0, of the entry that has the error max_rel. For a weight: its place in W (outputs × inputs).
  std::size_t worst_row = 0, worst_col = 0;
  bool matrix = false;         // whether the tensor is a matrix (a weight or the input) and not a vector
  bool any_wrong = false;      // whether the error of an entry is too large to be a rounding error
  bool any_undecided = false;  // whether rounding errors are too large to tell if some entry is right

  std::string_view verdict() const;  // "pass", "mismatch", "undecided" or "nothing compared"
};

struct GradientCheck {
  // The step size is h, about 3e-5, or h |p| for a parameter p with |p| > 1. If an entry is wrong with h, the check
  // also tries 16 h (smaller rounding error), and h/16 and h/256 (for sharp bends or kinks nearby). A gradient that is
  // really wrong is wrong with every step size.
  static constexpr double h = 0x1p-15;
  std::vector<TensorCheck> tensors;  // the parameters in model order, then the input
  double noise_floor = 0;            // largest rounding error of a numeric derivative: 4 ε S / h; see rounding_of()

  bool passed() const;  // whether there are tensors and every verdict is "pass"
};

// Returns the gradients of all parameters in model order (a weight's gradient is inputs × outputs), then ∂L/∂x. The
// pass is in training mode, with dropout's mask of step 1. Restores the network and its running statistics at the end.
std::vector<Tensor> analytic_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Compares `analytic`, in the order of analytic_gradients(), with the five-point central differences (8 (L(h) − L(−h))
// − (L(2h) − L(−2h))) / 12h. An entry is not compared if a z or an a − y crosses a kink between these points. Restores
// the network at the end. Needs the double build: with floats, every h leaves too few digits.
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y,
                              const std::vector<Tensor>& analytic);
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Changes every parameter except the weights by at most ¼. At the initial values the check proves little: at γ = 1 a
// formula that forgets γ gives the same numbers, and at b = 0 an input of zeros is on the kink of relu.
void leave_special_values(Network& network, std::uint64_t seed);

}  // namespace primer
