// Shows the numbers of one sample on its way through the network and back, so that a reader can repeat the calculation.
#pragma once

#include <cstddef>
#include <string>

#include "primer/core/network.hpp"
#include "primer/views/table.hpp"

namespace primer {

// Call after forward_training() and after backward() with wants_dL_dx = true. Shows the first sample whose inputs are
// not all 0: x, W, b, z, σ′(z), `a` from the first layer to the last, then ∂L/∂a, ∂L/∂z, ∂L/∂b, ∂L/∂W, ∂L/∂x from the
// last layer to the first. If a layer has many units, shows only its first units.
std::string trace_table(Network& network, const Loss& loss, const Tensor& y, std::size_t width = unlimited_width);

}  // namespace primer
