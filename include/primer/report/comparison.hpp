// Compares runs: the settings in which they differ, and the scores with which they ended.
#pragma once

#include <string>
#include <vector>

namespace primer {

// Joins the layers of a network: "16 tanh", "16 tanh", "3 softmax" become "2 × 16 tanh → 3 softmax".
std::string chain(const std::vector<std::string>& layers);

// A table. Row 0 has the names of the columns. Each later row describes one run. A missing value is "". The columns:
// - the folder of the run
// - the settings that differ between the runs; one column `layers` for all layers if the numbers of layers differ
// - the number of epochs, and the losses and metrics of the parameters that the run kept
// - the lowest validation loss (training loss if no run has validation rows), the loss's epoch, a hash of the model
using Comparison = std::vector<std::vector<std::string>>;

// Throws UserError, with the file's name, if a folder has no config.toml, history.csv or model.safetensors.
Comparison compare(const std::vector<std::string>& folders);

// The text of a table cell on the page: losses and long numbers have four digits, and an empty cell becomes "–".
std::string shown_cell(const std::string& column, const std::string& cell);

// Makes an HTML page: the table, the learning curves of all runs, and the neurons and gradients of the first two runs.
std::string comparison_page(const std::vector<std::string>& folders);

}  // namespace primer
