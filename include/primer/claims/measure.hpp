// The measures that a claim can name. A measure computes one number from a finished training run. For example,
// `flow.dead` uses the column `dead` of flow.csv, and `history.test_loss` uses the column `test_loss` of history.csv.
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
  std::vector<EpochRecord> history = {};        // one record for each finished epoch, epoch 1 first
  std::vector<std::vector<FlowRow>> flow = {};  // layer statistics of each observed epoch, epoch 0 first
  std::vector<FlowRow> flow_at_end = {};        // statistics of each layer after training; computed when first needed
};

// Thrown when a run was stopped before its end.
class Interrupted : public std::exception {};

// Trains until the end. Throws Interrupted if interrupted() returns true; `interrupted` may be empty.
FinishedRun train_to_the_end(Experiment experiment, Network network, const std::function<bool()>& interrupted = {});

// The layers or epochs that a measure reads, and how the values of these layers or epochs are combined into one value.
struct Pick {
  static constexpr auto ways = std::to_array<std::string_view>({"first", "last", "mean", "min", "max", "sum"});
  std::string text;  // the chosen layers or epochs as text, "3" or "mean of 2–9"; empty if the claim file chooses none
  std::string_view way = "mean";
  std::size_t from = 0, to = std::numeric_limits<std::size_t>::max();
};

// A measure and its settings in the claim file: the layers, the epochs and the threshold.
struct Quantity {
  const struct Measure* measure = nullptr;
  Pick layer;       // the layers that the measure reads; default: all hidden layers, and their values are averaged
  Pick over_layer;  // if the claim file sets over_layer, the result is: value in `layer` / value in `over_layer`
  Pick epoch;       // the epochs to measure; if the claim file chooses no epoch, the network after training is measured
  double at = 0;    // the threshold, for a measure such as "epochs_to_loss"
};

struct Measure {
  std::string name, needs;  // `needs`: a key that the claim file must set for this measure, such as "at"; can be empty
  std::string says;         // the measure in a few words, for the list that `primer claims --measures` prints
  std::function<std::optional<double>(FinishedRun&, const Quantity&)> function;  // nullopt if the value is unknown
  std::vector<std::string_view> allows = {};  // keys that a claim may set for this measure
};

// All measures. To add a measure, add a line to table() in measure.cpp.
const std::vector<Measure>& measures();

// Returns the value of the quantity in this run. Returns nothing after a divergence (except for the measure
// "diverged"), or if the training loss never fell below `at`. Throws std::invalid_argument if any other value is NaN or
// ±∞, or if the run lacks a needed layer, epoch or set of rows. Some measures run the network, so `run` is not const.
std::optional<double> measure(const Quantity& quantity, FinishedRun& run);

}  // namespace primer
