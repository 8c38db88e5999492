// Reads the files in a run's folder from which its report is drawn.
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

  // Return the cell of a row in `column`. If the table has no such column, the text is "" and the number is NaN.
  const std::string& cell(std::size_t row, std::string_view column) const;
  double number(std::size_t row, std::string_view column) const;
  // The indices of the rows of an epoch.
  std::vector<std::size_t> rows_of(std::uint64_t epoch) const;
};

// Throws UserError, with the file's name, if the file is missing or if its epochs are not ascending whole numbers.
RunTable read_run_table(const std::string& path);

// The row of history.csv whose parameters the run kept. With early stopping, it is the first row with the lowest
// validation loss; otherwise it is the last row. The table must have a row.
std::size_t kept_row(const RunTable& history, bool early_stopping);

struct RunFiles {
  std::string name;    // of the folder
  std::string config;  // config.toml
  RunTable history, flow;
  Frames frames;
  std::vector<Diagnosis> diagnoses;

  // The metric of history.csv: "accuracy", "r2" or "".
  std::string metric() const;
};

// Throws UserError, with the file's name, if one of the files is missing or has unexpected content.
RunFiles read_run(const std::string& folder);

}  // namespace primer
