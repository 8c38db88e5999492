// Warns of traps in a config and its data before the first step of training. A warning is not an error, because the
// user may have a reason.
#pragma once

#include <string>
#include <vector>

#include "primer/formats/error.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {

// At the start of a run, (‖∂L/∂z‖ of layer 1) / (‖∂L/∂z‖ of the last hidden layer) is usually between these limits.
inline constexpr double least_gradient_ratio = 0.02, largest_gradient_ratio = 50;

struct Warning {
  Location location;  // where the key with the problem stands in the config
  std::string code;   // identifier of the warning, such as "idle-key"; scripts may rely on it
  std::string text;   // the warning: what will happen, why, and what to write in the config instead
};
std::string to_string(const Warning& warning);  // FILE:LINE:COLUMN: CODE: text

// All warnings about the experiment, in this order: layers, inputs, targets, optimizer, keys without effect.
std::vector<Warning> warnings_of(const Experiment& experiment);

}  // namespace primer
