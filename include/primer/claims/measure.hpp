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
  std::vector<std::vector<FlowRow>> flow = {};  // layer statistics of each observed epoch, epoch 0 first
  std::vector<FlowRow> flow_at_end = {};        // layer statistics after training, on all rows; empty until needed
};

// Thrown when a run was stopped before its end.
class Interrupted : public std::exception {};

// Trains until the end. Throws Interrupted if interrupted() returns true; `interrupted` may be empty.
FinishedRun train_to_the_end(Experiment experiment, Network network, const std::function<bool()>& interrupted = {});

// The layers or epochs that a measure reads, and the way in which their values are combined into one.
struct Pick {
  static constexpr auto ways = std::to_array<std::string_view>({"first", "last", "mean", "min", "max", "sum"});
  std::string text;  // the chosen layers or epochs as text, "3" or "mean of 2–9"; empty if the claim file chooses none
  std::string_view way = "mean";
  std::size_t from = 0, to = std::numeric_limits<std::size_t>::max();
};

// A measure, and the values that a claim file sets for the keys of this measure.
struct Quantity {
  const struct Measure* measure = nullptr;
  Pick layer;       // the layers to measure; if the claim file chooses none: the mean over the hidden layers
  Pick over_layer;  // if the claim file has the key over_layer, the result is: value of `layer` / value of `over_layer`
  Pick epoch;       // the epochs to measure; if the claim file chooses none: the end of training
  double at = 0;    // the threshold, for a measure such as "epochs_to_loss"
};

struct Measure {
  std::string name, needs;  // `needs`: the key that a claim with this measure must contain; empty if there is none
  std::string says;         // the measure in a few words, for the list that `primer claims --measures` prints
  std::function<std::optional<double>(FinishedRun&, const Quantity&)> function;  // nullopt if the value is unknown
  std::vector<std::string_view> allows = {};                                     // optional keys of the measure
};

// All measures. To add a measure, add a line to table() in measure.cpp.
const std::vector<Measure>& measures();

// The value of the quantity in this run; empty if it cannot be known, for example because the run diverged. Throws
// std::invalid_argument if the run does not have the layer, epoch or rows, or if the value is not finite. The run is
// not const because some measures pass the training rows through the network again.
std::optional<double> measure(const Quantity& quantity, FinishedRun& run);

}  // namespace primer
