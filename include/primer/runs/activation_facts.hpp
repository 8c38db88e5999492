// The card of an activation: its formula, full name and source, its properties (found by a scan over z), and the
// results of the claims about it. The command `activations`, the report and the web page (playground) show the card.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "primer/training/properties.hpp"

namespace primer {

struct ActivationCard {
  std::string name;       // the name with its constant α: "leaky_relu(0.2)"
  std::string full_name;  // "hyperbolic tangent"; empty if the activation is not built in
  std::vector<std::pair<std::string, std::string>> lines;  // title and text, such as ("range of σ", "(0, 1)")
};
ActivationCard card_of(const Activation& activation);

// {"name": "tanh", "full_name": "…", "lines": [["σ(z)", "…"], …]}
std::string card_json(const ActivationCard& card);

// "(0, 1)", "[-0.16997, ∞)", "{1}" for a single value. A round bracket means a limit that is only approached.
std::string interval_text(const Range& range);
// "z ≤ 0", "-1 … 1, z ≥ 3"; "–" if the list is empty.
std::string intervals_text(const std::vector<Interval>& intervals);
std::string kinks_text(const Activation& activation);

}  // namespace primer
