#include "primer/training/generators.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

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

TEST_CASE("classes take turns, so each has its share") {
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

TEST_CASE("gaussian clouds stand 3 from the origin, one standard deviation wide") {
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
