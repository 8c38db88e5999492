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

// Points of σ and σ′ for z from low to high, in steps of 1/16. At each kink k, three points: z = k − 2⁻²⁰, k, k + 2⁻²⁰.
// For softmax, the layer has two units. The points show the output of unit 1; z of unit 2 is always 0.
struct CurvePoint {
  real z, a, derivative;
};
std::vector<CurvePoint> curve_of(const Activation& activation, int low, int high);

// The curve as the data of an SVG path, in units of z and σ or σ′. Each number has enough digits to restore its bits.
std::string path_of(const std::vector<CurvePoint>& curve, real CurvePoint::*value);

// The vertical range of a chart of σ and σ′ for z = low … high. The chart cuts off a large σ, so σ′ does not look flat.
std::pair<real, real> vertical_axis(const std::vector<CurvePoint>& curve, real low, real high);

// An SVG with a chart and the ranges of σ and σ′ for each activation. Throws std::invalid_argument for unknown names.
std::string catalogue_svg(const std::vector<std::string>& names);

// Escapes `text` for the body or a quoted attribute of XML and HTML. Control bytes and invalid UTF-8 become \xNN.
std::string escaped(std::string_view text);

}  // namespace primer
