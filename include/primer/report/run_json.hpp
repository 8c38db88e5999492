// A run as the data that the report's script draws.
#pragma once

#include <string>

#include "primer/report/run_files.hpp"

namespace primer {

// A JSON object. Throws UserError if this program does not know an activation of the run.
std::string run_json(const RunFiles& run);

}  // namespace primer
