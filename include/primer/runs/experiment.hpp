// A config together with the data it names: read, encoded, split, and held against each other.
#pragma once

#include <string>
#include <vector>

#include "primer/formats/csv.hpp"
#include "primer/runs/config.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

struct Experiment {
  Config config;  // complete: the last layer's units are filled in
  Data data;
  Task task;

  Network network() const { return {data.train.x.cols(), config.layers, config.seed}; }
};

// Throws UserError for a file that does not fit the config, and for layers that do not fit the data or the loss.
Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides);

// Rows of a CSV file, and where each of their target values stands.
struct FileSamples : Samples {
  struct Position {
    std::size_t line, column;
  };
  std::string file;
  std::vector<Position> positions;  // rows × targets
};

// All rows of another CSV file under the experiment's rules: the last column, or those that data.target names, are
// targets, encoded for the loss and with the same classes; all others are inputs in the order of the file, standardised
// as the training rows were. Throws UserError.
Dataset read_dataset(const std::string& path, const Experiment& experiment);

// Rows of the file as `data` describes them: its target columns (the last if it names none), all others inputs. With
// `columns` given, the inputs are these, matched by name, and columns that are neither inputs nor targets are ignored.
FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& columns = {});

// y for the samples; UserError with the place of a target that does not fit.
Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes);

// The columns of the CSV file with these names; UserError if one is missing, which says what `whose` names.
std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose);

// A cell of the current row; UserError if it is no number, or none that `real` can hold.
real real_at(const CsvReader& csv, std::size_t column);

}  // namespace primer
