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
  std::string kind;              // "vanishing", for scripts
  std::string text;              // sentences about the numbers of the run
  std::uint64_t epoch;           // the epoch to look at in the report
  std::vector<Override> remedy;  // never empty; overrides of the config: layer.N is its N-th [[layer]] table
};

// The kinds are diverged, zero-slope, vanishing, exploding, saturated, dead, fast, slow (the learning rate) and
// overfitting, at most one of the first five. `history` has the epochs of the run and `flow` the layers of each
// observed epoch. With the rows of epoch 0 alone the diagnoses are a forecast.
std::vector<Diagnosis> diagnose(const Config& config, const std::vector<EpochRecord>& history,
                                const std::vector<FlowRow>& flow);

// The warnings of an experiment, together with the doctor's diagnoses of the gradient at the initial weights.
std::vector<Warning> forecast(const Experiment& experiment);

// Whether a diagnosis says the same as the warning with this code. Then it is enough to print one of them.
bool repeats(const std::vector<Diagnosis>& diagnoses, std::string_view code);

// The options that apply the remedy: "--set train.learning_rate=0.03".
std::string remedy_options(const Diagnosis& diagnosis);

}  // namespace primer
