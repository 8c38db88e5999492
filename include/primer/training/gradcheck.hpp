// The gradient check: what backpropagation computes against what the loss itself says when one number is moved a
// little. It is the proof of every formula in the core, and of an activation or a loss that a user adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/network.hpp"

namespace primer {

// One tensor's verdict. An entry is right when |a − n| ≤ 1e-9 + 1e-6 · max(|a|, |n|), a analytic and n numeric.
struct TensorCheck {
  std::string tensor;        // as in model files, "layers.1.weight"; "input" for ∂L/∂x
  std::size_t entries = 0;   // of the tensor
  std::size_t excluded = 0;  // of them, those whose difference would span a kink of an activation or of the loss
  double max_abs = 0;        // |a − n|
  double max_rel = 0;        // |a − n| / (1e-3 + max(|a|, |n|)): right up to 1e-6
  std::size_t worst_row = 0, worst_col = 0;  // of max_rel, from 0; of W, which is outputs × inputs

  std::string_view verdict() const;  // "pass", "mismatch" or "nothing compared"
};

struct GradientCheck {
  // About 3e-5; times |p| where that is above 1. Where that does not show an entry to be right, 16 h (less rounding)
  // and h/16 and h/256 (sharp bends, kinks close by) are tried as well: a wrong gradient is wrong at every h.
  static constexpr double h = 0x1p-15;
  std::vector<TensorCheck> tensors;  // parameters in model order, then the input
  double noise_floor = 0;            // ε |L| / h: what rounding alone makes of a difference

  bool passed() const;  // every tensor passes: none mismatches, and none was left out altogether
};

// Parameters' gradients in model order (a weight's is inputs × outputs), then ∂L/∂x; in training mode, dropout with the
// mask of step 1. Running statistics are left as they were.
std::vector<Tensor> analytic_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Numeric gradients by central differences in five points, (8 (L(h) − L(−h)) − (L(2h) − L(−2h))) / 12h, against
// `analytic`. Kinks are found, not guessed: at all points every z (and every a − y) must lie on the same side of every
// kink. The network is left as it was. Needs the double build: no h gives a float enough digits.
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y,
                              const std::vector<Tensor>& analytic);
GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y);

// Moves every parameter but the weights by up to ¼, because gradients at their starting values prove little: at γ = 1
// a forgotten γ does not show, and at b = 0 an input of zeros lies on the kink of relu.
void leave_special_values(Network& network, std::uint64_t seed);

}  // namespace primer
