#include "primer/training/properties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "primer/core/network.hpp"
#include "primer/core/random.hpp"
#include "primer/core/sum.hpp"

using namespace primer;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr bool is_double = sizeof(real) == sizeof(double);
constexpr double near = is_double ? 1e-7 : 2e-3;  // a float's derivative is flat for many steps around an extreme

bool close(double got, double want) {
  return got == want || std::abs(got - want) < near * std::max(1.0, std::abs(want));
}

std::vector<std::string> built_in() {
  std::vector<std::string> names;
  for (const std::string_view name : activations().names()) {
    if (!name.starts_with("test_")) names.emplace_back(name);  // other tests register these
  }
  return names;
}

struct Want {
  double low, high, slope_low, slope_high;
  bool monotone, zero_centred;
};
const std::map<std::string, Want> wanted{
    {"identity", {-infinity, infinity, 1, 1, true, true}},
    {"step", {0, 1, 0, 0, true, false}},
    {"sigmoid", {0, 1, 0, 0.25, true, false}},
    {"tanh", {-1, 1, 0, 1, true, true}},
    {"relu", {0, infinity, 0, 1, true, false}},
    {"leaky_relu", {-infinity, infinity, 0.01, 1, true, false}},
    {"prelu", {-infinity, infinity, 0.25, 1, true, false}},
    {"elu", {-1, infinity, 0, 1, true, false}},
    {"selu", {-1.7580993408473769, infinity, 0, 1.7580993408473769, true, true}},
    {"softplus", {0, infinity, 0, 1, true, false}},
    {"gelu", {-0.16997120747990369, infinity, -0.12890414518515479, 1.1289041451851547, false, false}},
    {"gelu_tanh", {-0.17004075057125412, infinity, -0.12899306865877177, 1.1289930686587717, false, false}},
    {"silu", {-0.27846454276107379, infinity, -0.09983932012886692, 1.0998393201288669, false, false}},
    {"softmax", {0, 1, 0, 0.25, true, false}},
};

double value(const Activation& activation, double z) {
  Tensor a;
  Tensor derivative;
  activation.forward(Tensor(1, 1, static_cast<real>(z)), a, derivative);
  return static_cast<double>(a(0, 0));
}
double derivative(const Activation& activation, double z) {
  Tensor a;
  Tensor prime;
  activation.forward(Tensor(1, 1, static_cast<real>(z)), a, prime);
  return static_cast<double>(prime(0, 0));
}

}  // namespace

TEST_CASE("the scan finds the range of σ and σ′, whether σ ever falls and whether it is centred") {
  std::size_t looked_at = 0;
  for (const std::string& name : built_in()) {
    INFO(name);
    REQUIRE(wanted.count(name) == 1);
    const Want& want = wanted.at(name);
    const Properties properties = properties_of(*make_activation(name));
    CHECK(close(properties.value.low, want.low));
    CHECK(close(properties.value.high, want.high));
    CHECK(close(properties.derivative.low, want.slope_low));
    CHECK(close(properties.derivative.high, want.slope_high));
    CHECK(properties.monotone == want.monotone);
    CHECK(properties.zero_centred == want.zero_centred);
    CHECK(largest_derivative(*make_activation(name)) ==
          std::max(std::abs(properties.derivative.low), std::abs(properties.derivative.high)));
    ++looked_at;
  }
  CHECK(looked_at == wanted.size());
}

TEST_CASE("GELU's range is not the real line: its minimum is −0.16997 at z = −0.7518, where its derivative is 0") {
  const Properties gelu = properties_of(*make_activation("gelu"));
  CHECK(gelu.value.low == doctest::Approx(-0.16997).epsilon(1e-5));
  CHECK(gelu.value.at_low == doctest::Approx(-0.7518).epsilon(is_double ? 1e-5 : 1e-3));
  REQUIRE(gelu.zeros.size() == 1);
  CHECK(gelu.zeros[0].from == gelu.zeros[0].to);
  CHECK(std::abs(gelu.zeros[0].from + 0.75179152) < (is_double ? 1e-8 : 1e-5));
  const Properties silu = properties_of(*make_activation("silu"));
  REQUIRE(silu.zeros.size() == 1);
  CHECK(std::abs(silu.zeros[0].from + 1.27846454) < (is_double ? 1e-8 : 1e-5));
}

