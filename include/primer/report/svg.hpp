// Activation functions drawn: σ solid, σ′ dashed, the zones where σ saturates shaded. Used by `primer activations
// --svg` and by the report.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "primer/core/activation.hpp"

namespace primer {

// σ and σ′ at places from low to high, 1/16 apart; a kink k is met at k and 2⁻²⁰ to its left and right. Of a softmax it
// is the first of two units, the other of which has z = 0.
struct CurvePoint {
  real z, a, derivative;
};
std::vector<CurvePoint> curve_of(const Activation& activation, int low, int high);

// The points as the data of an SVG path in the function's own units, every number so that it reads back as the same.
std::string path_of(const std::vector<CurvePoint>& curve, real CurvePoint::*value);

// The axis that holds σ and σ′ from low to high, cut where an unbounded σ would leave σ′ too flat to read.
std::pair<real, real> vertical_axis(const std::vector<CurvePoint>& curve, real low, real high);

// The catalogue as one SVG document, a small picture for each activation, with what was measured of it. Throws
// std::invalid_argument for an unknown name.
std::string catalogue_svg(const std::vector<std::string>& names);

// `text` for the body or a quoted attribute of XML and HTML; what neither can hold becomes U+FFFD.
std::string escaped(std::string_view text);

}  // namespace primer
