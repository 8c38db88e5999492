// Makes a text with the numbers of the forward and backward pass of one sample. A reader can repeat the calculation.
#pragma once

#include <cstddef>
#include <string>

#include "primer/core/network.hpp"
#include "primer/views/table.hpp"

namespace primer {

// Call after forward_training() and after backward() with wants_dL_dx = true. Returns a text with the first sample
// whose inputs are not all 0: x, W, b, z, σ′(z), `a` from the first layer to the last, then ∂L/∂a (a and y if ∂L/∂z =
// (a − y)/n), ∂L/∂z, ∂L/∂b, ∂L/∂W, ∂L/∂x in reverse order. A large layer shows only its first units and inputs.
std::string trace_table(Network& network, const Loss& loss, const Tensor& y, std::size_t width = unlimited_width);

}  // namespace primer
