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
    CHECK(moments_of("sigmoid", 1e-18).variance == doctest::Approx(1e-18 / 16).epsilon(1e-3));
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
