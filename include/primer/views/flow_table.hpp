// Writes the table at the end of a training run: for each layer, the magnitudes of the activations and gradients.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/training/flow.hpp"
#include "primer/views/table.hpp"

namespace primer {

// `rows` has one row for each layer, all from the same epoch. The last line of the text says which fraction of the
// gradient reached layer 1, and by which factors σ′ and the weights changed the gradient.
std::string flow_table(const std::vector<FlowRow>& rows, std::size_t width = unlimited_width);

}  // namespace primer
