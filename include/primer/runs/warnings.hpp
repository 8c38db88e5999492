// The traps of training that a config and its data show before the first step. None is an error: every one can be
// meant.
#pragma once

#include <string>
#include <vector>

#include "primer/formats/error.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {

struct Warning {
  Location location;  // in the config
  std::string code;   // "vanishing", for scripts
  std::string text;   // what will happen, why, and what to write instead
};
std::string to_string(const Warning& warning);  // FILE:LINE:COLUMN: CODE: text

// All that are met, in the order in which they were written down. See check.cpp for the rules.
std::vector<Warning> check(const Experiment& experiment);

}  // namespace primer
