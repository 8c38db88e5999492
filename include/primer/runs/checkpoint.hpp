// The state of a training run in one file, which is written whole or not at all. With it and the run's config, training
// continues and ends with the same bits as if it had never stopped.
#pragma once

#include <string>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

// Writes the state of `training` as F64 tensors: `now.…` and, within an epoch, `epoch_start.…`.
void write_checkpoint(const std::string& path, const Training& training, const Experiment& experiment);

// Restores the state of the checkpoint into `training`, which must be fresh. Throws UserError if the file is not a
// checkpoint of this network, if the config differs in more than train.epochs, or if the data or the number type
// differ.
void read_checkpoint(const std::string& path, const Experiment& experiment, Training& training);

}  // namespace primer
