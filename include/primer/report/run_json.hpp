// Writes a run as JSON: the data that the script of the report draws.
#pragma once

#include <string>

#include "primer/report/run_files.hpp"

namespace primer {

// A JSON object. Throws UserError if this program does not know an activation of the run.
std::string run_json(const RunFiles& run);

}  // namespace primer
