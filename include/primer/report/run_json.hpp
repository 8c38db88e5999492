// Writes a run as JSON: the data that the script of the report draws.
#pragma once

#include <string>

#include "primer/report/run_files.hpp"

namespace primer {

// The learning curves: an object with the array `epoch`, and an array for each score (loss or metric) in history.csv.
std::string curves_json(const RunTable& history);

// The run as a JSON object. Throws UserError if this program does not know an activation of the run.
std::string run_json(const RunFiles& run);

}  // namespace primer
