// The table a training run ends with: how the signal and the gradient went through each layer.
#pragma once

#include <string>
#include <vector>

#include "primer/training/flow.hpp"

namespace primer {

// `rows` are the layers of one epoch. Ends with the headline: what is left of the gradient at layer 1, and whether the
// derivatives or the weights took it.
std::string flow_table(const std::vector<FlowRow>& rows);

}  // namespace primer
