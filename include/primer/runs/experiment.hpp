// A config together with the data that the config names. experiment_of() checks that config and data fit together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "primer/runs/config.hpp"
#include "primer/runs/samples.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

struct Experiment {
  Config config;  // the config, with the values that come from the data, such as the number of output units
  Data data;
  Task task;
  std::size_t dropped = 0;  // number of rows that were left out because a value is missing

  Network network() const { return {data.train.x.cols(), config.layers, config.seed}; }
};

// Makes the experiment of a config whose data come from a generator. No file is read.
Experiment experiment_of(Config config);
// Makes the experiment of a config with `samples` in place of the data that the config names. Throws UserError if the
// samples do not fit the config, or if the layers do not fit the data or the loss.
Experiment experiment_of(Config config, FileSamples samples, const std::optional<FileSamples>& validation);
// Reads the config at `config_path` and the data files that the config names.
Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides);

// Reads all rows of the CSV file `path` for the network of the experiment. The needed columns are found by their names.
// Targets are encoded with the classes of the experiment. If the config standardises, the means and deviations are
// those of the training rows. If the training data were generated, the file may have other column names: then, the last
// column is the target, and all other columns are inputs. Throws UserError if the file does not fit the network.
Dataset read_dataset(const std::string& path, const Experiment& experiment);

}  // namespace primer
