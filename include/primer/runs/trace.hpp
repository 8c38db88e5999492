// Collects every quantity of one forward and backward pass under its name, so that other implementations of backprop
// can be checked against primer.
#pragma once

#include "primer/core/network.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {

// All quantities of the last forward_training() and backward(). Call backward() with wants_dL_dx = true. For layer l:
//   l.x l.z l.a l.slope l.dL_da l.dL_dz l.dL_dx      rows × units (x and dL_dx: rows × inputs); slope is σ′(z)
//   l.dL_dW (outputs × inputs), l.dL_db; l.dL_dalpha (prelu); l.mask (dropout); l.s = σ(z) (residual)
//   l.u l.dL_du l.dL_dgamma l.dL_dbeta (batch_norm; u is the input of the batch normalisation)
// For the network: loss (1), y (rows × outputs). Numbers may be infinite, as in ∂L/∂a of softmax with cross_entropy.
Safetensors trace_contents(Network& network, const Loss& loss, const Tensor& y);

}  // namespace primer
