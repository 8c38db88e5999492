// A claim of the study notes as a file: its text, the training runs that test it, the findings that it measures on
// them, and the band in which each result must lie.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "primer/claims/measure.hpp"
#include "primer/formats/error.hpp"

namespace primer {

// One side of an experiment: a config with overrides. It is trained once per seed.
struct Arm {
  std::string name;
  std::string config;               // relative to the working directory
  std::vector<Override> set;        // as after --set
  std::optional<std::size_t> from;  // the arm above this one whose trained network is the initial network of this one
  std::vector<double> bias;         // the initial biases of layer 1, 2, …; further layers keep theirs
  Location location;
};

struct Band {
  double low, high;  // both belong to the band; both are NaN for "not a number"
  bool contains(double v) const { return (low <= v && v <= high) || (std::isnan(low) && std::isnan(v)); }
};

// [[finding]]: a quantity of an arm, or of two arms compared seed by seed. [[check]]: the value of a formula, for
// which nothing is trained, so every seed gives the same value.
struct Finding {
  std::string formula;  // of a check
  Quantity quantity;
  std::size_t arm = 0;
  std::optional<std::size_t> over;   // the ratio arm / over
  std::optional<std::size_t> minus;  // the difference arm − minus
  std::optional<double> at_least;    // the threshold for a share of seeds; empty: the result is the median
  Band band;
  Location location;

  bool is_check() const { return !formula.empty(); }
  std::optional<std::size_t> other_arm() const { return over ? over : minus; }
};

struct Claim {
  std::string name;  // of the file, without .toml
  std::string claim, notes, verdict, explanation;
  std::vector<Arm> arms;
  std::vector<Finding> findings;  // the checks first
  std::size_t seeds = 0;          // 0 if there are no arms

  // The first arm that one `primer train` command can train (without `from` and `bias`); null if there is none.
  const Arm* repeatable_arm() const;
};

// Throws UserError for anything that configs/claims/README.md does not describe.
Claim read_claim(const std::string& path);

}  // namespace primer
