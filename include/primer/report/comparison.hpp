// Compares runs: the settings in which they differ, and the scores with which they ended.
#pragma once

#include <string>
#include <vector>

namespace primer {

// Joins the layers of a network: "16 tanh", "16 tanh", "3 softmax" become "2 × 16 tanh → 3 softmax".
std::string chain(const std::vector<std::string>& layers);

// Row 0 has the names of the columns; every other row is a run. A cell without a value is empty. The columns are: the
// run; the keys of the config whose values differ (if the numbers of layers differ, one column `layers` replaces the
// keys of the layers); the number of epochs; the scores at the epoch whose parameters the run kept; the lowest
// validation loss (training loss if no run has validation rows) and its epoch; the signature (a hash) of the model.
using Comparison = std::vector<std::vector<std::string>>;

// Throws UserError, with the file's name, if a folder has no config.toml, history.csv or model.safetensors.
Comparison compare(const std::vector<std::string>& folders);

// A cell as a reader sees it: losses and long numbers have four digits, and a missing value is "–".
std::string shown_cell(const std::string& column, const std::string& cell);

// The comparison as an HTML page: the table, the learning curves of all runs, and the neurons and the gradients of the
// first two runs at the epoch that one slider picks.
std::string comparison_page(const std::vector<std::string>& folders);

}  // namespace primer
