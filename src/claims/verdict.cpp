// Turns the numbers of several seeds into an estimate, and the estimate into a verdict.
#include "primer/claims/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "primer/claims/formula.hpp"

namespace primer {
namespace {

Verdict judge_check(const Finding& check) {
  try {
    const double v = evaluate_formula(check.formula);
    return {check.band.contains(v) ? Outcome::holds : Outcome::missed, 0, {v, v, v}, {v, v}};
  } catch (const std::invalid_argument& e) {
    throw UserError(check.location, "formula: ", printable(e.what()));
  }
}

}  // namespace

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
    verdict.estimate.high = fraction(ones + verdict.diverged, n).high;
  } else {
    verdict.estimate = median(values, verdict.diverged);
  }
  if (!values.empty()) verdict.observed = {std::ranges::min(values), std::ranges::max(values)};
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
