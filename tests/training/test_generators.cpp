#include "primer/training/generators.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

using namespace primer;

namespace {

Samples make(const std::string& name, double noise = 0, std::uint64_t seed = 1, std::size_t points = 0) {
  GeneratorOptions options;
  options.generator = name;
  options.noise = noise;
  options.points = points;
  return generate(options, seed);
}

double at(const Samples& s, std::size_t i, std::size_t j) { return static_cast<double>(s.x(i, j)); }
double radius(const Samples& s, std::size_t i) { return std::hypot(at(s, i, 0), at(s, i, 1)); }
constexpr double tolerance = sizeof(real) == 8 ? 1e-12 : 1e-6;

}  // namespace

TEST_CASE("every generator gives the asked number of points, named columns, and the same points for the same seed") {
  for (const std::string_view name : generator_names()) {
    INFO(name);
    for (const std::size_t points : {1u, 7u, 50u}) {
      const Samples s = make(std::string(name), 0.1, 1, points);
      CHECK(s.x.rows() == points);
      CHECK(s.columns.size() == s.x.cols());
      REQUIRE(s.targets.size() == 1);
      CHECK(s.targets[0].size() == points);
      CHECK(make(std::string(name), 0.1, 1, points).x == s.x);
      CHECK(make(std::string(name), 0.1, 2, points).x != s.x);
    }
  }
  CHECK_THROWS_WITH(make("spiral"), "unknown generator 'spiral'");
}

TEST_CASE("classes are assigned in turn, so they are equally large") {
  for (const auto& [name, K] :
       std::map<std::string, std::size_t>{{"xor", 2}, {"spirals", 3}, {"circles", 2}, {"moons", 2}, {"gaussians", 2}}) {
    std::vector<std::size_t> count(K);
    const Samples s = make(name, 0, 1, 120);
    for (const double label : s.targets[0].numbers) ++count.at(static_cast<std::size_t>(label));
    for (const std::size_t n : count) CHECK(n == 120 / K);
  }
}

