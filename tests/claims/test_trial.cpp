#include "primer/claims/trial.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "../program.hpp"
#include "primer/claims/verdict.hpp"

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
    const std::vector<Trial> trials = run_trials(claim, 2);
    for (std::size_t i = 0; i < claim.findings.size(); ++i) judge(claim, i, trials);
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
                   finding("measure = \"train_loss\"\narm = \"one\"\nminus = \"same\"\nband = [0, 0]") +
                   finding("measure = \"train_loss\"\narm = \"biased\"\nband = [45, 55]"));
  const std::vector<Trial> trials = run_trials(claim, 2);
  REQUIRE(trials.size() == 2);
  CHECK(trials[0].seed == 1);
  CHECK(trials[1].seed == 2);
  for (const Trial& trial : trials) {
    CHECK(*trial.findings[0].value == *trial.findings[0].other);
    CHECK(*trial.findings[1].value == doctest::Approx(50).epsilon(0.1));  // half of the targets are 0
    CHECK_FALSE(trial.findings[1].other.has_value());
  }
  CHECK(*trials[0].findings[0].value != *trials[1].findings[0].value);
}

TEST_CASE("A run that diverged has no value, and the other values stay") {
  const Folder folder;
  const Claim claim =
      claim_of(folder,
               "[[arm]]\nname = \"calm\"\n[[arm]]\nname = \"wild\"\n"
               "set = [\"train.loss=mse\", \"layer.2.activation=identity\", \"train.learning_rate=1e9\"]\n" +
                   finding("measure = \"train_loss\"\narm = \"wild\"\nminus = \"calm\"\nband = [0, 1]") +
                   finding("measure = \"diverged\"\narm = \"wild\"\nband = [1, 1]"));
  const Trial trial = run_trials(claim, 1).front();
  CHECK_FALSE(trial.findings[0].value.has_value());
  CHECK(trial.findings[0].other.has_value());
  CHECK(*trial.findings[1].value == 1);
}

TEST_CASE("Trials stop between and within runs when they are interrupted") {
  const Folder folder;
  const Claim claim = claim_of(folder, two_arms + finding("measure = \"train_loss\"\narm = \"one\"\nband = [0, 1]"));
  for (const int last : {1, 20, 21, 70}) {
    int asked = 0;
    CHECK_THROWS_AS(run_trials(claim, 2, [&] { return ++asked == last; }), Interrupted);
    CHECK(asked == last);
  }
}

TEST_CASE("What cannot be trained or measured is refused with the location of the arm or the finding") {
  const Folder folder;
  const std::string ok = finding("measure = \"train_loss\"\narm = \"one\"\nband = [0, 1]");
  CHECK(error_of(folder, "[[arm]]\nname = \"one\"\nset = [\"layer.1.unit=4\"]\n" + ok) ==
        ":7:1: this arm: --set layer.1.unit: unknown key 'unit' in [layer.1]; did you mean 'units'?");
  CHECK(error_of(folder, two_arms + "start = \"one\"\n" + ok) ==
        ":9:1: the network of arm 'one' does not fit this arm's layers");
  CHECK(error_of(folder, "[[arm]]\nname = \"one\"\nbias = [0, 0, 0]\n" + ok) ==
        ":7:1: bias: there are 3 numbers for 2 layers");
  CHECK(error_of(folder, two_arms + finding("measure = \"alpha_change\"\nlayer = 1\narm = \"one\"\nband = [0, 1]")) ==
        ":12:1: alpha_change of one: tanh has no learned α; use prelu");
  CHECK(
      error_of(folder, two_arms + finding("measure = \"flow.dL_dW_norm\"\nlayer = 3\narm = \"two\"\nband = [0, 1]")) ==
      ":12:1: flow.dL_dW_norm of two: layer must be from 1 to 2, not 3");
}

