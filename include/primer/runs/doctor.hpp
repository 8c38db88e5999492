// Says in sentences what the history and the gradient flow of a run show: where the gradient was lost, which units
// died, whether the learning rate is suitable, whether the network overfits. A healthy run gets no sentence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "primer/runs/experiment.hpp"
#include "primer/runs/warnings.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"

namespace primer {

struct Diagnosis {
  std::string kind;              // identifier of the problem, such as "vanishing"; scripts may rely on it
  std::string text;              // the diagnosis in sentences, with numbers of the run
  std::uint64_t epoch;           // the epoch to look at in the report
  std::vector<Override> remedy;  // changes of the config that may help, at least one; layer.N: the N-th [[layer]] table
};

// Diagnoses a run. Diagnosis::kind is diverged, zero-slope, vanishing, exploding, saturated, dead, fast (the learning
// rate is too large), slow (it is too small) or overfitting; a run has at most one of the first five. `history` has a
// row for each epoch, `flow` for each layer in each observed epoch. If `flow` has only epoch 0, this is a forecast.
std::vector<Diagnosis> diagnose(const Config& config, const std::vector<EpochRecord>& history,
                                const std::vector<FlowRow>& flow);

// The warnings about an experiment, and the diagnoses of the gradient flow at the initial weights.
std::vector<Warning> forecast(const Experiment& experiment);

// Whether one of the diagnoses says the same as the warning with this code, so that only one of the two is printed.
bool repeats(const std::vector<Diagnosis>& diagnoses, std::string_view code);

// The options that apply the remedy: "--set train.learning_rate=0.03".
std::string remedy_options(const Diagnosis& diagnosis);

}  // namespace primer
