// Where a training run stands, in one file that is whole or absent: with it and the run's config the run goes on and
// ends with the same bits as if it had never stopped.
#pragma once

#include <string>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

// The state of `training` as F64 tensors: `now.…` and, within an epoch, `epoch_start.…`.
void write_checkpoint(const std::string& path, const Training& training, const Experiment& experiment);

// Takes `training`, which must be fresh, to where the checkpoint stands. Throws UserError for a file that is no such
// checkpoint, and if the config differs in more than train.epochs, the data or the number type at all.
void read_checkpoint(const std::string& path, const Experiment& experiment, Training& training);

}  // namespace primer
