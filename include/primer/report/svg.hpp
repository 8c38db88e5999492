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

// σ and σ′ at values of z from low to high in steps of 1/16. A kink at z = k adds the points k − 2⁻²⁰, k and k + 2⁻²⁰.
// For softmax, the points show unit 1 of a layer of two units in which unit 2 has z = 0.
struct CurvePoint {
  real z, a, derivative;
};
std::vector<CurvePoint> curve_of(const Activation& activation, int low, int high);

// The curve as the data of an SVG path, in units of z and σ or σ′. Each number has enough digits to restore its bits.
std::string path_of(const std::vector<CurvePoint>& curve, real CurvePoint::*value);

// The vertical axis for σ and σ′ at z = low … high. Its range is limited if an unbounded σ would make σ′ look flat.
std::pair<real, real> vertical_axis(const std::vector<CurvePoint>& curve, real low, real high);

// An SVG with a chart and the ranges of σ and σ′ for each activation. Throws std::invalid_argument for unknown names.
std::string catalogue_svg(const std::vector<std::string>& names);

// Escapes `text` for the body or a quoted attribute of XML and HTML. Control bytes and invalid UTF-8 become \xNN.
std::string escaped(std::string_view text);

}  // namespace primer
