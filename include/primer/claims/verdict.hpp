// Runs a claim and judges it: every arm is trained with one seed after another, every finding is measured, and a
// verdict is a statement about the whole interval of a number, not about its estimate.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "primer/claims/claim.hpp"
#include "primer/claims/statistics.hpp"

namespace primer {

// The values of one seed, in the order of the claim's findings; for a comparison, the ratio or the difference. The
// value of a check is empty, and so is a value that cannot be known, for example because a run diverged.
using Trial = std::vector<std::optional<double>>;

// Trials with n seeds from `first` on, in `jobs` threads; the number of threads does not change the result. Throws
// UserError for a finding that cannot be measured, and Interrupted if `interrupted`, which may be empty, returns true.
std::vector<Trial> run_trials(const Claim& claim, std::uint64_t first, std::size_t n, std::size_t jobs = 1,
                              const std::function<bool()>& interrupted = {});

// holds: the whole interval lies in the band. missed: no part of it does. undecided: only a part of it does; more seeds
// make the interval smaller.
enum class Outcome { holds, undecided, missed };

struct Verdict {
  Outcome outcome;
  std::size_t unknown = 0;  // seeds without a value; the interval allows every value for them
  Estimate estimate = {};   // for a check: value, low and high are its result
};

// Computes the verdict on a finding from one value per seed; a value is empty if it is unknown.
Verdict judge(const Finding& finding, const std::vector<std::optional<double>>& numbers);

// Computes the verdicts on all findings. Throws UserError for a formula that cannot be evaluated.
std::vector<Verdict> judge(const Claim& claim, const std::vector<Trial>& trials);

}  // namespace primer
