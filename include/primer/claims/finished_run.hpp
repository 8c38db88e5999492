// A training run that is over. The measures of the claims read their numbers from it.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"

namespace primer {

struct FinishedRun {
  Network network;
  const Data* data;
  Task task;
  TrainOptions options;
  bool diverged = false;
  std::vector<EpochRecord> history;        // of every finished epoch
  std::vector<std::vector<FlowRow>> flow;  // of every observed epoch, epoch 0 first
  std::vector<FlowRow> flow_at_end;        // over all training rows; its `revived` has no value
  // Per layer: the units that were dead in an observed epoch from 1 on, and those of them that were alive in a later
  // one.
  std::vector<std::size_t> seen_dead, revived;
};

// Thrown when a run was stopped before its end.
class Interrupted : public std::exception {};

// Trains until the end or until `interrupted`, which may be empty, says yes. `data` must outlive the result.
FinishedRun train_to_the_end(Network network, const Data& data, Task task, const TrainOptions& options,
                             std::uint64_t seed, std::size_t observe_every,
                             const std::function<bool()>& interrupted = {});

}  // namespace primer