TEST_CASE("an extreme that is only approached is at infinity") {
  const Properties sigmoid = properties_of(*make_activation("sigmoid"));
  CHECK(sigmoid.value.at_low == -infinity);
  CHECK(sigmoid.value.at_high == infinity);
  CHECK(std::abs(sigmoid.derivative.at_high) < near);
  const Properties softmax = properties_of(*make_activation("softmax"));  // of two units: ½ at z₁ = z₂ = 0
  CHECK(std::abs(softmax.derivative.at_high) < near);
  const Properties relu = properties_of(*make_activation("relu"));
  CHECK(relu.value.at_low == 0);
  CHECK(relu.value.at_high == infinity);
}

TEST_CASE("the intervals of zero derivative and of saturation end where their equations say") {
  const Properties relu = properties_of(*make_activation("relu"));
  REQUIRE(relu.zeros.size() == 1);
  CHECK(relu.zeros[0].from == -infinity);
  CHECK(relu.zeros[0].to == 0);
  CHECK(properties_of(*make_activation("identity")).saturated.empty());
  CHECK(properties_of(*make_activation("leaky_relu(0.2)")).saturated.empty());
  CHECK(properties_of(*make_activation("leaky_relu(0.05)")).saturated.empty());  // 0.05 is not below 0.05
  const Properties step = properties_of(*make_activation("step"));
  REQUIRE(step.saturated.size() == 1);
  CHECK(step.saturated[0].from == -infinity);
  CHECK(step.saturated[0].to == infinity);
  // a(1 − a) = 0.0125 at a = (1 ± √0.95)/2; 1 − a² = 0.05 at a = √0.95
  const double sigmoid_edge = std::log((1 + std::sqrt(0.95)) / (1 - std::sqrt(0.95)));
  for (const auto& [name, edge] : {std::pair{"sigmoid", sigmoid_edge}, std::pair{"tanh", sigmoid_edge / 2}}) {
    const Properties properties = properties_of(*make_activation(name));
    REQUIRE(properties.saturated.size() == 2);
    CHECK(properties.saturated[0].from == -infinity);
    CHECK(std::abs(properties.saturated[0].to + edge) < (is_double ? 1e-9 : 1e-4));
    CHECK(std::abs(properties.saturated[1].from - edge) < (is_double ? 1e-9 : 1e-4));
    CHECK(properties.saturated[1].to == infinity);
  }
}

TEST_CASE("the declared kinks are where σ, σ′ or σ″ jumps, and there are no others") {
  for (const std::string& name : built_in()) {
    const auto activation = make_activation(name);
    if (!activation->traits.elementwise) continue;
    std::set<double> declared;
    for (const real kink : activation->traits.kinks) declared.insert(static_cast<double>(kink));
    const double h = is_double ? 0x1p-10 : 0x1p-7;
    for (int i = -256; i <= 256; ++i) {
      const double z = i / 32.0;
      // With a jump in between, one-sided differences of σ′ differ by O(1), else by O(h).
      const double right = (derivative(*activation, z + 2 * h) - derivative(*activation, z + h)) / h;
      const double left = (derivative(*activation, z - h) - derivative(*activation, z - 2 * h)) / h;
      const bool bends = std::abs(right - left) > 0.2;
      const bool breaks = std::abs(derivative(*activation, z + h) - derivative(*activation, z - h)) > 0.2;
      const bool jumps = std::abs(value(*activation, z + h) - value(*activation, z - h)) > 0.2;
      INFO(name, " at ", z);
      CHECK((bends || breaks || jumps) == (declared.count(z) > 0));
    }
  }
}