// Every measure on runs that lack something: each must give a finite number or refuse with the location of the finding.
TEST_CASE("Every measure gives a finite number or refuses, whatever the run lacks") {
  const Folder folder;
  spill(folder / "row.csv", "x,y\n1,0\n");
  spill(folder / "rows.csv", "x,y\n1,0\n2,1\n3,0\n");
  const std::string hidden = "[[layer]]\nunits = 3\nactivation = \"relu\"\n";
  const std::string zeros = "[[layer]]\nunits = 3\nactivation = \"relu\"\ninit = \"zeros\"\n";
  const std::string narrow = "[[layer]]\nunits = 1\nactivation = \"step\"\n";
  const std::string normalised = "[[layer]]\nunits = 3\nactivation = \"prelu\"\nbatch_norm = true\n";
  const std::string output = "[[layer]]\nactivation = \"sigmoid\"\n[train]\n" + binary + "batch_size = 0\n";
  const std::string linear = "[[layer]]\n[train]\nloss = \"mse\"\nbatch_size = 0\n";
  const std::string flow_on = "[diagnostics]\nevery = 1\n";
  const std::string flow_off = "[diagnostics]\nevery = 0\n";
  const std::string two = "[data]\ngenerator = \"xor\"\n";
  const std::string one_row = "[data]\nfile = \"row.csv\"\n";
  const std::string rows = "[data]\nfile = \"rows.csv\"\n";
  const std::vector<std::string> configs{
      two + output + "epochs = 2\n" + flow_on,                                   // one layer
      two + hidden + output + "epochs = 0\n" + flow_on,                          // no epoch
      two + hidden + output + "epochs = 0\n" + flow_off,                         //
      two + hidden + hidden + output + "epochs = 2\n" + flow_off,                // no observed epoch
      one_row + output + "epochs = 2\n" + flow_on,                               // one row
      one_row + hidden + hidden + linear + "epochs = 2\n" + flow_on,             //
      one_row + normalised + hidden + linear + "epochs = 2\n" + flow_on,         //
      rows + linear + "epochs = 0\n" + flow_on,                                  // a regression
      two + zeros + zeros + output + "epochs = 2\n" + flow_on,                   // constant activations, gradients 0
      two + narrow + hidden + narrow + output + "epochs = 2\n" + flow_on,        // weights of 2 × 1 and 1 × 3
      rows + hidden + linear + "epochs = 1\nlearning_rate = 1e200\n" + flow_on,  // diverges after the last step
  };
  std::size_t numbers = 0;
  std::size_t refusals = 0;
  std::size_t diverged = 0;
  for (const std::string& config : configs) {
    for (const Measure& m : measures()) {
      if (m.is_formula()) continue;
      for (const std::string layer : {"", "layer = 1\n", "layer = 2\n", "layer = 9\n", "layer = 2\nover_layer = 1\n"}) {
        for (const std::string rest :
             {"", "average = \"geometric\"\n", "average = \"fraction\"\n", "over = \"one\"\n"}) {
          CAPTURE(config);
          CAPTURE(m.name);
          CAPTURE(layer);
          CAPTURE(rest);
          const std::string at = std::ranges::count(m.needs, Key::at) > 0 ? "at = 0.5\n" : "";
          try {
            const Claim claim = claim_of(folder,
                                         "[[arm]]\nname = \"one\"\n[[finding]]\nmeasure = \"" + m.name +
                                             "\"\narm = \"one\"\nband = [0, 1]\n" + layer + at + rest,
                                         config);
            const Verdict verdict = judge(claim, 0, run_trials(claim, 2));
            diverged += verdict.diverged ? 1 : 0;
            if (verdict.diverged) continue;
            ++numbers;
            CHECK(std::isfinite(verdict.estimate.value));
            CHECK(std::isfinite(verdict.estimate.low));
            CHECK(std::isfinite(verdict.estimate.high));
          } catch (const UserError& e) {
            ++refusals;
            CHECK(std::string(e.what()).starts_with(folder / "t.toml:"));
          }
        }
      }
    }
  }
  CHECK(numbers > 500);
  CHECK(refusals > 500);
  CHECK(diverged < numbers);
}
