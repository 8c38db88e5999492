// Reads a claim of the study notes from a file: its text, the training runs that test the claim, the quantities to
// measure on these runs, and the band of each quantity, the interval in which its result must lie.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "primer/claims/measure.hpp"
#include "primer/formats/error.hpp"

namespace primer {

// An arm, one variant of an experiment: a config with overrides. Its network is trained once per seed.
struct Arm {
  std::string name;
  std::string config;               // path of the config file, as seen from the working directory
  std::vector<Override> set;        // KEY=VALUE pairs, as in the option --set KEY=VALUE
  std::optional<std::size_t> from;  // if set, this arm starts from the trained network of the earlier arm arms[from]
  std::vector<double> bias;         // number k is the initial bias of layer k; a layer without a number keeps its bias
  Location location;
};

struct Band {
  double low, high;  // the allowed interval, both ends included; if both are NaN, the result must be NaN
  bool contains(double v) const { return (low <= v && v <= high) || (std::isnan(low) && std::isnan(v)); }
};

// In a claim file, [[finding]] is a quantity of one arm (a trained config), or of two arms that are compared seed by
// seed. [[check]] is the value of a formula: nothing is trained, so every seed gives the same value.
struct Finding {
  std::string formula;  // the formula of a [[check]]; empty for a [[finding]]
  Quantity quantity;
  std::size_t arm = 0;
  std::optional<std::size_t> over;   // if set, the result is the value of `arm` divided by the value of the arm `over`
  std::optional<std::size_t> minus;  // if set, the result is the value of `arm` minus the value of the arm `minus`
  std::optional<double> at_least;    // if set, the result is the fraction of values ≥ at_least; else the median
  Band band;
  Location location;

  bool is_check() const { return !formula.empty(); }
  std::optional<std::size_t> other_arm() const { return over ? over : minus; }
};

struct Claim {
  std::string name;  // the name of the file without .toml
  std::string claim, notes, verdict, explanation;
  std::vector<Arm> arms;
  std::vector<Finding> findings;  // every [[check]], then every [[finding]]
  std::size_t seeds = 0;          // the number of seeds; 0 if the claim has no arms

  // The first arm that has neither `from` nor `bias`: one `primer train` command can train it. Null if there is none.
  const Arm* repeatable_arm() const;
};

// Throws UserError if the file does not follow the rules in configs/claims/README.md.
Claim read_claim(const std::string& path);

}  // namespace primer
