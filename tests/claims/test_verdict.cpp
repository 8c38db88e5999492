#include "primer/claims/verdict.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace primer;

namespace {

// A claim with two arms and one finding of `measure`, and its trials with these values.
struct Case {
  Claim claim;
  std::vector<Trial> trials;
};
Case case_of(Band band, const std::vector<double>& values, const std::vector<double>& others = {}) {
  Case c;
  c.claim.arms.resize(2);
  Finding f{};
  f.quantity.measure = find_measure("train_loss");
  f.band = band;
  f.location = Location{"t.toml", 12, 1};
  if (!others.empty()) f.minus = 1;
  c.claim.findings.push_back(f);
  for (std::size_t i = 0; i < values.size(); ++i) {
    c.trials.push_back({i + 1, {{values[i], others.empty() ? std::nullopt : std::optional(others[i])}}});
  }
  return c;
}
Verdict verdict_of(const Case& c) { return judge(c.claim, 0, c.trials); }

}  // namespace

TEST_CASE("A value is judged by its band, and the ends belong to the band") {
  CHECK(verdict_of(case_of({2, 3}, {2, 2})).holds);
  CHECK(verdict_of(case_of({1, 2}, {2, 2})).holds);
  CHECK_FALSE(verdict_of(case_of({0, 1}, {2, 2})).holds);
  CHECK(verdict_of(case_of({0, 3}, {2, 2})).estimate.value == 2);
}

TEST_CASE("A comparison whose band leaves out equality must be distinguishable") {
  const Verdict noise = verdict_of(case_of({0.1, 9}, {3, 1}, {1, 2}));
  CHECK(noise.estimate.value == 0.5);
  CHECK_FALSE(noise.distinguishable);
  CHECK_FALSE(noise.holds);
  CHECK(verdict_of(case_of({-9, 9}, {3, 1}, {1, 2})).holds);
  const Verdict clear = verdict_of(case_of({0.1, 9}, {3, 4}, {1, 2}));
  CHECK(clear.distinguishable);
  CHECK(clear.holds);
}

TEST_CASE("Only a run that diverged makes a verdict say so") {
  Case c = case_of({0, 1}, {0.5, 0.5}, {0.5, 0.5});
  CHECK_FALSE(verdict_of(c).diverged);
  c.trials[1].findings[0].other.reset();
  CHECK(verdict_of(c).diverged);
  CHECK_FALSE(verdict_of(c).holds);
}

TEST_CASE("An average refuses values that it cannot take, with the seed") {
  Case c = case_of({0, 1}, {0.5, 0});
  c.claim.findings[0].average = Average::geometric;
  CHECK_THROWS_WITH_AS(verdict_of(c),
                       "t.toml:12:1: a geometric mean is made of positive numbers, and train_loss with seed 2 is 0",
                       UserError);
  c.claim.findings[0].average = Average::fraction;
  CHECK_THROWS_WITH_AS(verdict_of(c), "t.toml:12:1: a fraction is made of 0 or 1, and train_loss with seed 1 is 0.5",
                       UserError);
  Case ratio = case_of({0, 1}, {1, 1}, {1, -1});
  ratio.claim.findings[0].over = 1;
  ratio.claim.findings[0].minus.reset();
  CHECK_THROWS_WITH_AS(verdict_of(ratio),
                       "t.toml:12:1: a ratio is made of positive numbers, and train_loss with seed 2 is -1", UserError);
}

TEST_CASE("A check is the value of a formula; one without a value is refused") {
  Check check;
  check.quantity.measure = find_measure("activation.derivative");
  check.quantity.activation = "tanh";
  check.band = {1, 1};
  check.location = Location{"t.toml", 9, 1};
  CHECK(judge(check).holds);
  check.band = {0, 0.5};
  CHECK_FALSE(judge(check).holds);
  check.quantity.activation = "softmax";
  CHECK_THROWS_WITH_AS(judge(check), "t.toml:9:1: activation.derivative: softmax is not a function of one number",
                       UserError);
}
