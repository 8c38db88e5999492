// Runs side by side: the settings that differ between them, and how they ended.
#pragma once

#include <string>
#include <vector>

namespace primer {

// "16 tanh", "16 tanh", "3 softmax" as "2 × 16 tanh → 3 softmax".
std::string chain(const std::vector<std::string>& layers);

// Row 0 has the names of the columns; then there is a row for each run. The columns are the run, the keys whose values
// differ (or, if the runs have different numbers of layers, one column `layers`), the epochs, the last row of
// history.csv, the lowest loss on the validation rows (without any: on the training rows) with its epoch, and the
// signature of the model. A cell without a value is empty.
using Comparison = std::vector<std::vector<std::string>>;

// Throws UserError, with the file's name, if a folder has no config.toml, history.csv or model.safetensors.
Comparison compare(const std::vector<std::string>& folders);

// A cell as a reader sees it: scores and long numbers have four digits, and a missing value is "–".
std::string shown_cell(const std::string& column, const std::string& cell);

// The comparison as one page: the table, the curves of all runs, and the neurons and the gradients of the first two
// under one slider.
std::string comparison_page(const std::vector<std::string>& folders);

}  // namespace primer
