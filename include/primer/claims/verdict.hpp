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

// The numbers from one seed, one for each finding of a claim. If a finding compares two arms, its number is the ratio
// or difference of two values. A number is empty if it is unknown (for example after a divergence), and for a check.
using Trial = std::vector<std::optional<double>>;

// Runs a trial for each of the seeds first, …, first + n − 1, in `jobs` threads; the result does not depend on `jobs`.
// Throws UserError if a finding cannot be measured, and Interrupted if `interrupted` is not empty and returns true.
std::vector<Trial> run_trials(const Claim& claim, std::uint64_t first, std::size_t n, std::size_t jobs = 1,
                              const std::function<bool()>& interrupted = {});

// Where the confidence interval lies. holds: completely in the band of allowed values. missed: completely outside of
// the band. undecided: partly in the band; more seeds make the interval smaller.
enum class Outcome { holds, undecided, missed };

struct Verdict {
  Outcome outcome;
  std::size_t unknown = 0;  // how many seeds have an unknown value; the interval is valid whatever these values are
  Estimate estimate = {};   // if the finding is a check: value = low = high = the result of its formula
};

// Computes the verdict on a finding of a claim from one number per seed. A number is empty if it is unknown.
Verdict judge(const Finding& finding, const std::vector<std::optional<double>>& numbers);

// Computes the verdicts on all findings of a claim. Throws UserError for a formula that cannot be evaluated.
std::vector<Verdict> judge(const Claim& claim, const std::vector<Trial>& trials);

}  // namespace primer
