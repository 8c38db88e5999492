// A claim of the study notes as a file: its text, the training runs that put it to the test, what is measured on them,
// and the band in which each number must lie. A new claim is a new file; only a new kind of number needs code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "primer/claims/measure.hpp"
#include "primer/claims/statistics.hpp"
#include "primer/formats/error.hpp"
#include "primer/runs/config.hpp"

namespace primer {

// One side of an experiment: a config with overrides, run once a seed.
struct Arm {
  std::string name;
  std::string config;         // relative to the working directory once read
  std::vector<Override> set;  // as after --set
  std::string start;          // an arm above this one: its trained network is where this one starts
  std::vector<double> bias;   // what the biases of layer 1, 2, … start at; 0 beyond its end
  Location location;
};

// One number of a claim: a measurement on an arm, or on two arms seed by seed, or a formula's value.
struct Finding {
  const Measurement* measurement;
  Question question;
  std::size_t arm = 0;               // an index; none for a formula
  std::optional<std::size_t> over;   // the ratio arm / over, averaged geometrically
  std::optional<std::size_t> minus;  // the difference arm − minus
  Average average = Average::mean;
  double low, high;  // the band, ends included
  Location location;
};

struct Claim {
  std::string name;  // of the file, without .toml
  std::string claim, notes, verdict, explanation;
  std::vector<Arm> arms;
  std::vector<Finding> findings;
  std::size_t seeds = 0;        // of the full form; 0 where there are only formulas
  std::size_t quick_seeds = 0;  // of the quick form; 0: too long for it
};

// "holds", "holds with conditions", "false as stated".
const std::vector<std::string_view>& verdicts();

// Throws UserError for anything that is not as described in configs/claims/README.md.
Claim read_claim(const std::string& path);

// The names of the claims in a folder, sorted. Throws UserError where there is no such folder.
std::vector<std::string> claim_names(const std::string& folder);

struct Result {
  Estimate estimate;
  bool exact;            // a formula's value, which no seed can change
  bool distinguishable;  // of two arms: the interval leaves out equality
  bool holds;            // in its band; and where the band leaves out equality, distinguishable
};

// Runs all arms with seeds first … first + n − 1, n ≥ 2, and measures; an entry for each finding.
std::vector<Result> examine(const Claim& claim, std::uint64_t first_seed, std::size_t n);

// What a finding is called: "delta_ratio of sigmoid over relu", "value(gelu, -1)".
std::string text_of(const Finding& finding, const Claim& claim);

}  // namespace primer
