// Drawings of activation functions for `primer activations --svg` and for the report: σ is solid, σ′ is dashed, and the
// intervals where σ saturates are shaded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "primer/core/activation.hpp"
#include "primer/training/properties.hpp"

namespace primer {

// σ and σ′ at values of z from low to high, 1/16 apart. For a kink k there are three: k − 2⁻²⁰, k and k + 2⁻²⁰. For
// softmax, these are the values of the first of two units; the other unit has z = 0.
struct CurvePoint {
  real z, a, derivative;
};
std::vector<CurvePoint> curve_of(const Activation& activation, int low, int high);

// The points as the data of an SVG path in the function's units. Every number reads back as the same bits.
std::string path_of(const std::vector<CurvePoint>& curve, real CurvePoint::*value);

// The range of an axis for σ and σ′ from low to high. It is cut where an unbounded σ would make σ′ too flat to read.
std::pair<real, real> vertical_axis(const std::vector<CurvePoint>& curve, real low, real high);

// The catalogue as one SVG document: a small picture for each activation, with its measured ranges. Throws
// std::invalid_argument for an unknown name.
std::string catalogue_svg(const std::vector<std::string>& names);

// `text` for the body or a quoted attribute of XML and HTML. Control bytes and invalid UTF-8 become \xNN.
std::string escaped(std::string_view text);

}  // namespace primer
