// The catalogue's drawing: well-formed, and its curves are the functions.
#include "primer/report/svg.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "curves.hpp"
#include "xml.hpp"

using namespace primer;

TEST_CASE("the catalogue is well-formed and draws σ and σ′ of every activation exactly") {
  std::vector<std::string> names;
  for (const std::string_view name : activations().names()) names.emplace_back(name);
  names.emplace_back("leaky_relu(0.2)");
  const std::string svg = catalogue_svg(names);
  const xml::Document document = xml::parse(svg);
  REQUIRE(document.error == "");
  std::size_t sigma = 0;
  std::size_t derivative = 0;
  for (const xml::Element& e : document.elements) {
    if (e.name != "path") continue;
    const bool dashed = e.attributes.count("stroke-dasharray") != 0;
    CHECK(dashed == (e.attributes.at("class") == "derivative"));
    (dashed ? derivative : sigma) += 1;
    const std::string& name = e.attributes.at("data-activation");
    CAPTURE(name);
    CHECK(curves::check(e.attributes.at("d"), name, dashed) >= 193);
  }
  CHECK(sigma == names.size());
  CHECK(derivative == names.size());
  CHECK(catalogue_svg(names) == svg);
}

TEST_CASE("the catalogue writes the measured ranges, with round brackets where an end is only approached") {
  const auto texts_of = [](const std::string& name) {
    std::vector<std::string> texts;
    for (const xml::Element& e : xml::parse(catalogue_svg({name})).elements) {
      if (e.name == "text") texts.push_back(e.text);
    }
    return texts;
  };
  const auto has = [](const std::vector<std::string>& texts, const std::string& text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
  };
  CHECK(has(texts_of("sigmoid"), "σ ∈ (0, 1)"));
  CHECK(has(texts_of("sigmoid"), "σ′ ∈ (0, 0.25]"));
  CHECK(has(texts_of("relu"), "σ ∈ [0, ∞)"));
  CHECK(has(texts_of("identity"), "σ′ ∈ {1}"));
  CHECK(has(texts_of("gelu"), "σ ∈ [−0.16997, ∞)"));
}

TEST_CASE("the shaded zones begin where |σ′| falls below 5 % of its maximum") {
  // tanh′(z) = 0.05 at |z| = artanh √0.95 = 2.17902…; the plot is 252 wide for −6 … 6, its middle at 160.
  std::vector<double> edges;
  for (const xml::Element& e : xml::parse(catalogue_svg({"tanh"})).elements) {
    if (e.attributes.count("class") == 0 || e.attributes.at("class") != "saturated") continue;
    edges.push_back(std::stod(e.attributes.at("x")));
    edges.push_back(edges.back() + std::stod(e.attributes.at("width")));
  }
  REQUIRE(edges.size() == 4);
  const double reach = std::atanh(std::sqrt(0.95)) * 21;
  CHECK(edges[0] == doctest::Approx(34));
  CHECK(edges[1] == doctest::Approx(160 - reach).epsilon(1e-4));
  CHECK(edges[2] == doctest::Approx(160 + reach).epsilon(1e-4));
  CHECK(edges[3] == doctest::Approx(286));
}

TEST_CASE("an unknown activation is refused") { CHECK_THROWS_AS(catalogue_svg({"tan"}), std::invalid_argument); }

TEST_CASE("escaped text has neither markup nor control bytes") {
  CHECK(escaped("</script><b> & \"x\"") == "&lt;/script&gt;&lt;b&gt; &amp; &quot;x&quot;");
  CHECK(xml::parse("<a>" + escaped("\x01\x1b[31m\xff größe") + "</a>").error == "");
}
