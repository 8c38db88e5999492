// Collects every quantity of one forward and backward pass under its name, so that other implementations of backprop
// can be checked against primer.
#pragma once

#include "primer/core/network.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {

// The quantities of the last forward_training() and backward(); backward() needs wants_dL_dx = true. For layer l:
//   l.x l.z l.a l.slope l.dL_da l.dL_dz l.dL_dx      rows × units (x and dL_dx: rows × inputs); slope is σ′(z)
//   l.dL_dW (outputs × inputs), l.dL_db
//   l.dL_dalpha (prelu); l.u l.dL_du l.dL_dgamma l.dL_dbeta (batch_norm); l.mask (dropout); l.s = σ(z) (residual)
// For the network: loss (1), y (rows × outputs). ∂L/∂a of softmax with cross_entropy, for example, may be infinite.
Safetensors trace_contents(Network& network, const Loss& loss, const Tensor& y);

}  // namespace primer
