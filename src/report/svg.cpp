// Writes curves as SVG paths, and draws the catalogue: one SVG with a chart of each activation.
#include "primer/report/svg.hpp"

#include <algorithm>
#include <cmath>

#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/activation_facts.hpp"

namespace primer {

std::vector<CurvePoint> curve_of(const Activation& activation, int low, int high) {
  constexpr int per_unit = 16;
  constexpr real beside = real(1) / (1 << 20);
  std::vector<real> locations;
  for (int i = low * per_unit; i <= high * per_unit; ++i) locations.push_back(static_cast<real>(i) / per_unit);
  for (const real kink : activation.traits.kinks)
    locations.insert(locations.end(), {kink - beside, kink, kink + beside});
  std::sort(locations.begin(), locations.end());
  locations.erase(std::unique(locations.begin(), locations.end()), locations.end());

  const auto [a, derivative] = sample(activation, locations);
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i < locations.size(); ++i) curve.push_back({locations[i], a(i, 0), derivative(i, 0)});
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

std::pair<real, real> vertical_axis(const std::vector<CurvePoint>& curve, real low, real high) {
  real bottom = 0;
  real top = 1;
  for (const CurvePoint& point : curve) {
    if (point.z < low || point.z > high) continue;
    bottom = std::min({bottom, point.a, point.derivative});
    top = std::max({top, point.a, point.derivative});
  }
  bottom = std::max(bottom, real(-1.6));
  top = std::min(top, real(2.4));
  const real pad = real(0.05) * (top - bottom);
  return {bottom - pad, top + pad};
}

namespace {

constexpr int z_reach = 6;  // the catalogue shows σ and σ′ for z from −6 to 6
constexpr int columns = 4;
constexpr double panel_width = 300, panel_height = 236;
constexpr double plot_left = 34, plot_top = 58, plot_width = 252, plot_height = 150;

std::string attribute(const char* name, double value) {
  return " " + std::string(name) + "=\"" + number(std::round(value * 1000) / 1000) + "\"";
}

std::string line(double x1, double y1, double x2, double y2, const char* color) {
  return "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2) +
         " stroke=\"" + color + "\"/>\n";
}

std::string words(double x, double y, int size, const char* style, std::string_view text) {
  return "<text" + attribute("x", x) + attribute("y", y) + " font-size=\"" + std::to_string(size) + "\" " + style +
         ">" + escaped(text) + "</text>\n";
}

// Replaces each hyphen by the minus sign −.
std::string with_minus(const std::string& text) {
  std::string set;
  for (const char c : text) set += c == '-' ? "−" : std::string(1, c);
  return set;
}

// The picture of one activation; its upper left corner is at 0, 0. An SVG transformation maps z and σ to pixels.
std::string panel(const std::string& name, std::size_t index) {
  const auto activation = make_activation(name);
  const std::vector<CurvePoint> curve = curve_of(*activation, -z_reach, z_reach);
  const auto [bottom, top] = vertical_axis(curve, -z_reach, z_reach);
  const double sx = plot_width / (2 * z_reach);
  const double sy = plot_height / static_cast<double>(top - bottom);
  const double x0 = plot_left + plot_width / 2;
  const double y0 = plot_top + static_cast<double>(top) * sy;
  const Properties properties = properties_of(*activation);
  const std::string clip = "clip-" + std::to_string(index);

  std::string svg =
      "<rect x=\"2\" y=\"2\" width=\"296\" height=\"232\" rx=\"8\" fill=\"#ffffff\" stroke=\"#dcdad3\"/>\n";
  svg += "<clipPath id=\"" + clip + "\"><rect" + attribute("x", plot_left) + attribute("y", plot_top) +
         attribute("width", plot_width) + attribute("height", plot_height) + "/></clipPath>\n";
  for (const Interval& zone : properties.saturated) {
    const double from = std::clamp(zone.from, -double{z_reach}, double{z_reach});
    const double to = std::clamp(zone.to, -double{z_reach}, double{z_reach});
    svg += "<rect class=\"saturated\"" + attribute("x", x0 + from * sx) + attribute("y", plot_top) +
           attribute("width", (to - from) * sx) + attribute("height", plot_height) + " fill=\"#e9dcc6\"/>\n";
  }
  svg += line(plot_left, y0, plot_left + plot_width, y0, "#b9b6ad");
  svg += line(x0, plot_top, x0, plot_top + plot_height, "#b9b6ad");
  for (const int z : {-4, -2, 2, 4}) {
    svg += words(x0 + z * sx, plot_top + plot_height + 14, 11, "fill=\"#5a5f6a\" text-anchor=\"middle\"",
                 with_minus(std::to_string(z)));
  }
  for (int a = static_cast<int>(std::ceil(bottom)); a <= static_cast<int>(std::floor(top)); ++a) {
    svg += words(plot_left - 6, y0 - a * sy + 4, 11, "fill=\"#5a5f6a\" text-anchor=\"end\"",
                 with_minus(std::to_string(a)));
  }
  svg += "<g clip-path=\"url(#" + clip + ")\"><g fill=\"none\" stroke-width=\"2.4\" transform=\"translate(" +
         number(x0) + " " + number(y0) + ") scale(" + number(sx) + " " + number(-sy) +
         ")\">\n<path class=\"sigma\" data-activation=\"" + escaped(name) +
         "\" stroke=\"#0072b2\" vector-effect=\"non-scaling-stroke\" d=\"" + path_of(curve, &CurvePoint::a) +
         "\"/>\n<path class=\"derivative\" data-activation=\"" + escaped(name) +
         "\" stroke=\"#d55e00\" stroke-dasharray=\"7 4\" vector-effect=\"non-scaling-stroke\" d=\"" +
         path_of(curve, &CurvePoint::derivative) + "\"/>\n</g></g>\n";
  svg +=
      words(14, 24, 15, "font-weight=\"600\"", name + (activation->traits.elementwise ? "" : " (unit 1 of 2, z₂ = 0)"));
  svg += words(14, 44, 11, "fill=\"#0072b2\"", "σ ∈ " + with_minus(interval_text(properties.value)));
  return svg + words(146, 44, 11, "fill=\"#c45500\"", "σ′ ∈ " + with_minus(interval_text(properties.derivative)));
}

}  // namespace

std::string catalogue_svg(const std::vector<std::string>& names) {
  const auto count = static_cast<int>(names.size());
  const double width = panel_width * std::min(count, columns) + 8;
  const int rows = (count + columns - 1) / columns;
  const double height = panel_height * rows + 40;
  std::string svg =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
      number(width) + " " + number(height) + "\"" + attribute("width", width) + attribute("height", height) +
      " font-family=\"system-ui, Liberation Sans, sans-serif\" fill=\"#1b1d22\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#f6f5f1\"/>\n";
  const std::string solid = "a = σ(z) solid, its derivative σ′(z) dashed;";
  const std::string shaded = "shaded where |σ′| < " + short_number(100 * saturation_threshold) + " % of its maximum";
  svg += count > 2 ? words(8, 24, 14, "", solid + " " + shaded)
                   : words(8, 14, 12, "", solid) + words(8, 30, 12, "", shaded);  // narrow drawing: two lines of text
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t column = i % columns;
    const std::size_t row = i / columns;
    svg += "<g transform=\"translate(" + number(panel_width * static_cast<double>(column) + 4) + " " +
           number(panel_height * static_cast<double>(row) + 36) + ")\">\n" + panel(names[i], i) + "</g>\n";
  }
  return svg + "</svg>\n";
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
