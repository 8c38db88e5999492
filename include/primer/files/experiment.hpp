// A config together with the data it names: read, encoded, split, and held against each other.
#pragma once

#include <string>
#include <vector>

#include "primer/files/config.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

struct Experiment {
  Config config;  // complete: the last layer's units are filled in
  Data data;
  Task task;

  Network network() const { return {data.train.x.cols(), config.layers, config.seed}; }
};

// Throws InputError for a file that does not fit the config, and for layers that do not fit the data or the loss.
Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides);

// Rows of a CSV file as `data` describes them: its target columns (the last if it names none), all others inputs.
// `lines` receives the line of each row. With `columns` given, the inputs are these, matched by name, and columns that
// are neither inputs nor targets are ignored.
Samples read_samples(const std::string& path, const DataOptions& data, Task task, std::vector<std::size_t>& lines,
                     const std::vector<std::string>& columns = {});

}  // namespace primer
