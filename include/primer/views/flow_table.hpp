// Writes the table at the end of a training run: the sizes of the activations and of the gradients in each layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/training/flow.hpp"
#include "primer/views/table.hpp"

namespace primer {

// `rows` has a row for each layer, all of one epoch. The last line says what fraction of the gradient reached layer 1,
// and by which factors the derivatives and the weights changed the gradient.
std::string flow_table(const std::vector<FlowRow>& rows, std::size_t width = unlimited_width);

}  // namespace primer