TEST_CASE("a rectifier goes through the origin and is at least twice as steep on the right as on the left") {
  for (const std::string& name : built_in()) {
    const auto activation = make_activation(name);
    if (!activation->traits.elementwise) continue;
    INFO(name);
    const bool one_sided = std::abs(value(*activation, 0)) < 1e-12 &&
                           std::abs(derivative(*activation, -8)) < std::abs(derivative(*activation, 8)) / 2 &&
                           value(*activation, std::numeric_limits<double>::infinity()) == infinity;
    CHECK(activation->traits.rectifier == one_sided);
    const bool line = value(*activation, -2) == 2 * value(*activation, -1) && value(*activation, -1) != 0;
    if (activation->traits.rectifier && line)
      CHECK(static_cast<double>(activation->leak()) == derivative(*activation, -1));
    if (!line) CHECK(activation->leak() == 0);
  }
}

TEST_CASE("with its own initialiser every activation keeps the size of a signal through ten layers") {
  for (const std::string& name : built_in()) {
    if (name == "step" || name == "softmax" || name == "softplus") continue;  // their outputs do not stay near 0
    INFO(name);
    const std::vector<LayerOptions> layers(10, {128, name});
    Tensor x(64, 128);
    Random random(1, Stream::data);
    for (real& v : x.values()) v = static_cast<real>(random.normal());
    double ratio = 0;
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      Network network(128, layers, seed);
      network.forward(x);
      const auto square = [](const Tensor& a) { return static_cast<double>(sum_of_squares(a.values())); };
      ratio += std::sqrt(square(network.layers.back().a) / square(network.layers.front().a)) / 3;
    }
    CHECK(ratio > 0.1);
    CHECK(ratio < 10);
  }
}

namespace {

// σ(z) = 3 (z + c), whose mean over N(0, 1) is c of its root mean square.
struct Shifted {
  static constexpr std::string_view name = "test_shifted";
  real c = 0;
  real value(real z) const { return 3 * (z + c); }
  real derivative(real) const { return 3; }
};

// A constant.
struct Flat {
  static constexpr std::string_view name = "test_flat";
  real c = 0;
  real value(real) const { return c; }
  real derivative(real) const { return 0; }
};

template <typename F>
Properties of(F f) {
  return properties_of(Elementwise<F>(f));
}

// A tent of height 1 over [c − 1/64, c + 1/64], and 0 elsewhere.
struct Tent {
  static constexpr std::string_view name = "test_tent";
  real c = 0;
  real value(real z) const { return std::max(real(0), 1 - 64 * std::abs(z - c)); }
  real derivative(real z) const { return value(z) > 0 ? (z < c ? real(64) : real(-64)) : real(0); }
};

// Rises with slope 1 up to z = c and falls with slope −1 from there on.
struct Ridge {
  static constexpr std::string_view name = "test_ridge";
  real c = 0;
  real value(real z) const { return -std::abs(z - c); }
  real derivative(real z) const { return z < c ? real(1) : real(-1); }
};

}  // namespace

TEST_CASE("zero-centred means that |E σ(z)| is below a ten-thousandth of √E σ(z)²") {
  CHECK(properties_of(Elementwise<Shifted>({real(0)})).zero_centred);
  for (const real sign : {real(1), real(-1)}) {
    CHECK(properties_of(Elementwise<Shifted>({sign * real(0.98e-4)})).zero_centred);
    CHECK(!properties_of(Elementwise<Shifted>({sign * real(1.02e-4)})).zero_centred);
  }
  CHECK(of(Flat{0}).zero_centred);
  CHECK(!of(Flat{1}).zero_centred);
}

TEST_CASE("the scan finds a peak of a thirty-second's width anywhere in −8 … 8" * doctest::skip(!is_double)) {
  for (const double c : {-7.99, -7.9, -1 / 3.0, 0.0, 0.51, 7.9, 7.99}) {
    CAPTURE(c);
    const Properties tent = properties_of(Elementwise<Tent>({static_cast<real>(c)}));
    CHECK(tent.value.high == doctest::Approx(1).epsilon(1e-6));
    CHECK(std::abs(tent.value.at_high - c) < 1e-8);
    CHECK(tent.value.low == 0);
    CHECK(tent.derivative.low == -64);
    CHECK(tent.derivative.high == 64);
    CHECK(!tent.monotone);
  }
}

