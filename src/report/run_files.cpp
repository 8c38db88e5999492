// Reads a run's folder.
#include "primer/report/run_files.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/frames_file.hpp"
#include "primer/runs/run_folder.hpp"

namespace primer {
namespace {

constexpr std::size_t most_config_bytes = 1 << 20;
constexpr double largest_epoch = 9e15;  // less than 2⁵³: a double represents every whole number up to 2⁵³ exactly

}  // namespace

RunTable read_run_table(const std::string& path) {
  std::ifstream file = open_input(path);
  CsvReader reader(file, path);
  const auto epoch_column = reader.column("epoch");
  if (!epoch_column) throw UserError(Location{path}, "has no column 'epoch'; repeat the training");
  RunTable table{reader.columns(), {}, {}};
  while (reader.next()) {
    const double epoch = reader.number(*epoch_column);
    const std::uint64_t earliest = table.epochs.empty() ? 0 : table.epochs.back();
    if (!(epoch >= static_cast<double>(earliest) && epoch <= largest_epoch && epoch == std::floor(epoch))) {
      throw UserError(reader.location(*epoch_column), "epoch " + number(epoch) + " must be a whole number, " +
                                                          std::to_string(earliest) + " or more; repeat the training");
    }
    table.epochs.push_back(static_cast<std::uint64_t>(epoch));
    std::vector<std::string>& row = table.rows.emplace_back();
    for (std::size_t c = 0; c < table.columns.size(); ++c) row.push_back(reader.is_empty(c) ? "" : reader.text(c));
  }
  return table;
}

const std::string& RunTable::cell(std::size_t row, std::string_view column) const {
  static const std::string none;
  const auto found = std::ranges::find(columns, column);
  return found == columns.end() ? none : rows[row][static_cast<std::size_t>(found - columns.begin())];
}

double RunTable::number(std::size_t row, std::string_view column) const {
  return parse_number(cell(row, column)).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::vector<std::size_t> RunTable::rows_of(std::uint64_t epoch) const {
  const auto [first, end] = std::equal_range(epochs.begin(), epochs.end(), epoch);
  std::vector<std::size_t> indices(static_cast<std::size_t>(end - first));
  std::iota(indices.begin(), indices.end(), static_cast<std::size_t>(first - epochs.begin()));
  return indices;
}

std::size_t kept_row(const RunTable& history, bool early_stopping) {
  std::size_t kept = history.rows.size() - 1;
  const auto loss = [&](std::size_t row) { return history.number(row, "validation_loss"); };
  for (std::size_t row = kept; early_stopping && row-- > 0;) kept = loss(row) <= loss(kept) ? row : kept;
  return kept;
}

std::string RunFiles::metric() const {
  for (const std::string& column : history.columns) {
    if (column.starts_with("train_") && column != "train_loss") return column.substr(6);
  }
  return {};
}

RunFiles read_run(const std::string& folder) {
  RunFiles run{std::filesystem::weakly_canonical(folder).filename().string(),
               read_input(folder + "/config.toml", most_config_bytes),
               read_run_table(folder + "/history.csv"),
               read_run_table(folder + "/flow.csv"),
               read_frames(folder + "/frames.safetensors"),
               {}};
  const Config config = parse_config(run.config, folder + "/config.toml", {});
  run.diagnoses = diagnose(config, read_history(folder, task_of(config.train.loss)), read_flow(folder));
  return run;
}

}  // namespace primer
