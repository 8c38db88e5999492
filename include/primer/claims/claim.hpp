// Reads a claim file. A claim file contains a statement of the study notes, the training runs that test this statement,
// the quantities to measure, and a band for each quantity (the interval in which the measured value must lie).
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
  std::optional<std::size_t> from;  // if `from` is set, training starts with the trained network of variant arms[from]
  std::vector<double> bias;         // number k is the initial bias of layer k; a layer without a number keeps its bias
  Location location;
};

struct Band {
  double low, high;  // allowed interval of a value, both ends included; if low and high are NaN, the value must be NaN
  bool contains(double v) const { return (low <= v && v <= high) || (std::isnan(low) && std::isnan(v)); }
};

// In a claim file, [[finding]] is a quantity of one arm (a trained config), or of two arms that are compared seed by
// seed. [[check]] is the value of a formula: nothing is trained, so every seed gives the same value.
struct Finding {
  std::string formula;  // the formula of a [[check]]; empty for a [[finding]]
  Quantity quantity;
  std::size_t arm = 0;               // the measured config: an index in Claim::arms
  std::optional<std::size_t> over;   // if set, the finding is a ratio: value of config `arm` / value of config `over`
  std::optional<std::size_t> minus;  // if set, the finding is: value of config `arm` − value of config `minus`
  std::optional<double> at_least;    // if set, the estimate is the fraction of values ≥ at_least; if not, the median
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
  std::size_t seeds = 0;          // number of seeds; every variant is trained once per seed (0: nothing is trained)

  // Returns the first variant that sets neither `from` nor `bias`, or null if every variant sets one of these two.
  const Arm* repeatable_arm() const;
};

// Throws UserError if the file does not follow the rules in configs/claims/README.md.
Claim read_claim(const std::string& path);

}  // namespace primer
