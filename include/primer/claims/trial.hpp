// Runs a claim: every arm is trained with one seed after another, and every finding is measured.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "primer/claims/claim.hpp"

namespace primer {

// The quantity of a finding with one seed, on its arm and on the other arm if there is one; nothing if the run
// diverged.
struct Measured {
  std::optional<double> value, other;
};

struct Trial {
  std::uint64_t seed;
  std::vector<Measured> findings;  // in the order of the claim's findings
};

// Trials with seeds 1 … n. Throws UserError for what cannot be measured, and Interrupted once `interrupted` says yes.
std::vector<Trial> run_trials(const Claim& claim, std::size_t n, const std::function<bool()>& interrupted = {});

}  // namespace primer
