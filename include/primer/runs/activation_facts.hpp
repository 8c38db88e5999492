// The card of an activation: its formula, its full name and its source, the properties that a scan measures, and the
// results of the claims about it. The command `activations`, the report and the playground show it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "primer/training/properties.hpp"

namespace primer {

struct ActivationCard {
  std::string name;       // with its constant: "leaky_relu(0.2)"
  std::string full_name;  // "hyperbolic tangent"; empty if the activation is not one of primer's own
  std::vector<std::pair<std::string, std::string>> lines;  // title and text: "σ(z)", "source", "range of σ", "claim"
};
ActivationCard card_of(const Activation& activation);

// {"name": "tanh", "full_name": "…", "lines": [["σ(z)", "…"], …]}
std::string card_json(const ActivationCard& card);

// "(0, 1)", "[-0.16997, ∞)", "{1}" for a single value. A round bracket means a limit that is only approached.
std::string interval_text(const Range& range);
// "z ≤ 0", "-1 … 1, z ≥ 3"; "–" if there is none.
std::string intervals_text(const std::vector<Interval>& intervals);
std::string kinks_text(const Activation& activation);

}  // namespace primer
