#include "primer/core/initializer.hpp"

#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

#include "../golden.hpp"

using namespace primer;

TEST_CASE("the spread of every named initialiser is the reference's") {
  std::size_t compared = 0;
  for (const std::string& record : golden::records("04_initializers.csv")) {
    const std::vector<std::string> f = golden::split(record, ',');
    if (f[0] == "torch_linear" || f[3] != "1") continue;  // an optional scheme, and a gain that primer does not have
    const auto initializer = make_initializer(f[0], std::stoul(f[1]), std::stoul(f[2]), golden::number(f[4]));
    const bool uniform = f[5] == "uniform";
    CHECK((initializer.shape == Initializer::Shape::uniform) == uniform);
    INFO(record);
    CHECK(golden::close(initializer.spread, golden::number(uniform ? f[6] : f[7]), 1e-15, 0));
    ++compared;
  }
  CHECK(compared >= 40);
}

TEST_CASE("drawn weights have the mean, the deviation and the limits of their distribution") {
  for (const char* spec :
       {"xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "normal(0.3)"}) {
    INFO(spec);
    Tensor W(100, 50);
    const auto initializer = make_initializer(spec, 100, 50);
    initialize(initializer, Random(1, Stream::initialization, 1), W);
    const bool uniform = initializer.shape == Initializer::Shape::uniform;
    const double std = uniform ? initializer.spread / std::sqrt(3) : initializer.spread;
    const double n = static_cast<double>(W.size());
    double mean = 0;
    double squares = 0;
    double largest = 0;
    for (const real w : W.values()) {
      mean += static_cast<double>(w) / n;
      squares += static_cast<double>(w * w) / n;
      largest = std::max(largest, std::abs(static_cast<double>(w)));
    }
    const double kurtosis = uniform ? 1.8 : 3;
    CHECK(std::abs(mean) <= 5 * std / std::sqrt(n));
    CHECK(std::abs(std::sqrt(squares - mean * mean) / std - 1) <= 5 * std::sqrt((kurtosis - 1) / (4 * n)));
    if (uniform) CHECK(largest <= initializer.spread * (1 + 1e-6));
    if (uniform) CHECK(largest >= initializer.spread * (1 - 20 / n));
  }
}

TEST_CASE("constant(c) fills the weights with c") {
  Tensor W(2, 3, 9);
  initialize(make_initializer("zeros", 2, 3), Random(1, Stream::initialization, 1), W);
  CHECK(W == Tensor(2, 3));
  initialize(make_initializer("constant(-0.5)", 2, 3), Random(1, Stream::initialization, 1), W);
  CHECK(W == Tensor(2, 3, real(-0.5)));
}

TEST_CASE("weights are drawn unit by unit, so more units leave the first ones as they were") {
  Tensor narrow(4, 2);
  Tensor wide(4, 5);
  initialize(make_initializer("normal(1)", 4, 2), Random(1, Stream::initialization, 1), narrow);
  initialize(make_initializer("normal(1)", 4, 5), Random(1, Stream::initialization, 1), wide);
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t j = 0; j < 2; ++j) CHECK(narrow(k, j) == wide(k, j));
  }
}

TEST_CASE("every initialiser in the list is known, and anything else is refused") {
  for (const std::string_view name : initializer_names()) {
    if (name == "auto") continue;  // the network asks the activation
    std::string spec(name);
    if (const auto open = spec.find('('); open != std::string::npos) spec = spec.substr(0, open) + "(0.1)";
    CHECK_NOTHROW(make_initializer(spec, 3, 4));
  }
  for (const char* spec : {"he", "", "normal", "normal(-1)", "normal(x)", "constant()", "constant(inf)", "zeros(1)"}) {
    CHECK_THROWS_WITH_AS(make_initializer(spec, 3, 4), ("unknown initialiser '" + std::string(spec) + "'").c_str(),
                         std::invalid_argument);
  }
}

TEST_CASE("an initial weight that is no real number is refused") {
  const char* const too_large = sizeof(real) == 8 ? "constant(1e400)" : "constant(1e300)";
  CHECK_THROWS_AS(make_initializer(too_large, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(make_initializer("constant(inf)", 1, 1), std::invalid_argument);
  CHECK(make_initializer("constant(-3e38)", 1, 1).spread == -3e38);
}

TEST_CASE("a spread of 0 and the largest number are allowed, and he's rule is that of relu unless α is given") {
  CHECK(make_initializer("normal(0)", 1, 1).spread == 0);
  std::ostringstream largest;
  largest << std::setprecision(17) << static_cast<double>(std::numeric_limits<real>::max());
  CHECK(make_initializer("constant(" + largest.str() + ")", 1, 1).spread ==
        doctest::Approx(static_cast<double>(std::numeric_limits<real>::max())));
  CHECK(make_initializer("he_normal", 8, 3).spread == 0.5);  // √(2 / 8)
}
