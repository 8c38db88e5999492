// Writes a first config for a CSV file: guesses what each column means, and writes each guess as a comment.
#pragma once

#include <string>
#include <vector>

namespace primer {

// A config, as TOML with comments, that trains on the file at `path`. `targets` names the target columns; if it is
// empty, primer guesses them. Throws UserError if the file cannot be read as CSV or has no column that can be an input.
std::string suggested_config(const std::string& path, const std::vector<std::string>& targets);

}  // namespace primer
