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

// The results of one seed. Each finding of a claim has one number: a measured quantity, or the ratio or difference of
// two quantities. The number is empty if it is unknown (as after a divergence), or if the finding is only a formula.
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
  std::size_t unknown = 0;  // how many seeds have an unknown value; the interval is valid whatever these values are
  Estimate estimate = {};   // of a check (a formula, without training): value, low and high are the formula's value
};

// Computes the verdict on a finding of a claim from one number per seed. A number is empty if it is unknown.
Verdict judge(const Finding& finding, const std::vector<std::optional<double>>& numbers);

// Computes the verdicts on all findings of a claim. Throws UserError for a formula that cannot be evaluated.
std::vector<Verdict> judge(const Claim& claim, const std::vector<Trial>& trials);

}  // namespace primer
