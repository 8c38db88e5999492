// A config together with the data that it names, checked against each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "primer/runs/config.hpp"
#include "primer/runs/samples.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

struct Experiment {
  Config config;  // complete: the units of the last layer are filled in
  Data data;
  Task task;
  std::size_t dropped = 0;  // rows of the file that were left out because a value is missing

  Network network() const { return {data.train.x.cols(), config.layers, config.seed}; }
};

// The experiment of a config whose data come from a generator. No file is read.
Experiment experiment_of(Config config);
// The experiment of a config with these samples in place of the data that it names. Throws UserError if the samples do
// not fit the config, or the layers do not fit the data or the loss.
Experiment experiment_of(Config config, FileSamples samples, const std::optional<FileSamples>& validation);
// The experiment of the config at `config_path`, with the files that it names.
Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides);

// Reads all rows of another CSV file in the same way as the experiment's own data. The columns have the same names, and
// other columns are ignored. Targets are encoded with the same classes, and numbers are standardised like the training
// rows. If the data came from a generator, the file has other names; then the last column is the target and the others
// are inputs. Throws UserError.
Dataset read_dataset(const std::string& path, const Experiment& experiment);

}  // namespace primer