TEST_CASE("the place of a change of sign is found to 1e-12" * doctest::skip(!is_double)) {
  for (const double c : {-7.98, -7.3, -2.0 / 3, -0.1, 0.0, 0.3, 1 / 7.0, 0.7, 1.9, 3.14159, 7.3, 7.98}) {
    CAPTURE(c);
    const Properties ridge = properties_of(Elementwise<Ridge>({static_cast<real>(c)}));
    REQUIRE(ridge.zeros.size() == 1);
    CHECK(ridge.zeros[0].from == ridge.zeros[0].to);
    CHECK(std::abs(ridge.zeros[0].from - c) <= 1e-12 * std::max(1.0, std::abs(c)));
    CHECK(ridge.value.high == doctest::Approx(0));
    CHECK(std::abs(ridge.value.at_high - c) < 1e-8);
    CHECK(ridge.value.low == -infinity);
  }
}

namespace {

// Functions whose properties follow from their formulas.
struct Quadratic {
  static constexpr std::string_view name = "test_quadratic";
  real value(real z) const { return (z - real(0.3)) * (z - real(0.3)); }
  real derivative(real z) const { return 2 * (z - real(0.3)); }
};
struct Cap {
  static constexpr std::string_view name = "test_cap";
  real value(real z) const { return -z * z; }
  real derivative(real z) const { return -2 * z; }
};
struct FallingStep {
  static constexpr std::string_view name = "test_falling_step";
  real value(real z) const { return z > 0 ? real(-1) : real(0); }
  real derivative(real) const { return 0; }
};
struct Wave {  // z e^(−z²): not a number at −∞ and ∞, where it is ∞ · 0
  static constexpr std::string_view name = "test_wave";
  real value(real z) const { return z * std::exp(-z * z); }
  real derivative(real z) const { return (1 - 2 * z * z) * std::exp(-z * z); }
};
// z + 3 sin(128π z) / 256π: rises from each point of the grid to the next, and falls between them.
struct Wiggle {
  static constexpr std::string_view name = "test_wiggle";
  static constexpr double w = 128 * 3.14159265358979323846;
  real value(real z) const { return static_cast<real>(z + 1.5 / w * std::sin(w * z)); }
  real derivative(real z) const { return static_cast<real>(1 + 1.5 * std::cos(w * z)); }
};
struct Plateau {  // (z − 0.3)² up to 1, then 0.49; 0.3 lies between two points of the grid
  static constexpr std::string_view name = "test_plateau";
  static constexpr real c = real(0.3);
  real value(real z) const { return z < 1 ? (z - c) * (z - c) : (1 - c) * (1 - c); }
  real derivative(real z) const { return z < 1 ? 2 * (z - c) : real(0); }
};
struct Wells {  // two equal minima, at −1 and 1
  static constexpr std::string_view name = "test_wells";
  real value(real z) const { return (z * z - 1) * (z * z - 1); }
  real derivative(real z) const { return 4 * z * (z * z - 1); }
};
struct Hill {  // of height 1 at z = c, beyond the grid
  static constexpr std::string_view name = "test_hill";
  real c = 0, width = 1;
  real value(real z) const { return std::exp(-(z - c) * (z - c) / (width * width)); }
  real derivative(real z) const { return -2 * (z - c) / (width * width) * value(z); }
};
// Not a number at −∞ and ∞, where ∞ · 0 is added; far out it is a constant, or a line.
struct Far {
  static constexpr std::string_view name = "test_far";
  real slope = 0, constant = 3;
  real value(real z) const { return slope * z + constant + z * std::exp(-z * z); }
  real derivative(real z) const { return slope + (1 - 2 * z * z) * std::exp(-z * z); }
};
struct Root {  // √|z|, which grows slowly, but is ∞ at ∞
  static constexpr std::string_view name = "test_root";
  real value(real z) const { return std::sqrt(std::abs(z)); }
  real derivative(real z) const { return std::copysign(real(0.5), z) / std::sqrt(std::abs(z) + real(1e-30)); }
};

}  // namespace

