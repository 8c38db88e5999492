// What no scan can measure of an activation: its formula, its full name and where it comes from.
#pragma once

#include <string_view>

namespace primer {

struct ActivationFacts {
  std::string_view name;        // as a config spells it, without a shape constant
  std::string_view full_name;   // "hyperbolic tangent"
  std::string_view value;       // σ(z)
  std::string_view derivative;  // σ′(z)
  std::string_view source;      // who proposed it; empty for older functions
  std::string_view code;        // its struct in src/core/activation.cpp
};

// nullptr if the activation is not one of primer's own.
const ActivationFacts* facts_of(std::string_view name);

// Why init = "auto" chooses this initialiser.
std::string_view reason_for(std::string_view initializer);

}  // namespace primer
