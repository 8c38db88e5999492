#include "primer/claims/verdict.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "../program.hpp"

using namespace primer;

namespace {

using program::Folder;
using program::spill;

const std::string binary = "loss = \"binary_cross_entropy\"\n";
const std::string xor_config =
    "[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 3\nactivation = \"tanh\"\n[[layer]]\nactivation = \"sigmoid\"\n"
    "[train]\n" +
    binary + "learning_rate = 0.5\nepochs = 20\nbatch_size = 0\n[diagnostics]\nevery = 0\n";
const std::string head =
    "claim = \"c\"\nnotes = \"n\"\nverdict = \"holds\"\nexplanation = \"e\"\nconfig = \"c.toml\"\nseeds = 2\n";

Claim claim_of(const Folder& folder, const std::string& text, const std::string& config = xor_config) {
  spill(folder / "c.toml", config);
  spill(folder / "t.toml", head + text);
  return read_claim(folder / "t.toml");
}

std::string finding(const std::string& rest) { return "[[finding]]\n" + rest + "\n"; }
const std::string two_arms = "[[arm]]\nname = \"one\"\n[[arm]]\nname = \"two\"\nset = [\"layer.1.units=4\"]\n";

// What running and judging the claim refuses, after the name of the file.
std::string error_of(const Folder& folder, const std::string& text, const std::string& config = xor_config) {
  try {
    const Claim claim = claim_of(folder, text, config);
    judge(claim, run_trials(claim, 1, 2));
  } catch (const UserError& e) {
    return std::string(e.what()).substr((folder / "t.toml").size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("An arm can start from the network of another arm, and its biases can be set") {
  const Folder folder;
  const Claim claim =
      claim_of(folder,
               "[[arm]]\nname = \"one\"\n[[arm]]\nname = \"same\"\nstart = \"one\"\nset = [\"train.epochs=0\"]\n"
               "[[arm]]\nname = \"biased\"\nbias = [0, 100]\nset = [\"train.epochs=0\"]\n" +
                   finding("measure = \"history.train_loss\"\narm = \"one\"\nminus = \"same\"\nband = [0, 0]") +
                   finding("measure = \"history.train_loss\"\narm = \"biased\"\nband = [45, 55]"));
  const std::vector<Trial> trials = run_trials(claim, 1, 2);
  REQUIRE(trials.size() == 2);
  for (const Trial& trial : trials) {
    CHECK(*trial[0] == 0);
    CHECK(*trial[1] == doctest::Approx(50).epsilon(0.1));  // half of the targets are 0
  }
  CHECK(*trials[0][1] != *trials[1][1]);
  CHECK(run_trials(claim, 2, 1)[0] == trials[1]);
}

TEST_CASE("A run that diverged has no value, and the other values stay") {
  const Folder folder;
  const Claim claim =
      claim_of(folder,
               "[[arm]]\nname = \"calm\"\n[[arm]]\nname = \"wild\"\n"
               "set = [\"train.loss=mse\", \"layer.2.activation=identity\", \"train.learning_rate=1e9\"]\n" +
                   finding("measure = \"history.train_loss\"\narm = \"wild\"\nminus = \"calm\"\nband = [0, 1]") +
                   finding("measure = \"diverged\"\narm = \"wild\"\nband = [1, 1]"));
  const Trial trial = run_trials(claim, 1, 1).front();
  CHECK_FALSE(trial[0].has_value());
  CHECK(*trial[1] == 1);
}

TEST_CASE("Several threads give the same bits, and the first seed that fails is the one that is reported") {
  const Folder folder;
  const std::string measured =
      finding("measure = \"history.train_loss\"\narm = \"one\"\nminus = \"two\"\nband = [0, 1]");
  const Claim claim = claim_of(folder, two_arms + measured);
  const std::vector<Trial> one = run_trials(claim, 1, 9);
  CHECK(run_trials(claim, 1, 9, 4) == one);
  CHECK(run_trials(claim, 1, 9, 100) == one);
  const Claim ratio = claim_of(folder, two_arms + finding("measure = \"flow.a_mean\"\nlayer = 1\narm = \"one\"\nover = "
                                                          "\"two\"\nband = [0, 1]"));
  std::string alone;
  for (const std::size_t jobs : {1U, 3U}) {
    try {
      run_trials(ratio, 1, 9, jobs);
      FAIL("a mean of tanh is negative with some seed");
    } catch (const UserError& e) {
      if (jobs == 1) alone = e.what();
      CHECK(alone == e.what());
    }
  }
  CHECK(alone.find(": a ratio needs positive numbers, but flow.a_mean with seed ") != std::string::npos);
}

TEST_CASE("Trials stop between and within runs when they are interrupted") {
  const Folder folder;
  const Claim claim =
      claim_of(folder, two_arms + finding("measure = \"history.train_loss\"\narm = \"one\"\nband = [0, 1]"));
  for (const int last : {1, 20, 21, 70}) {
    int asked = 0;
    CHECK_THROWS_AS(run_trials(claim, 1, 2, 1, [&] { return ++asked == last; }), Interrupted);
    CHECK(asked == last);
  }
}

TEST_CASE("What cannot be trained or measured is refused with the location of the arm or the finding") {
  const Folder folder;
  const std::string ok = finding("measure = \"history.train_loss\"\narm = \"one\"\nband = [0, 1]");
  CHECK(error_of(folder, "[[arm]]\nname = \"one\"\nset = [\"layer.1.unit=4\"]\n" + ok) ==
        ":7:1: this arm: --set layer.1.unit: unknown key 'unit' in [layer.1]; did you mean 'units'?");
  CHECK(error_of(folder, two_arms + "start = \"one\"\n" + ok) ==
        ":9:1: this arm starts from the network of arm 'one': both arms need layers of the same shapes");
  CHECK(error_of(folder, "[[arm]]\nname = \"one\"\nbias = [0, 0, 0]\n" + ok) ==
        ":7:1: bias has 3 numbers, one per layer; the network has only 2 layers");
  CHECK(error_of(folder, two_arms + finding("measure = \"alpha_change\"\nlayer = 1\narm = \"one\"\nband = [0, 1]")) ==
        ":12:1: alpha_change of one: tanh has no learned α; use prelu");
  CHECK(
      error_of(folder, two_arms + finding("measure = \"flow.dL_dW_norm\"\nlayer = 3\narm = \"two\"\nband = [0, 1]")) ==
      ":12:1: flow.dL_dW_norm of two: layer must be from 1 to 2, not 3");
}

namespace {

Finding finding_with(Band band) {
  Finding f{};
  f.band = band;
  f.location = Location{"t.toml", 12, 1};
  return f;
}

// The verdict on `n` numbers from low to high, in equal steps.
Outcome outcome(Band band, double low, double high, std::size_t n = fewest_seeds) {
  std::vector<std::optional<double>> numbers;
  for (std::size_t i = 0; i < n; ++i) {
    numbers.emplace_back(low + (high - low) * static_cast<double>(i) / static_cast<double>(n - 1));
  }
  return judge(finding_with(band), numbers).outcome;
}

}  // namespace

TEST_CASE("A finding holds only if its whole interval lies in the band, whose ends belong to it") {
  const double inf = HUGE_VAL;
  CHECK(outcome({2, 3}, 2, 3) == Outcome::holds);
  CHECK(outcome({2, 3}, 2, 3.1) == Outcome::undecided);  // the mean is in the band
  CHECK(outcome({2, 3}, 1.9, 3) == Outcome::undecided);
  CHECK(outcome({2, inf}, 2, 1e9) == Outcome::holds);
  CHECK(outcome({2, inf}, 1.9, 1e9) == Outcome::undecided);
  CHECK(outcome({-inf, 2}, -5, 2) == Outcome::holds);
  CHECK(outcome({2, 3}, 0, 1) == Outcome::missed);
  CHECK(outcome({2, 3}, 4, 5) == Outcome::missed);
  CHECK(outcome({2, 3}, 2.4, 2.6, fewest_seeds - 1) == Outcome::undecided);  // too few seeds for an interval
}

TEST_CASE("A share of seeds has the interval of Clopper and Pearson") {
  Finding f = finding_with({0.5, 1});
  f.at_least = 3;
  const std::vector<std::optional<double>> numbers{3, 4, 5, 3, 3, 9, 3, 3};
  const Verdict verdict = judge(f, numbers);
  CHECK(verdict.estimate.value == 1);
  CHECK(verdict.estimate.low == doctest::Approx(0.515669));  // 0.005 ^ (1 / 8)
  CHECK(verdict.outcome == Outcome::holds);
  f.at_least = 3.5;
  CHECK(judge(f, numbers).estimate.value == 0.375);
  CHECK(judge(f, numbers).outcome == Outcome::undecided);
}

TEST_CASE("A run that diverged may have had any number, and the interval covers it") {
  std::vector<std::optional<double>> numbers;
  for (int i = 1; i <= 20; ++i) numbers.emplace_back(i);
  CHECK(judge(finding_with({4, 17}), numbers).outcome == Outcome::holds);  // k = 4 of 20
  numbers[7].reset();
  const Verdict one_lost = judge(finding_with({4, 17}), numbers);
  CHECK(one_lost.unknown == 1);
  CHECK(one_lost.estimate.low == 3);    // the number that is lost may be the lowest
  CHECK(one_lost.estimate.high == 18);  // or the highest
  CHECK(one_lost.outcome == Outcome::undecided);
  CHECK(judge(finding_with({3, 18}), numbers).outcome == Outcome::holds);
  for (const std::size_t i : {1U, 2U, 3U}) numbers[i].reset();
  CHECK(judge(finding_with({-1e9, 1e9}), numbers).outcome == Outcome::undecided);  // no interval is left
  CHECK(judge(finding_with({0, 1}), {std::nullopt, std::nullopt}).outcome == Outcome::undecided);
  Finding f = finding_with({0, 1});
  f.at_least = 5;
  const Verdict share = judge(f, numbers);  // 15 of 20 are known to reach it, and 4 more may
  CHECK(share.estimate.low == fraction(15, 20).low);
  CHECK(share.estimate.high == fraction(19, 20).high);
}

TEST_CASE("A check is the value of a formula; a mistake in it is named with its location") {
  Claim claim;
  claim.findings.push_back(finding_with({1, 1}));
  Finding& check = claim.findings[0];
  check.formula = "tanh'(0)";
  CHECK(judge(claim, {})[0].outcome == Outcome::holds);
  check.band = {0, 0.5};
  CHECK(judge(claim, {})[0].outcome == Outcome::missed);
  check.formula = "0 / 0";
  CHECK(judge(claim, {})[0].outcome == Outcome::missed);
  check.band = {std::nan(""), std::nan("")};
  CHECK(judge(claim, {})[0].outcome == Outcome::holds);
  check.formula = "softmax'(0)";
  CHECK_THROWS_WITH_AS(judge(claim, {}),
                       "t.toml:12:1: formula: column 1 of the formula: softmax is not a function of one number",
                       UserError);
}
