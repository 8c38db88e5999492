// One sample walked through the network and back, with numbers to follow on a pocket calculator.
#pragma once

#include <string>

#include "primer/core/network.hpp"

namespace primer {

// Of the network's last forward_training() and backward() with ∂L/∂x: x, W, b, z, σ′(z), a of the first sample from the
// first layer to the last, then ∂L/∂a, ∂L/∂z, ∂L/∂b, ∂L/∂W, ∂L/∂x back. Of wide layers the first units are shown.
std::string trace_table(Network& network, const Loss& loss, const Tensor& y);

}  // namespace primer
