// Judges a claim: whether each number lies in its band.
#pragma once

#include <vector>

#include "primer/claims/claim.hpp"
#include "primer/claims/statistics.hpp"
#include "primer/claims/trial.hpp"

namespace primer {

struct Verdict {
  Estimate estimate;     // of a check: value, low and high are its number
  bool diverged;         // a run diverged, so there is no estimate
  bool distinguishable;  // of two arms: the interval does not contain equality
  bool holds;            // in the band; if the band does not contain equality, also distinguishable
};

// Throws UserError for a formula that has no value at this point.
Verdict judge(const Check& check);

// The verdicts on every check and every finding of a claim, which holds if all of them hold.
struct ClaimVerdict {
  std::vector<Verdict> checks, findings;
  bool holds = true;
};
ClaimVerdict judge(const Claim& claim, const std::vector<Trial>& trials);

// The verdict on the claim's i-th finding. Throws UserError if its average does not suit the values.
Verdict judge(const Claim& claim, std::size_t i, const std::vector<Trial>& trials);

}  // namespace primer
