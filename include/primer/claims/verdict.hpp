// Tests a claim: trains every arm (a variant of a config) with one seed after another, and measures every finding (a
// quantity of one or two arms). The verdict depends on the whole confidence interval, not only on the estimate.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "primer/claims/claim.hpp"
#include "primer/claims/statistics.hpp"

namespace primer {

// For one seed: the measured value of each finding of a claim. A value is nullopt if it is unknown (for example after a
// divergence). A finding that is a formula also has nullopt, because the formula gives the same value for every seed.
using Trial = std::vector<std::optional<double>>;

// Tests a claim with the seeds first, …, first + n − 1, in `jobs` threads. The result does not depend on `jobs`. Throws
// UserError if a quantity cannot be measured. Throws Interrupted if the function `interrupted` is set and returns true.
std::vector<Trial> run_trials(const Claim& claim, std::uint64_t first, std::size_t n, std::size_t jobs = 1,
                              const std::function<bool()>& interrupted = {});

// Where the confidence interval lies. holds: completely in the band of allowed values. missed: completely outside of
// the band. undecided: partly in the band; more seeds make the interval smaller.
enum class Outcome { holds, undecided, missed };

struct Verdict {
  Outcome outcome;
  std::size_t unknown = 0;  // number of seeds without a value, for example because the training diverged
  Estimate estimate = {};   // value with confidence interval [low, high]; for a formula, value = low = high
};

// Computes the verdict on one finding of a claim. `numbers` has one element per seed: a number, or nullopt if unknown.
Verdict judge(const Finding& finding, const std::vector<std::optional<double>>& numbers);

// Returns one verdict for each finding (a measured quantity or a formula). Throws UserError if a formula has an error.
std::vector<Verdict> judge(const Claim& claim, const std::vector<Trial>& trials);

}  // namespace primer
