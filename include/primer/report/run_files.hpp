// Reads the files of a run for its report: config.toml, history.csv, flow.csv and frames.safetensors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/report/frames.hpp"
#include "primer/runs/doctor.hpp"

namespace primer {

// A table read from history.csv or flow.csv. The cells stay texts, so the report shows each number as the file has it.
struct RunTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::uint64_t> epochs;  // the epoch of each row, in ascending order; rows may share an epoch

  // If `column` does not exist, cell() returns "". If the cell does not contain a number, number() returns NaN.
  const std::string& cell(std::size_t row, std::string_view column) const;
  double number(std::size_t row, std::string_view column) const;
  // The indices of the rows that belong to `epoch`: history.csv has one such row, flow.csv has one for each layer.
  std::vector<std::size_t> rows_of(std::uint64_t epoch) const;
};

// Throws UserError, with the file's name, if the file or its column `epoch` is missing, or if an epoch is not a whole
// number or is less than the epoch of an earlier row.
RunTable read_run_table(const std::string& path);

// A run keeps the parameters of one epoch. Returns the index of this epoch's row in history.csv: with early stopping,
// the first row with the lowest validation loss; otherwise the last row. The table must have a row.
std::size_t kept_row(const RunTable& history, bool early_stopping);

struct RunFiles {
  std::string name;    // the name of the run's folder, without the path to the folder
  std::string config;  // the text of config.toml
  RunTable history, flow;
  Frames frames;
  std::vector<Diagnosis> diagnoses;

  // The metric of history.csv: "accuracy", "r2" or "".
  std::string metric() const;
};

// Throws UserError, with the name of the file, if a file of the run is missing or has unexpected content.
RunFiles read_run(const std::string& folder);

}  // namespace primer
