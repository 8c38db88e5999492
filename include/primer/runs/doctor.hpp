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
  std::string text;              // the problem in sentences, with numbers of the run
  std::uint64_t epoch;           // the epoch to look at in the report
  std::vector<Override> remedy;  // the advised changes (at least one): a key of the config and its new value
};

// Finds the problems of a run. `history` has a row for each epoch, and `flow` for each layer in each observed epoch.
// If `flow` has only epoch 0, the diagnoses predict the training. Values of Diagnosis::kind: diverged (then no other);
// zero-slope; at most one of vanishing, exploding, saturated; dead (units); fast or slow (learning rate); overfitting.
std::vector<Diagnosis> diagnose(const Config& config, const std::vector<EpochRecord>& history,
                                const std::vector<FlowRow>& flow);

// The warnings about an experiment, and the diagnoses of the gradient flow at the initial weights.
std::vector<Warning> forecast(const Experiment& experiment);

// Whether a diagnosis already reports the problem of the warning `code`. If so, the warning is not printed.
bool repeats(const std::vector<Diagnosis>& diagnoses, std::string_view code);

// The command-line options for the changes that the diagnosis advises, such as "--set train.learning_rate=0.03".
std::string remedy_options(const Diagnosis& diagnosis);

}  // namespace primer
