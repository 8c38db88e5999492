// Trains the arms of a claim.
#include "primer/claims/verdict.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "primer/formats/number.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {
namespace {

std::vector<FlowRow> observe(Network& network, const Data& data, const TrainOptions& options) {
  const std::vector<Tensor> before = copy_of(network);
  Flow flow(network);
  network.forward_training(data.train.x, 1);
  const auto loss = make_loss(options);
  network.backward(*loss, data.train.y);
  flow.before_update(network, *loss, data.train.y);
  restore(before, network);
  std::vector<FlowRow> rows = flow.finish(options.epochs, network);
  for (FlowRow& row : rows) row.revived = FlowRow::no_value;  // there is no earlier row to compare with
  return rows;
}

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

// What the finding measures with this seed.
std::optional<double> number_of(const Finding& f, const Claim& claim, std::vector<ArmRun>& runs, std::uint64_t seed) {
  const auto measured = [&](std::size_t arm) {
    try {
      return measure(f.quantity, runs[arm].run);
    } catch (const std::invalid_argument& e) {
      throw UserError(f.location, f.quantity.measure->name, " of ", printable(claim.arms[arm].name), ": ", e.what());
    }
  };
  const std::optional<double> value = measured(f.arm);
  if (!f.other_arm()) return value;
  const std::optional<double> other = measured(*f.other_arm());
  if (!value || !other) return {};
  if (f.minus) return *value - *other;
  if (*value > 0 && *other > 0) return *value / *other;
  throw UserError(f.location, "a ratio is made of positive numbers, and ", f.quantity.measure->name, " with seed ",
                  seed, " is ", number(*value > 0 ? *other : *value));
}

Trial run_trial(const Claim& claim, std::uint64_t seed, const std::function<bool()>& interrupted) {
  std::vector<ArmRun> runs;
  for (const Arm& arm : claim.arms) {
    if (interrupted && interrupted()) throw Interrupted();
    runs.push_back(run_arm(arm, claim, runs, seed, interrupted));
  }
  Trial trial;
  for (const Finding& f : claim.findings) {
    trial.push_back(f.is_check() ? std::nullopt : number_of(f, claim, runs, seed));
  }
  return trial;
}

}  // namespace

FinishedRun train_to_the_end(Network network, const Data& data, Task task, const TrainOptions& options,
                             std::uint64_t seed, std::size_t observe_every, const std::function<bool()>& interrupted) {
  FinishedRun run{std::move(network), &data, task, options, false, {}, {}, {}};
  Training training(run.network, data, options, seed, observe_every);
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) {
    if (!rows.empty()) run.flow.push_back(rows);
  };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    run.history.push_back(record);
    if (!rows.empty()) run.flow.push_back(rows);
  };
  hooks.interrupted = interrupted;
  try {
    if (training.run(hooks) == Training::End::interrupted) throw Interrupted();
  } catch (const Divergence&) {
    run.diverged = true;
  }
  run.flow_at_end = observe(run.network, data, options);
  return run;
}

std::vector<Trial> run_trials(const Claim& claim, std::uint64_t first, std::size_t n, std::size_t jobs,
                              const std::function<bool()>& interrupted) {
  std::vector<Trial> trials(claim.arms.empty() ? 0 : n);
  std::vector<std::exception_ptr> failures(trials.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < trials.size(); i = next++) {
      try {
        trials[i] = run_trial(claim, first + i, interrupted);
      } catch (...) {
        failures[i] = std::current_exception();
        next = trials.size();  // the other threads finish their trials and stop
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t j = 1; j < std::min(jobs, trials.size()); ++j) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);  // of the lowest seed that failed
  }
  return trials;
}

}  // namespace primer
