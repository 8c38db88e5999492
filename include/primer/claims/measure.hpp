// The measures that a claim can name. Each measure reads one value from a finished training run. `flow.COLUMN` and
// `history.COLUMN` read any column of flow.csv and history.csv.
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
  std::vector<EpochRecord> history = {};        // one record per finished epoch
  std::vector<std::vector<FlowRow>> flow = {};  // one entry per observed epoch, epoch 0 first
  std::vector<FlowRow> flow_at_end = {};        // over all training rows; empty until a measure needs it
};

// Thrown when a run was stopped before its end.
class Interrupted : public std::exception {};

// Trains until the end. Throws Interrupted if interrupted() returns true; `interrupted` may be empty.
FinishedRun train_to_the_end(Experiment experiment, Network network, const std::function<bool()>& interrupted = {});

// The layers or epochs that a measure reads, and the way in which their values are combined into one.
struct Pick {
  static constexpr auto ways = std::to_array<std::string_view>({"first", "last", "mean", "min", "max", "sum"});
  std::string text;  // as printed, such as "3" or "mean of 2–9"; empty: the claim does not give the key
  std::string_view way = "mean";
  std::size_t from = 0, to = std::numeric_limits<std::size_t>::max();
};

// A measure with the values that the file of a claim gives to its keys.
struct Quantity {
  const struct Measure* measure = nullptr;
  Pick layer;       // if not given: the mean over the hidden layers
  Pick over_layer;  // if given: the value of `layer` is divided by the value of `over_layer`
  Pick epoch;       // if not given: the end of training
  double at = 0;    // a threshold
};

struct Measure {
  std::string name, needs;  // `needs` is the key that a claim must give with this measure, or empty
  std::string says;         // what the measure is, in one line of configs/claims/README.md
  std::function<std::optional<double>(FinishedRun&, const Quantity&)> function;  // returns empty if it is unknown
  std::vector<std::string_view> allows = {};                                     // other keys that may be given
};

// All measures. To add a measure, add a line to table() in measure.cpp.
const std::vector<Measure>& measures();

// The value of the quantity in this run; empty if it cannot be known, for example because the run diverged. Throws
// std::invalid_argument if the run does not have the layer, epoch or rows, or if the value is not finite. The run is
// not const because some measures pass the training rows through the network again.
std::optional<double> measure(const Quantity& quantity, FinishedRun& run);

}  // namespace primer