TEST_CASE("xor is the four corners, and their parity") {
  const Samples s = make("xor");
  CHECK(s.x == Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  CHECK(s.targets[0].numbers == std::vector<double>{0, 1, 1, 0});
}

TEST_CASE("an arm of the spirals winds from the centre to radius 1, and arms are a third of a turn apart") {
  const Samples s = make("spirals");
  CHECK(s.x.rows() == 300);
  CHECK(radius(s, 0) < tolerance);
  CHECK(std::abs(radius(s, 299) - 1) < tolerance);
  for (std::size_t i = 3; i < 300; i += 3) {
    CHECK(radius(s, i) > radius(s, i - 3));
    const double cross = at(s, i, 0) * at(s, i + 1, 1) - at(s, i, 1) * at(s, i + 1, 0);
    CHECK(std::abs(std::abs(cross) - radius(s, i) * radius(s, i) * std::sqrt(0.75)) < tolerance);
  }
  GeneratorOptions straight{"spirals"};
  straight.turns = 0;
  straight.classes = 4;
  const Samples rays = generate(straight, 1);
  for (std::size_t i = 0; i < 300; i += 4) CHECK(std::abs(at(rays, i, 0)) < tolerance);  // arm 0 points up
}

TEST_CASE("circles and moons lie on their curves when there is no noise") {
  const Samples circles = make("circles");
  for (std::size_t i = 0; i < 200; ++i) CHECK(std::abs(radius(circles, i) - (i % 2 == 0 ? 0.5 : 1)) < tolerance);
  const Samples moons = make("moons");
  for (std::size_t i = 0; i < 200; i += 2) {
    CHECK(std::abs(radius(moons, i) - 1) < tolerance);
    CHECK(at(moons, i, 1) >= 0);
    CHECK(std::abs(std::hypot(at(moons, i + 1, 0) - 1, at(moons, i + 1, 1) - 0.5) - 1) < tolerance);
    CHECK(at(moons, i + 1, 1) <= 0.5);
  }
}

TEST_CASE("gaussian clouds have their centres 3 from the origin and a standard deviation of 1") {
  GeneratorOptions options{"gaussians", 30'000, 3};
  options.inputs = 4;
  const Samples s = generate(options, 1);
  CHECK(s.x.cols() == 4);
  double x = 0;
  double squares = 0;
  for (std::size_t i = 0; i < s.x.rows(); i += 3) {  // class 0, centre (3, 0, 0, 0)
    x += at(s, i, 0) / 10'000;
    squares += at(s, i, 3) * at(s, i, 3) / 10'000;
  }
  CHECK(std::abs(x - 3) < 0.05);
  CHECK(std::abs(squares - 1) < 0.07);
}

TEST_CASE("sine and plane give their formulas, plus noise on y alone") {
  const Samples sine = make("sine");
  for (std::size_t i = 0; i < 200; ++i) {
    CHECK(std::abs(at(sine, i, 0)) <= 3);
    CHECK(std::abs(sine.targets[0].numbers[i] - std::sin(2 * at(sine, i, 0))) < 1e-6);
  }
  GeneratorOptions options{"plane"};
  options.inputs = 3;
  const Samples plane = generate(options, 1);
  for (std::size_t i = 0; i < 200; ++i) {
    CHECK(std::abs(plane.targets[0].numbers[i] - (1 + at(plane, i, 0) - at(plane, i, 1) / 2 + at(plane, i, 2) / 4)) <
          1e-6);
  }
  double squares = 0;
  const Samples noisy = make("sine", 0.5, 1, 20'000);
  for (std::size_t i = 0; i < 20'000; ++i) {
    const double d = noisy.targets[0].numbers[i] - std::sin(2 * at(noisy, i, 0));
    squares += d * d / 20'000;
  }
  CHECK(std::abs(squares - 0.25) < 0.0125);
}

TEST_CASE("a generator has its default number of points and classes, and names its columns") {
  const std::map<std::string, std::pair<std::size_t, std::size_t>> own{
      {"xor", {4, 2}}, {"spirals", {300, 3}}, {"circles", {200, 2}}, {"moons", {200, 2}}, {"gaussians", {200, 2}}};
  for (const auto& [name, count] : own) {
    const Samples s = make(name);
    CHECK(s.x.rows() == count.first);
    CHECK(s.columns == std::vector<std::string>{"x1", "x2"});
    CHECK(s.targets[0].name == "class");
    CHECK(*std::max_element(s.targets[0].numbers.begin(), s.targets[0].numbers.end()) ==
          static_cast<double>(count.second - 1));
  }
  CHECK(make("sine").columns == std::vector<std::string>{"x"});
  CHECK(make("sine").x.rows() == 200);
  CHECK(make("plane").columns == std::vector<std::string>{"x1", "x2"});
  CHECK(make("plane").targets[0].name == "y");
  CHECK(make("plane").x.rows() == 200);
}

TEST_CASE("point i of the spirals is at radius r = ⌊i/K⌋ / last and at the angle 2π (k/K + turns · r) from above") {
  for (const auto& [points, classes, turns] :
       {std::tuple<std::size_t, std::size_t, double>{300, 3, 0.75}, {10, 4, 2}, {5, 3, 0.5}}) {
    GeneratorOptions options{"spirals", points, classes};
    options.turns = turns;
    const Samples s = generate(options, 1);
    for (std::size_t i = 0; i < points; ++i) {
      const double r = static_cast<double>(i / classes) / static_cast<double>((points - 1) / classes);
      const double angle =
          2 * 3.14159265358979323846 * (static_cast<double>(i % classes) / static_cast<double>(classes) + turns * r);
      CHECK(std::abs(at(s, i, 0) - r * std::sin(angle)) < tolerance);
      CHECK(std::abs(at(s, i, 1) - r * std::cos(angle)) < tolerance);
      CHECK(s.targets[0].numbers[i] == static_cast<double>(i % classes));
    }
  }
  CHECK(std::abs(radius(make("spirals", 0, 1, 2), 1) - 1) < tolerance);  // one point an arm: on the rim
}

TEST_CASE("noise is a standard deviation: of x1 and of x2, or of the angle of a spiral") {
  constexpr std::size_t n = 20'000;
  for (const std::string name : {"xor", "circles", "moons"}) {
    CAPTURE(name);
    const Samples clean = make(name, 0, 1, n);
    const Samples noisy = make(name, 0.5, 1, n);
    double mean[2] = {};
    double squares[2] = {};
    double product = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double d[2] = {at(noisy, i, 0) - at(clean, i, 0), at(noisy, i, 1) - at(clean, i, 1)};
      for (std::size_t j = 0; j < 2; ++j) {
        mean[j] += d[j] / n;
        squares[j] += d[j] * d[j] / n;
      }
      product += d[0] * d[1] / n;
    }
    for (std::size_t j = 0; j < 2; ++j) {
      CHECK(std::abs(mean[j]) < 0.02);
      CHECK(std::abs(squares[j] - 0.25) < 0.0125);
    }
    CHECK(std::abs(product) < 0.0125);
    CHECK(noisy.targets[0].numbers == clean.targets[0].numbers);
  }
  const Samples clean = make("spirals", 0, 1, n);
  const Samples noisy = make("spirals", 0.1, 1, n);
  double squares = 0;
  for (std::size_t i = 3; i < n; ++i) {
    CHECK(std::abs(radius(noisy, i) - radius(clean, i)) < tolerance);
    const double turned = std::atan2(at(clean, i, 0) * at(noisy, i, 1) - at(clean, i, 1) * at(noisy, i, 0),
                                     at(clean, i, 0) * at(noisy, i, 0) + at(clean, i, 1) * at(noisy, i, 1));
    squares += turned * turned / n;
  }
  CHECK(std::abs(squares - 0.01) < 0.0005);
}

TEST_CASE("points spread over the whole curve") {
  const auto span = [](const Samples& s, std::size_t first, std::size_t step, std::size_t j) {
    std::pair<double, double> range{at(s, first, j), at(s, first, j)};
    for (std::size_t i = first; i < s.x.rows(); i += step) {
      range = {std::min(range.first, at(s, i, j)), std::max(range.second, at(s, i, j))};
    }
    return range;
  };
  const auto reaches = [](const std::pair<double, double>& range, double low, double high) {
    return std::abs(range.first - low) < 0.02 && std::abs(range.second - high) < 0.02;
  };
  const Samples circles = make("circles", 0, 1, 2000);
  for (const std::size_t j : {0u, 1u}) {
    CHECK(reaches(span(circles, 0, 2, j), -0.5, 0.5));
    CHECK(reaches(span(circles, 1, 2, j), -1, 1));
  }
  const Samples moons = make("moons", 0, 1, 2000);
  CHECK(reaches(span(moons, 0, 2, 0), -1, 1));
  CHECK(reaches(span(moons, 0, 2, 1), 0, 1));
  CHECK(reaches(span(moons, 1, 2, 0), 0, 2));
  CHECK(reaches(span(moons, 1, 2, 1), -0.5, 0.5));
  CHECK(reaches(span(make("sine", 0, 1, 2000), 0, 1, 0), -3, 3));
  const Samples plane = make("plane", 0, 1, 2000);
  CHECK(reaches(span(plane, 0, 1, 0), -1, 1));
  CHECK(reaches(span(plane, 0, 1, 1), -1, 1));
}

TEST_CASE("the centre of gaussian cloud k is at the angle 2πk/K, and noise widens it") {
  GeneratorOptions options{"gaussians", 30'000, 3};
  options.noise = 0.5;
  options.inputs = 3;
  const Samples s = generate(options, 1);
  for (std::size_t k = 0; k < 3; ++k) {
    const double angle = 2 * 3.14159265358979323846 * static_cast<double>(k) / 3;
    const double centre[3] = {3 * std::cos(angle), 3 * std::sin(angle), 0};
    for (std::size_t j = 0; j < 3; ++j) {
      double mean = 0;
      double squares = 0;
      for (std::size_t i = k; i < 30'000; i += 3) {
        mean += at(s, i, j) / 10'000;
        squares += std::pow(at(s, i, j) - centre[j], 2) / 10'000;
      }
      CHECK(std::abs(mean - centre[j]) < 0.08);
      CHECK(std::abs(squares - 2.25) < 0.15);
    }
  }
}

TEST_CASE("a generator refuses turns and noise beyond their bounds, and NaN") {
  const auto with = [](double turns, double noise) {
    return generate({.generator = "spirals", .turns = turns, .noise = noise}, 1);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_NOTHROW(with(-100'000, 1'000'000));
  for (const double turns : {100'001.0, -100'001.0, nan})
    CHECK_THROWS_WITH(with(turns, 0), "turns must be from −100000 to 100000");
  for (const double noise : {-0.1, 1'000'001.0, nan})
    CHECK_THROWS_WITH(with(1, noise), "noise must be from 0 to 1000000");
}

TEST_CASE("circles and moons are evenly spread over their curves") {
  // t ∼ U(0, 2π) has E cos t = E sin t = E cos 2t = 0; t ∼ U(0, π) has E cos t = 0 and E sin t = 2/π.
  constexpr std::size_t n = 40'000;
  const Samples circles = make("circles", 0, 1, n), moons = make("moons", 0, 1, n);
  double c = 0, s = 0, c2 = 0, moon_c = 0, moon_s = 0;
  for (std::size_t i = 0; i < n; i += 2) {
    const double x = 2 * at(circles, i, 0), y = 2 * at(circles, i, 1);
    c += x / (n / 2.0);
    s += y / (n / 2.0);
    c2 += (x * x - y * y) / (n / 2.0);
    moon_c += at(moons, i, 0) / (n / 2.0);
    moon_s += at(moons, i, 1) / (n / 2.0);
  }
  const double bound = 5 * std::sqrt(0.5 / (n / 2.0));  // five standard deviations
  for (const double mean : {c, s, c2, moon_c, moon_s - 2 / 3.14159265358979323846}) CHECK(std::abs(mean) < bound);
}
