// Trains each variant of a claim's config with each seed, and tests if each confidence interval lies in its band.
#include "primer/claims/verdict.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

#include "primer/claims/formula.hpp"
#include "primer/formats/number.hpp"

namespace primer {
namespace {

Experiment experiment_of(const Arm& arm, std::uint64_t seed) {
  std::vector<Override> set = arm.set;
  set.emplace_back("seed", std::to_string(seed));
  try {
    return load_experiment(arm.config, set);
  } catch (const UserError& e) {
    throw UserError(arm.location, "this arm: ", e.what());
  }
}

// Trains the next arm (a variant of a config) of the claim: the arm with the index runs.size().
FinishedRun run_arm(const Claim& claim, std::vector<FinishedRun>& runs, std::uint64_t seed,
                    const std::function<bool()>& interrupted) {
  const Arm& arm = claim.arms[runs.size()];
  Experiment experiment = experiment_of(arm, seed);
  Network network = experiment.network();
  if (arm.from) {
    const std::vector<Tensor> trained = copy_of(runs[*arm.from].network);
    const auto same_shape = [](const Tensor& a, const Tensor& b) { return a.shape() == b.shape(); };
    if (!std::ranges::equal(copy_of(network), trained, same_shape)) {
      throw UserError(arm.location, "this arm starts from the network of arm '", printable(claim.arms[*arm.from].name),
                      "': both arms need layers of the same shapes");
    }
    restore(trained, network);
  }
  if (arm.bias.size() > network.layers.size()) {
    throw UserError(arm.location, "bias has ", arm.bias.size(), " numbers, one per layer; the network has only ",
                    network.layers.size(), " layers");
  }
  for (std::size_t l = 0; l < arm.bias.size(); ++l) network.layers[l].b.fill(static_cast<real>(arm.bias[l]));
  return train_to_the_end(std::move(experiment), std::move(network), interrupted);
}

// Measures a quantity of one trained network. For two networks, returns the ratio or the difference of the quantity.
std::optional<double> number_of(const Finding& f, const Claim& claim, std::vector<FinishedRun>& runs,
                                std::uint64_t seed) {
  const auto measured = [&](std::size_t arm) {
    try {
      return measure(f.quantity, runs[arm]);
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
  throw UserError(f.location, "a ratio needs positive numbers, but ", f.quantity.measure->name, " with seed ", seed,
                  " is ", number(*value > 0 ? *other : *value));
}

Trial run_trial(const Claim& claim, std::uint64_t seed, const std::function<bool()>& interrupted) {
  std::vector<FinishedRun> runs;
  while (runs.size() < claim.arms.size()) {
    if (interrupted && interrupted()) throw Interrupted();
    runs.push_back(run_arm(claim, runs, seed, interrupted));
  }
  Trial trial;
  for (const Finding& f : claim.findings) {
    trial.push_back(f.is_check() ? std::nullopt : number_of(f, claim, runs, seed));
  }
  return trial;
}

Verdict judge_check(const Finding& check) {
  try {
    const double v = evaluate_formula(check.formula);
    return {check.band.contains(v) ? Outcome::holds : Outcome::missed, 0, {v, v, v}};
  } catch (const std::invalid_argument& e) {
    throw UserError(check.location, "formula: ", printable(e.what()));
  }
}

}  // namespace

FinishedRun train_to_the_end(Experiment experiment, Network network, const std::function<bool()>& interrupted) {
  FinishedRun run{std::move(experiment), std::move(network)};
  const Config& config = run.experiment.config;
  if (config.train.epochs == 0 && config.diagnostics.every == 0) return run;
  const auto keep_flow = [&](const std::vector<FlowRow>& rows) {
    if (!rows.empty()) run.flow.push_back(rows);
  };
  Training::Hooks hooks;
  hooks.started = keep_flow;
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    run.history.push_back(record);
    keep_flow(rows);
  };
  hooks.interrupted = interrupted;
  Training training(run.network, run.experiment.data, config.train, config.seed, config.diagnostics.every);
  try {
    if (training.run(hooks) == Training::End::interrupted) throw Interrupted();
  } catch (const Divergence&) {
    run.diverged = true;
  }
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
        next = trials.size();  // makes the other threads stop after their current trials
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t j = 1; j < std::min(jobs, trials.size()); ++j) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);  // if several seeds failed: the exception of the smallest seed
  }
  return trials;
}

Verdict judge(const Finding& finding, const std::vector<std::optional<double>>& numbers) {
  std::vector<double> values;
  for (const std::optional<double>& number : numbers) {
    if (number) values.push_back(*number);
  }
  const std::size_t n = numbers.size();
  Verdict verdict{Outcome::undecided, n - values.size()};
  if (values.empty()) {
    verdict.estimate = {std::nan(""), -HUGE_VAL, HUGE_VAL};
  } else if (finding.at_least) {
    const auto reaches = [&](double v) { return v >= *finding.at_least; };
    const auto ones = static_cast<std::size_t>(std::ranges::count_if(values, reaches));
    verdict.estimate = fraction(ones, n);
    verdict.estimate.high = fraction(ones + verdict.unknown, n).high;
  } else {
    verdict.estimate = median(values, verdict.unknown);
  }
  const Estimate& e = verdict.estimate;
  const Band& band = finding.band;
  if (band.contains(e.low) && band.contains(e.high)) verdict.outcome = Outcome::holds;
  if (e.high < band.low || e.low > band.high) verdict.outcome = Outcome::missed;
  return verdict;
}

std::vector<Verdict> judge(const Claim& claim, const std::vector<Trial>& trials) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < claim.findings.size(); ++i) {
    std::vector<std::optional<double>> numbers;
    for (const Trial& trial : trials) numbers.push_back(trial[i]);
    const Finding& f = claim.findings[i];
    verdicts.push_back(f.is_check() ? judge_check(f) : judge(f, numbers));
  }
  return verdicts;
}

}  // namespace primer
