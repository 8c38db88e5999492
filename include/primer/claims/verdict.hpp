// Runs a claim and judges it. Every arm is trained with one seed after another, and every finding is measured. A
// verdict judges the whole confidence interval of a number, not only its estimate.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "primer/claims/claim.hpp"
#include "primer/claims/statistics.hpp"

namespace primer {

// The values that one seed gives, one for each finding of the claim. If a finding compares two arms, its value is their
// ratio or difference. The value is empty for a check, and if it is unknown, for example because a run diverged.
using Trial = std::vector<std::optional<double>>;

// Runs a trial for each of n seeds from `first` on, in `jobs` threads; the result does not depend on `jobs`. Throws
// UserError for a finding that cannot be measured, and Interrupted if interrupted(), which may be empty, returns true.
std::vector<Trial> run_trials(const Claim& claim, std::uint64_t first, std::size_t n, std::size_t jobs = 1,
                              const std::function<bool()>& interrupted = {});

// holds: the whole interval lies in the band. missed: no part of it does. undecided: only a part of it does; more seeds
// make the interval smaller.
enum class Outcome { holds, undecided, missed };

struct Verdict {
  Outcome outcome;
  std::size_t unknown = 0;  // the number of seeds without a value; the interval allows every value for them
  Estimate estimate = {};   // for a check, value, low and high are the result of its formula
};

// Computes the verdict on a finding from one value per seed; a value is empty if it is unknown.
Verdict judge(const Finding& finding, const std::vector<std::optional<double>>& numbers);

// Computes the verdicts on all findings. Throws UserError for a formula that cannot be evaluated.
std::vector<Verdict> judge(const Claim& claim, const std::vector<Trial>& trials);

}  // namespace primer
