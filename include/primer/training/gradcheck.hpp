// The gradient check changes one parameter or input at a time, and compares the change of the loss with the gradient of
// backpropagation. It tests all derivatives in src/core, and the activations and losses that a user adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/network.hpp"

namespace primer {

// The result for one tensor. Each entry has the derivative a of backpropagation, the numeric derivative n, and the
// rounding error e of n. The entry is right in two cases. Case 1: |a − n| ≤ 1e-9 + 1e-6 · max(|a|, |n|). Case 2:
// |a − n| ≤ e, and e is at most 1 % of the largest gradient in the tensor.
struct TensorCheck {
  std::string tensor;        // name of the tensor in model files, such as "layers.1.weight"; "input" for the input x
  std::size_t entries = 0;   // number of entries of the tensor
  std::size_t excluded = 0;  // entries not compared, because a kink of an activation or of the loss is too near
  double max_abs = 0;        // the largest |a − n| of the analytic derivative a and the numeric derivative n
  double max_rel = 0;  // largest |a − n| / (1e-3 + max(|a|, |n|)) for the analytic derivative a and the numeric n
  // Row and column (from 0) of the entry with the largest relative error. In a weight, row = output, column = input.
  std::size_t worst_row = 0, worst_col = 0;
  bool matrix = false;         // whether the tensor is a matrix (a weight or the input) and not a vector
  bool any_wrong = false;      // whether at least one entry has an error too large for a rounding error
  bool any_undecided = false;  // whether rounding errors make it impossible to decide if some entry is right

  std::string_view verdict() const;  // "pass", "mismatch", "undecided" or "nothing compared"
};

struct GradientCheck {
  // The step size for a parameter p is h if |p| ≤ 1, else h |p|; h is about 3e-5. If an entry of the gradient looks
  // wrong, the check tries other step sizes. A step 16 times as large has a smaller rounding error. A step of 1/16 or
  // 1/256 of the size can avoid a sharp bend or a kink nearby. A wrong entry looks wrong with every step size.
  static constexpr double h = 0x1p-15;
  std::vector<TensorCheck> tensors;  // the parameters in model order, then the input
  double noise_floor = 0;  // rounding error of a numeric derivative with step h: 4 ε S / h; see rounding_of()

  bool passed() const;  // whether there is at least one tensor, and the verdict of every tensor is "pass"
};

// Returns the gradients of all parameters in model order, then ∂L/∂x. The gradient of a weight matrix has the shape
// inputs × outputs. Uses training mode and the dropout mask of step 1. Restores the network at the end.
std::vector<Tensor> analytic_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Compares each entry of `analytic` with the five-point difference quotient
// (8 (L(h) − L(−h)) − (L(2h) − L(−2h))) / 12h. L(h) is the loss after a parameter or an input changes by h. `analytic`
// has the order of analytic_gradients(). Skips an entry if an activation or the loss has a kink between −2h and 2h.
// Restores the network at the end. Needs the double build, because floats have too few digits.
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y,
                              const std::vector<Tensor>& analytic);
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Changes every parameter except the weights by at most ¼, because the initial values γ = 1 and b = 0 hide mistakes.
// γ = 1 hides a forgotten factor γ. With b = 0, an input of zeros gives z = 0: the check skips this kink of relu.
void leave_special_values(Network& network, std::uint64_t seed);

}  // namespace primer
