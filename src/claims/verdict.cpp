// Turns the values of several seeds into an estimate, and the estimate into a verdict.
#include "primer/claims/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "primer/formats/number.hpp"

namespace primer {
namespace {

// Refuses a value that the average of the finding cannot take.
void check_value(const Finding& f, double value, std::uint64_t seed) {
  const char* allowed = nullptr;
  if ((f.over || f.average == Average::geometric) && value <= 0) allowed = "positive numbers";
  if (!f.other_arm() && f.average == Average::fraction && value != 0 && value != 1) allowed = "0 or 1";
  if (allowed == nullptr) return;
  throw UserError(f.location,
                  f.over                            ? "a ratio"
                  : f.average == Average::geometric ? "a geometric mean"
                                                    : "a fraction",
                  " is made of ", allowed, ", and ", f.quantity.measure->name, " with seed ", seed, " is ",
                  number(value));
}

}  // namespace

Verdict judge(const Check& check) {
  try {
    const double v = evaluate(check.quantity);
    return {{v, v, v}, false, false, check.band.contains(v)};
  } catch (const std::invalid_argument& e) {
    throw UserError(check.location, check.quantity.measure->name, ": ", printable(e.what()));
  }
}

Verdict judge(const Claim& claim, std::size_t i, const std::vector<Trial>& trials) {
  const Finding& f = claim.findings[i];
  std::vector<double> values;
  std::vector<double> others;
  for (const Trial& trial : trials) {
    const Measured& measured = trial.findings[i];
    if (!measured.value || (f.other_arm() && !measured.other)) return {{}, true, false, false};
    check_value(f, values.emplace_back(*measured.value), trial.seed);
    if (f.other_arm()) check_value(f, others.emplace_back(*measured.other), trial.seed);
  }
  const double equality = f.over ? 1 : 0;
  Verdict verdict{};
  verdict.estimate = f.over    ? paired_ratio(values, others)
                     : f.minus ? paired_difference(values, others)
                               : estimate(values, f.average);
  if (!std::isfinite(verdict.estimate.low) || !std::isfinite(verdict.estimate.high)) {
    throw UserError(f.location, f.quantity.measure->name, ": the interval is too wide for a number; give more seeds");
  }
  verdict.distinguishable = f.other_arm() && !verdict.estimate.covers(equality);
  verdict.holds = f.band.contains(verdict.estimate.value) &&
                  (!f.other_arm() || f.band.contains(equality) || verdict.distinguishable);
  return verdict;
}

ClaimVerdict judge(const Claim& claim, const std::vector<Trial>& trials) {
  ClaimVerdict all;
  for (const Check& check : claim.checks) all.checks.push_back(judge(check));
  for (std::size_t i = 0; i < claim.findings.size(); ++i) all.findings.push_back(judge(claim, i, trials));
  const auto holds = [](const Verdict& verdict) { return verdict.holds; };
  all.holds = std::ranges::all_of(all.checks, holds) && std::ranges::all_of(all.findings, holds);
  return all;
}

}  // namespace primer
