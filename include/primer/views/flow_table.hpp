// The table at the end of a training run: how the signal and the gradient went through each layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/training/flow.hpp"
#include "primer/views/table.hpp"

namespace primer {

// `rows` are the layers of one epoch. The last line says what fraction of the gradient reached layer 1, and how much
// the derivatives and the weights changed it.
std::string flow_table(const std::vector<FlowRow>& rows, std::size_t width = unlimited_width);

}  // namespace primer
