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
  std::string config;               // path, relative to the working directory
  std::vector<Override> set;        // as after --set
  std::optional<std::size_t> from;  // the index of the earlier arm whose trained network this arm starts from
  std::vector<double> bias;         // initial bias of all units of layer 1, 2, …; the other layers keep theirs
  Location location;
};

struct Band {
  double low, high;  // the ends belong to the band; NaN, NaN: the result must be NaN
  bool contains(double v) const { return (low <= v && v <= high) || (std::isnan(low) && std::isnan(v)); }
};

// In the file, [[finding]] is a quantity of one arm, or of two arms that are compared seed by seed. [[check]] is the
// value of a formula: nothing is trained, so every seed gives the same value.
struct Finding {
  std::string formula;  // of a check
  Quantity quantity;
  std::size_t arm = 0;
  std::optional<std::size_t> over;   // if given, the result is the ratio arm / over
  std::optional<std::size_t> minus;  // if given, the result is the difference arm − minus
  std::optional<double> at_least;    // the result is the fraction of seeds with at least this value; empty: the median
  Band band;
  Location location;

  bool is_check() const { return !formula.empty(); }
  std::optional<std::size_t> other_arm() const { return over ? over : minus; }
};

struct Claim {
  std::string name;  // the name of the file without .toml
  std::string claim, notes, verdict, explanation;
  std::vector<Arm> arms;
  std::vector<Finding> findings;  // the checks first
  std::size_t seeds = 0;          // the number of seeds; 0 if the claim has no arms

  // The first arm without `from` and `bias`, which a single `primer train` command can train; null if there is none.
  const Arm* repeatable_arm() const;
};

// Throws UserError if the file does not follow the rules in configs/claims/README.md.
Claim read_claim(const std::string& path);

}  // namespace primer
