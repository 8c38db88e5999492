#include "primer/training/propagation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "primer/core/random.hpp"
#include "primer/training/training.hpp"

using namespace primer;

namespace {

Moments moments_of(const std::string& activation, double variance) {
  return moments(*make_activation(activation), variance);
}

// Hidden layers of n units and an output of one.
std::vector<LayerOptions> hidden_layers(std::size_t hidden, const LayerOptions& layer) {
  std::vector<LayerOptions> layers(hidden, layer);
  layers.push_back({.units = 1});
  return layers;
}

Tensor normal_inputs(std::size_t rows, std::size_t columns) {
  Tensor x(rows, columns);
  Random random(1, Stream::data);
  for (real& v : x.values()) v = static_cast<real>(random.normal());
  return x;
}

}  // namespace

TEST_CASE("moments are the Gaussian integrals of σ, σ² and σ′²") {
  const Moments identity = moments_of("identity", 4);
  CHECK(identity.mean == doctest::Approx(0).epsilon(1e-12));
  CHECK(identity.square == doctest::Approx(4));
  CHECK(identity.derivative_square == doctest::Approx(1));
  const Moments relu = moments_of("relu", 1);  // E[max(0, z)] = 1/√(2π), E[max(0, z)²] = 1/2, P(z > 0) = 1/2
  CHECK(relu.mean == doctest::Approx(1 / std::sqrt(2 * std::numbers::pi)).epsilon(1e-3));
  CHECK(relu.square == doctest::Approx(0.5));
  CHECK(relu.derivative_square == doctest::Approx(0.5).epsilon(0.03));  // the jump at 0 lies on a point of the grid
  // By the trapezoidal rule with 200,000 points in Python.
  const Moments tanh = moments_of("tanh", 1);
  CHECK(tanh.square == doctest::Approx(0.394294490));
  CHECK(tanh.derivative_square == doctest::Approx(0.464402902));
}

TEST_CASE("the variance of a nearly constant activation is not lost in rounding") {
  // sigmoid(z) ≈ ½ + z/4 for small z, so Var[σ(z)] = Var[z] / 16; E[σ²] − E[σ]² would be 0 or less than 0 here.
  if (sizeof(real) == sizeof(double)) {
    CHECK(moments_of("sigmoid", 1e-18).variance / (1e-18 / 16) == doctest::Approx(1).epsilon(1e-3));
  }
  const std::vector<LayerOptions> layers(
      3, {.units = 8, .activation = "sigmoid", .init = "normal(1e-9)", .batch_norm = true});
  const auto ratio = predicted_gradient_ratio(layers, Tensor{{1, 2}, {-1, 0.5}});
  CHECK((!ratio || (std::isfinite(*ratio) && *ratio > 0)));
}

TEST_CASE("the variance of a weight follows from its distribution") {
  using Shape = Initializer::Shape;
  CHECK(variance({Shape::normal, 0.5}) == 0.25);
  CHECK(variance({Shape::uniform, 0.5}) == doctest::Approx(0.25 / 3));  // U(−l, l): l²/3
  CHECK(variance({Shape::constant, 0.5}) == 0);
  const auto relu = make_activation("relu");
  CHECK(variance(initializer_of({.units = 8}, *relu, 4)) == doctest::Approx(2.0 / 4));  // He: 2 / fan_in
  CHECK(variance(initializer_of({.units = 8, .init = "xavier_normal"}, *relu, 4)) == doctest::Approx(2.0 / 12));
}

TEST_CASE("without σ the gradient grows by √(n · Var W) per layer") {
  const Tensor x = normal_inputs(8, 16);
  const auto ratio = [&](const std::string& init, std::size_t hidden) {
    return predicted_gradient_ratio(hidden_layers(hidden, {.units = 16, .init = init}), x).value();
  };
  CHECK(ratio("normal(0.25)", 6) == doctest::Approx(1));  // 16 · 1/16
  CHECK(ratio("normal(0.5)", 6) == doctest::Approx(std::pow(2, 5)));
  CHECK(ratio("normal(0.125)", 6) == doctest::Approx(std::pow(0.5, 5)));
  CHECK(ratio("normal(0.5)", 1) == 1);
}

TEST_CASE("a skip connection adds its own gradient, and batch_norm divides by the variance of u") {
  const Tensor x{{1, -1}, {-1, 1}};  // E[x²] = 1
  // W and the skip: E[δ²] grows by n Var W + 1 = 3 per layer.
  CHECK(predicted_gradient_ratio(hidden_layers(3, {.units = 2, .init = "normal(1)", .residual = true}), x).value() ==
        doctest::Approx(3));
  // After batch_norm Var[z] = 1, so that u has the variance n Var W of the next layer, which cancels.
  CHECK(predicted_gradient_ratio(hidden_layers(4, {.units = 2, .init = "normal(3)", .batch_norm = true}), x).value() ==
        doctest::Approx(1));
}

