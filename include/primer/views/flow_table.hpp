// Writes the table at the end of a training run: for each layer, the magnitudes of the activations and gradients.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/training/flow.hpp"
#include "primer/views/table.hpp"

namespace primer {

// Returns a table of `rows`: one row for each layer, all from the same epoch. With two hidden layers or more, the last
// line gives ‖∂L/∂z‖ of layer 1 / ‖∂L/∂z‖ of the last hidden layer, as a factor from σ′ times a factor from W.
std::string flow_table(const std::vector<FlowRow>& rows, std::size_t width = unlimited_width);

}  // namespace primer
