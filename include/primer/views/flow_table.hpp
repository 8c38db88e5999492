// Makes a table: magnitudes of activations and gradients per layer. `primer train` and `primer watch` print the table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/training/flow.hpp"
#include "primer/views/table.hpp"

namespace primer {

// Returns a table with a line for each layer (an element of `rows`). With two or more hidden layers, a last line shows
// ‖∂L/∂z‖ of layer 1 / ‖∂L/∂z‖ of the last hidden layer = (factor from σ′) × (factor from W).
std::string flow_table(const std::vector<FlowRow>& rows, std::size_t width = unlimited_width);

}  // namespace primer
