// Curves as SVG paths, and the catalogue's page of them.
#include "primer/views/svg.hpp"

#include <algorithm>
#include <cmath>

#include "primer/files/error.hpp"
#include "primer/files/number.hpp"
#include "primer/training/facts.hpp"

namespace primer {

std::vector<CurvePoint> curve_of(const Activation& activation, int low, int high) {
  constexpr int per_unit = 16;
  constexpr real beside = real(1) / (1 << 20);
  std::vector<real> places;
  for (int i = low * per_unit; i <= high * per_unit; ++i) places.push_back(static_cast<real>(i) / per_unit);
  for (const real kink : activation.kinks()) places.insert(places.end(), {kink - beside, kink, kink + beside});
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());

  Tensor z(places.size(), activation.elementwise() ? 1 : 2);
  for (std::size_t i = 0; i < places.size(); ++i) z(i, 0) = places[i];
  Tensor a;
  Tensor slope;
  activation.forward(z, a, slope);
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i < places.size(); ++i) curve.push_back({places[i], a(i, 0), slope(i, 0)});
  return curve;
}

std::string path_of(const std::vector<CurvePoint>& curve, real CurvePoint::*value) {
  std::string path;
  for (const CurvePoint& point : curve) {
    path += path.empty() ? "M" : "L";
    path += number(point.z) + " " + number(point.*value);
  }
  return path;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace primer
