// The card of an activation: its formula, full name, source (a paper) and measured properties, and the results of the
// claims about this activation. The command `activations`, the report and the playground (a web page) show the card.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "primer/training/properties.hpp"

namespace primer {

struct ActivationCard {
  std::string name;       // the name in a config: "tanh", or "leaky_relu(0.2)" with the constant α = 0.2
  std::string full_name;  // the name in words: "hyperbolic tangent"; empty if the activation is not built in
  std::vector<std::pair<std::string, std::string>> lines;  // rows of the card (title, text): ("range of σ", "(0, 1)")
};
ActivationCard card_of(const Activation& activation);

// The card of an activation as JSON: {"name": "tanh", "full_name": "…", "lines": [["σ(z)", "…"], …]}
std::string card_json(const ActivationCard& card);

// An interval as text: "(0, 1)" or "{1}". At a round bracket, the values come close to the limit but never reach it.
std::string interval_text(const Range& range);
// A list of intervals as text, such as "z ≤ 0" or "-1 … 1, z ≥ 3"; "–" if the list is empty.
std::string intervals_text(const std::vector<Interval>& intervals);
std::string kinks_text(const Activation& activation);

}  // namespace primer
