// Writes a first config for a CSV file: it guesses what each column means and says so in comments.
#pragma once

#include <string>
#include <vector>

namespace primer {

// A config, as TOML with comments, that trains on the file at `path`. `targets` names the target columns; if it is
// empty, primer guesses them. Throws UserError if the file cannot be read as CSV or has no column that can be an input.
std::string suggested_config(const std::string& path, const std::vector<std::string>& targets);

}  // namespace primer
