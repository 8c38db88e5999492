// The quantities that claims are made of: each a name and a number read off a finished training run, or off a formula.
// Among the formulas are wrong ones (naive_…, clipped_…), evaluated as people write them, to show what they give.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"

namespace primer {

// A training run that is over, as the measurements see it.
struct Outcome {
  Network network;
  const Data* data;
  Task task;
  TrainOptions options;
  bool diverged = false;
  std::vector<double> losses;  // the training loss of each epoch
  std::vector<FlowRow> flow;   // at the end, over all training rows
  // A layer: how many units were dead in some epoch, and how many of them were alive in a later one. Zeros unless the
  // flow was observed.
  std::vector<std::uint64_t> seen_dead, revived;
};

// Trains and looks. `data` must outlive the result.
Outcome run_to_the_end(Network network, const Data& data, Task task, const TrainOptions& options, std::uint64_t seed,
                       std::size_t observe_every);

// What is asked; each measurement uses the members that its entry below names.
struct Question {
  std::string measure;
  std::size_t layer = 0;   // from 1; 0: the mean over the hidden layers
  double at = 0;           // a threshold, or a place z
  std::string activation;  // what a formula is about
  std::string other;       // what it is held against
  std::string loss;
};

struct Measurement {
  std::string_view name;
  std::string_view uses;                        // keys besides `measure` that it needs: "activation at"; empty if none
  std::string_view says;                        // one line
  double (*of_run)(Outcome&, const Question&);  // one of the two is there
  double (*of_formula)(const Question&);
};

// All of them; a new measurement is an entry in the table of measure.cpp or, if it needs no run, of
// measure_formulas.cpp.
const std::vector<Measurement>& measurements();
std::vector<Measurement> measurements_of_formulas();

// Null for an unknown name.
const Measurement* find_measurement(std::string_view name);

// Runs the network over the data again where it must, so the outcome is not const. NaN for a run that diverged, but for
// the measurement "diverged". Throws std::invalid_argument where the run does not have what is asked for.
double measure(const Measurement& measurement, Outcome& outcome, const Question& question);

}  // namespace primer