TEST_CASE("extremes and sign changes are found between the points of the grid and on them") {
  const Properties valley = of(Quadratic{});
  CHECK(close(valley.value.low, 0));
  CHECK(std::abs(valley.value.at_low - 0.3) < (is_double ? 1e-7 : 1e-3));
  CHECK(valley.value.high == infinity);
  REQUIRE(valley.zeros.size() == 1);
  CHECK(std::abs(valley.zeros[0].from - 0.3) < (is_double ? 1e-11 : 1e-6));
  CHECK(valley.zeros[0].from == valley.zeros[0].to);
  CHECK(!valley.monotone);
  const Properties cap = of(Cap{});
  CHECK(cap.value.high == 0);
  CHECK(cap.value.at_high == 0);
  CHECK(cap.value.low == -infinity);
  REQUIRE(cap.zeros.size() == 1);
  CHECK(cap.zeros[0].from == 0);
  CHECK(cap.zeros[0].to == 0);
}

TEST_CASE("gelu's derivative is extreme at ±√2, because σ″ = φ(z) (2 − z²)") {
  const Properties gelu = properties_of(*make_activation("gelu"));
  CHECK(std::abs(gelu.derivative.at_high - std::sqrt(2.0)) < (is_double ? 1e-6 : 0.05));
  CHECK(std::abs(gelu.derivative.at_low + std::sqrt(2.0)) < (is_double ? 1e-6 : 0.05));
}

TEST_CASE("a function that is not a number at ∞ still has its extremes and zeros") {
  // (1 − 2z²) e^(−z²) = 0 at z = ±1/√2, where the value is ±1/√(2e); σ″ = 0 at z = 0 and ±√(3/2), where σ′ = −2
  // e^(−3/2)
  const Properties wave = of(Wave{});
  const double root = std::sqrt(0.5);
  CHECK(close(wave.value.low, -root * std::exp(-0.5)));
  CHECK(close(wave.value.high, root * std::exp(-0.5)));
  CHECK(std::abs(wave.value.at_low + root) < (is_double ? 1e-6 : 1e-2));
  CHECK(close(wave.derivative.low, -2 * std::exp(-1.5)));
  CHECK(close(wave.derivative.high, 1));
  const double edge = is_double ? 1e-11 : 1e-6;
  const auto at = [&](double z) {
    return std::ranges::any_of(wave.zeros,
                               [&](const Interval& i) { return i.from == i.to && std::abs(i.from - z) < edge; });
  };
  CHECK(at(root));
  CHECK(at(-root));
  CHECK(std::ranges::is_sorted(wave.zeros, {}, &Interval::from));
  CHECK(!wave.monotone);
  CHECK(wave.zero_centred);
}

TEST_CASE("a function that falls in a step is not monotone, although its derivative is never negative") {
  CHECK(!of(FallingStep{}).monotone);
  CHECK(of(FallingStep{}).value.at_low == 1 / 64.0);  // of many equal points, the one next to 0
  CHECK(properties_of(*make_activation("step")).monotone);
}

TEST_CASE("saturation ends where |σ′| is a twentieth of its largest value") {
  // elu and selu: e^z = 0.05; softplus: σ′ = sigmoid(z) = 0.05; gelu: solved with mpmath at 30 digits
  const auto edge = is_double ? 1e-9 : 1e-4;
  for (const auto& [name, at] : {std::pair{"elu", std::log(0.05)}, std::pair{"selu", std::log(0.05)},
                                 std::pair{"softplus", std::log(0.05 / 0.95)}}) {
    const auto saturated = properties_of(*make_activation(name)).saturated;
    REQUIRE(saturated.size() == 1);
    CHECK(saturated[0].from == -infinity);
    CHECK(std::abs(saturated[0].to - at) < edge);
  }
  const auto gelu = properties_of(*make_activation("gelu")).saturated;
  REQUIRE(gelu.size() == 2);
  CHECK(std::abs(gelu[0].to + 2.27856069380355558) < edge);
  CHECK(std::abs(gelu[1].from + 0.903261319059404075) < edge);
  CHECK(std::abs(gelu[1].to + 0.633456628111125305) < edge);
}

TEST_CASE("a function that falls between the points of the grid only is not monotone" * doctest::skip(!is_double)) {
  const Properties wiggle = of(Wiggle{});
  CHECK(wiggle.derivative.low == doctest::Approx(-0.5).epsilon(1e-6));
  CHECK(!wiggle.monotone);
}

