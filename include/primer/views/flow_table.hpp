// The table at the end of a training run: how the signal and the gradient went through each layer.
#pragma once

#include <string>
#include <vector>

#include "primer/training/flow.hpp"

namespace primer {

// `rows` are the layers of one epoch. The last line says what fraction of the gradient reached layer 1, and how much
// the derivatives and the weights changed it.
std::string flow_table(const std::vector<FlowRow>& rows);

}  // namespace primer