TEST_CASE("there is no prediction for softmax, a flat σ or equal weights in a hidden layer") {
  const Tensor x = normal_inputs(4, 3);
  for (const LayerOptions& layer :
       {LayerOptions{.units = 3, .activation = "softmax"}, LayerOptions{.units = 3, .activation = "step"},
        LayerOptions{.units = 3, .init = "zeros"}, LayerOptions{.units = 3, .init = "constant(0.5)"}}) {
    CHECK_FALSE(predicted_gradient_ratio(hidden_layers(2, layer), x));
  }
}

TEST_CASE("the predicted ratio is the measured one") {
  // Ten layers of 32 sigmoids on normal inputs: the mean over ten seeds of what the flow measures.
  const std::vector<LayerOptions> layers =
      hidden_layers(10, {.units = 32, .activation = "sigmoid", .init = "xavier_normal"});
  Data data;
  data.train = {normal_inputs(64, 32), normal_inputs(64, 1)};
  TrainOptions options;
  options.loss = "mse";
  options.batch_size = 0;
  options.epochs = 0;
  double measured = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Network network(32, layers, seed);
    Training training(network, data, options, seed, 1);
    Training::Hooks hooks;
    hooks.started = [&](const std::vector<FlowRow>& rows) { measured += split_of(rows)->ratio / 10; };
    training.run(hooks);
  }
  const double predicted = predicted_gradient_ratio(layers, data.train.x).value();
  CHECK(predicted / measured > 0.5);
  CHECK(predicted / measured < 2);
}

TEST_CASE("the moments of curved activations are those of a finer integration") {
  // NumPy: the trapezoidal rule with 400,001 points from −12 to 12
  struct Want {
    const char* activation;
    double variance, mean, square, spread, derivative_square;
  };
  const double tolerance = sizeof(real) == sizeof(double) ? 1e-8 : 1e-4;
  for (const Want& want : {Want{"tanh", 4, 0, 0.635261234252, 0.635261234252, 0.255950443223},
                           {"sigmoid", 2, 0.5, 0.318419076982, 0.0684190769857, 0.0370266120854},
                           {"softplus", 0.5, 0.752262979305, 0.697225004407, 0.131325414374, 0.275376632004},
                           {"softplus", 9, 1.39407804315, 4.75965552573, 2.81620193535, 0.385162095223}}) {
    CAPTURE(want.activation);
    const Moments m = moments_of(want.activation, want.variance);
    CHECK(std::abs(m.mean - want.mean) < tolerance);
    CHECK(std::abs(m.square - want.square) < tolerance);
    CHECK(std::abs(m.variance - want.spread) < tolerance);
    CHECK(std::abs(m.derivative_square - want.derivative_square) < tolerance);
  }
}

TEST_CASE("the prediction for curved layers of several widths is that of the theory, integrated more finely") {
  // NumPy, from E[z²], E[δ²] and Var[u] of Poole et al. and Schoenholz et al., integrated as above
  const Tensor x{{1, -2, 0.5}, {0.25, 3, -1}};
  const auto near = [](double got, double want) { return std::abs(got / want - 1) < 1e-5; };
  const LayerOptions output{.units = 1};
  CHECK(near(
      predicted_gradient_ratio(std::vector<LayerOptions>{{.units = 4, .activation = "tanh", .init = "normal(0.5)"},
                                                         {.units = 6, .activation = "sigmoid", .init = "normal(0.75)"},
                                                         {.units = 5, .activation = "tanh", .init = "normal(1)"},
                                                         {.units = 2, .activation = "tanh", .init = "normal(0.5)"},
                                                         output},
                               x)
          .value(),
      0.21849728830293544));
  CHECK(near(
      predicted_gradient_ratio(
          std::vector<LayerOptions>{{.units = 3, .activation = "tanh", .init = "normal(0.5)", .residual = true},
                                    {.units = 3, .activation = "sigmoid", .init = "normal(0.75)", .residual = true},
                                    {.units = 3, .activation = "tanh", .init = "normal(0.875)", .residual = true},
                                    output},
          x)
          .value(),
      0.28771882944028726));
  CHECK(near(
      predicted_gradient_ratio(
          std::vector<LayerOptions>{{.units = 4, .activation = "sigmoid", .init = "normal(0.5)", .batch_norm = true},
                                    {.units = 6, .activation = "softplus", .init = "normal(0.75)", .batch_norm = true},
                                    {.units = 5, .activation = "tanh", .init = "normal(1)", .batch_norm = true},
                                    output},
          x)
          .value(),
      1.1815379660749503));
  CHECK(near(predicted_gradient_ratio(
                 std::vector<LayerOptions>{
                     {.units = 3, .activation = "softplus", .init = "normal(0.5)", .residual = true},
                     {.units = 3, .activation = "tanh", .init = "normal(0.75)", .batch_norm = true, .residual = true},
                     {.units = 4, .activation = "sigmoid", .init = "normal(0.875)", .batch_norm = true},
                     {.units = 2, .activation = "tanh", .init = "normal(0.5)"},
                     output},
                 x)
                 .value(),
             0.07765428253236703));
}

TEST_CASE("there is no prediction beyond the largest number") {
  CHECK_FALSE(predicted_gradient_ratio(hidden_layers(6, {.units = 16, .init = "normal(1e35)"}), Tensor(1, 16, 1)));
}
