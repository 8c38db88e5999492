// Saves the state of a training run in one file, which is written completely or not at all. With this file and the
// run's config, training continues and ends with the same bits as if it had never stopped.
#pragma once

#include <string>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

// Writes the state of `training` as F64 tensors. The tensors `now.…` are the current state. In the middle of an epoch,
// the tensors `epoch_start.…` are the state at the start of this epoch.
void write_checkpoint(const std::string& path, const Training& training, const Experiment& experiment);

// Restores the saved state into a newly constructed `training`. Throws UserError if the file is not a checkpoint of
// this network, or if the data, the number type (float or double) or the config changed. Only train.epochs may change.
void read_checkpoint(const std::string& path, const Experiment& experiment, Training& training);

}  // namespace primer
