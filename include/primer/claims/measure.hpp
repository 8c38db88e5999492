// The vocabulary of the claims: each measure has a name and reads one value from a finished training run. `flow.COLUMN`
// and `history.COLUMN` read any column of flow.csv and history.csv.
#pragma once

#include <array>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

struct FinishedRun {
  Experiment experiment;
  Network network;
  bool diverged = false;
  std::vector<EpochRecord> history = {};        // of every finished epoch
  std::vector<std::vector<FlowRow>> flow = {};  // of every observed epoch, epoch 0 first
  std::vector<FlowRow> flow_at_end = {};        // over all training rows; empty until a measure reads it
};

// Thrown when a run was stopped before its end.
class Interrupted : public std::exception {};

// Trains until the end or until `interrupted`, which may be empty, returns true.
FinishedRun train_to_the_end(Experiment experiment, Network network, const std::function<bool()>& interrupted = {});

// The layers or epochs that a measure reads, and the way in which their values are combined into one.
struct Pick {
  static constexpr auto ways = std::to_array<std::string_view>({"first", "last", "mean", "min", "max", "sum"});
  std::string text;  // as the claim writes it; empty: the claim does not give it
  std::string_view way = "mean";
  std::size_t from = 0, to = std::numeric_limits<std::size_t>::max();
};

// A measure, and its keys in the file of a claim.
struct Quantity {
  const struct Measure* measure = nullptr;
  Pick layer;       // empty: the mean over the hidden layers
  Pick over_layer;  // the value of `layer` is divided by the value of this one
  Pick epoch;       // empty: the end of training
  double at = 0;    // a threshold
};

struct Measure {
  std::string name, needs;  // `needs` is a key that must be given, or empty
  std::string says;         // one line for the page of the claims
  std::function<std::optional<double>(FinishedRun&, const Quantity&)> function;  // empty: the value is unknown
  std::vector<std::string_view> allows = {};                                     // keys that may be given
};

// Every measure. A new one is a line in measure.cpp.
const std::vector<Measure>& measures();

// The value of the quantity in this run; empty if it cannot be known, for example because the run diverged. Throws
// std::invalid_argument if the run does not have the layer, epoch or rows, or if the value would not be finite. The run
// is not const because some measures pass the training rows through the network again.
std::optional<double> measure(const Quantity& quantity, FinishedRun& run);

}  // namespace primer
