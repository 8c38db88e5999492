// Shows the way of one sample through the network and back, with all numbers, so that a reader can repeat the
// calculation.
#pragma once

#include <cstddef>
#include <string>

#include "primer/core/network.hpp"
#include "primer/views/table.hpp"

namespace primer {

// Shows one sample of the last forward_training() and backward(): the first sample whose inputs are not all 0. That
// backward() must have computed ∂L/∂x. Shows x, W, b, z, σ′(z), `a` from the first layer to the last, then ∂L/∂a,
// ∂L/∂z, ∂L/∂b, ∂L/∂W, ∂L/∂x from the last layer to the first. Of a wide layer, only the first units are shown.
std::string trace_table(Network& network, const Loss& loss, const Tensor& y, std::size_t width = unlimited_width);

}  // namespace primer