TEST_CASE("zeros of σ′ are sorted from left to right, whether points or intervals") {
  const Properties plateau = of(Plateau{});
  REQUIRE(plateau.zeros.size() == 2);
  CHECK(std::abs(plateau.zeros[0].from - 0.3) < (is_double ? 1e-11 : 1e-6));
  CHECK(plateau.zeros[0].to == plateau.zeros[0].from);
  CHECK(std::abs(plateau.zeros[1].from - 1) < (is_double ? 1e-11 : 1e-6));
  CHECK(plateau.zeros[1].to == infinity);
}

TEST_CASE("of two equal extremes at the same distance from 0 the left one is named") {
  const Properties wells = of(Wells{});
  CHECK(wells.value.low == 0);
  CHECK(wells.value.at_low == -1);
  CHECK(wells.zeros.size() == 3);
}

TEST_CASE("an extreme at the very end of the grid is where it is") {
  for (const real c : {real(8), real(-8)}) {
    const Properties tent = of(Tent{c});
    CHECK(tent.value.high == 1);
    CHECK(tent.value.at_high == static_cast<double>(c));
  }
}

TEST_CASE("wide extremes beyond the grid are found up to |z| = 10,000, and are named as if at infinity") {
  for (const auto& [c, width] : {std::pair{12, 2}, {-12, 2}, {-1000, 300}, {1000, 300}, {9000, 3000}, {-9000, 3000}}) {
    const Properties hill = of(Hill{static_cast<real>(c), static_cast<real>(width)});
    CHECK(hill.value.high > 0.85);
    CHECK(hill.value.at_high == std::copysign(infinity, c));
    CHECK(!hill.monotone);
  }
}

TEST_CASE("where a function is not a number at infinity, its limit is seen from far out") {
  const Properties constant = of(Far{0, 3});
  CHECK(close(constant.value.high, 3 + std::sqrt(0.5) * std::exp(-0.5)));
  CHECK(close(constant.value.low, 3 - std::sqrt(0.5) * std::exp(-0.5)));
  const Properties line = of(Far{2, 0});
  CHECK(line.value.low == -infinity);
  CHECK(line.value.high == infinity);
  const Properties falling = of(Far{-2, 0});
  CHECK(falling.value.low == -infinity);
  CHECK(falling.value.at_low == infinity);
  const Properties root = of(Root{});
  CHECK(root.value.high == infinity);
  CHECK(root.value.low == doctest::Approx(0));
}

TEST_CASE("a sample gives σ and σ′ at each z, and of softmax those of the first of two units") {
  const std::vector<real> z{-1, 0, 2};
  const Sampled tanh = sample(*make_activation("tanh"), z);
  const Sampled softmax = sample(*make_activation("softmax"), z);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto at = static_cast<double>(z[i]);
    const double a = 1 / (1 + std::exp(-at));  // softmax of (z, 0)
    CHECK(static_cast<double>(tanh.a(i, 0)) == doctest::Approx(std::tanh(at)));
    CHECK(static_cast<double>(tanh.derivative(i, 0)) == doctest::Approx(1 - std::tanh(at) * std::tanh(at)));
    CHECK(static_cast<double>(softmax.a(i, 0)) == doctest::Approx(a));
    CHECK(static_cast<double>(softmax.derivative(i, 0)) == doctest::Approx(a * (1 - a)));
  }
}

TEST_CASE("the limit of saturation is written as a number in one line of the sources") {
  std::vector<std::string> found;
  for (const char* const room : {"/include", "/src"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(PRIMER_SOURCE_DIR + std::string(room))) {
      if (file.path().extension() != ".hpp" && file.path().extension() != ".cpp") continue;
      std::ifstream in(file.path());
      for (std::string line; std::getline(in, line);) {
        if (line.find("saturat") == line.npos) continue;
        for (const char* const number : {"0.05", "5e-2", "/ 20", "20 *", "5 %"}) {
          if (line.find(number) != line.npos) found.push_back(line);
        }
      }
    }
  }
  REQUIRE(found.size() == 1);
  CHECK(found[0].starts_with("constexpr double saturation_threshold = 0.05;"));
}
