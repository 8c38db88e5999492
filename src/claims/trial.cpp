// Trains the arms of a claim.
#include "primer/claims/trial.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "primer/runs/experiment.hpp"

namespace primer {
namespace {

// What an arm left with one seed. The run points into the experiment.
struct ArmRun {
  std::unique_ptr<Experiment> experiment;
  FinishedRun run;
};

void start_from(const Arm& arm, const Claim& claim, Network& trained, Network& network) {
  const std::vector<Tensor> from = copy_of(trained);
  const auto same_shape = [](const Tensor& a, const Tensor& b) { return a.rows() == b.rows() && a.cols() == b.cols(); };
  if (!std::ranges::equal(copy_of(network), from, same_shape)) {
    throw UserError(arm.location, "the network of arm '", printable(claim.arms[*arm.from].name),
                    "' does not fit this arm's layers");
  }
  restore(from, network);
}

ArmRun run_arm(const Arm& arm, const Claim& claim, std::vector<ArmRun>& before, std::uint64_t seed,
               const std::function<bool()>& interrupted) {
  std::vector<Override> set = arm.set;
  set.emplace_back("seed", std::to_string(seed));
  std::unique_ptr<Experiment> experiment;
  try {
    experiment = std::make_unique<Experiment>(load_experiment(arm.config, set));
  } catch (const UserError& e) {
    throw UserError(arm.location, "this arm: ", e.what());
  }
  Network network = experiment->network();
  if (arm.from) start_from(arm, claim, before[*arm.from].run.network, network);
  if (arm.bias.size() > network.layers.size()) {
    throw UserError(arm.location, "bias: there are ", arm.bias.size(), " numbers for ", network.layers.size(),
                    " layers");
  }
  for (std::size_t l = 0; l < arm.bias.size(); ++l) network.layers[l].b.fill(static_cast<real>(arm.bias[l]));
  const Config& config = experiment->config;
  FinishedRun run = train_to_the_end(std::move(network), experiment->data, experiment->task, config.train, config.seed,
                                     config.diagnostics.every, interrupted);
  return {std::move(experiment), std::move(run)};
}

std::optional<double> measure_on(const Finding& finding, const Arm& arm, ArmRun& arm_run) {
  try {
    return measure(finding.quantity, arm_run.run);
  } catch (const std::invalid_argument& e) {
    throw UserError(finding.location, finding.quantity.measure->name, " of ", printable(arm.name), ": ", e.what());
  }
}

}  // namespace

std::vector<Trial> run_trials(const Claim& claim, std::size_t n, const std::function<bool()>& interrupted) {
  std::vector<Trial> trials;
  if (claim.arms.empty()) return trials;
  for (std::uint64_t seed = 1; seed <= n; ++seed) {
    std::vector<ArmRun> runs;
    for (const Arm& arm : claim.arms) {
      if (interrupted && interrupted()) throw Interrupted();
      runs.push_back(run_arm(arm, claim, runs, seed, interrupted));
    }
    Trial& trial = trials.emplace_back(Trial{seed, {}});
    for (const Finding& f : claim.findings) {
      Measured& measured = trial.findings.emplace_back();
      measured.value = measure_on(f, claim.arms[f.arm], runs[f.arm]);
      if (const auto other = f.other_arm()) measured.other = measure_on(f, claim.arms[*other], runs[*other]);
    }
  }
  return trials;
}

}  // namespace primer
