#include "primer/claims/measure.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <set>
#include <stdexcept>
#include <string>

#include "primer/training/generators.hpp"

using namespace primer;

namespace {

LayerOptions layer(std::size_t units, const std::string& activation, const std::string& init = "auto") {
  LayerOptions options;
  options.units = units;
  options.activation = activation;
  options.init = init;
  return options;
}

TrainOptions plan(const std::string& loss, std::size_t epochs, double learning_rate = 0.1) {
  TrainOptions options;
  options.loss = loss;
  options.learning_rate = learning_rate;
  options.epochs = epochs;
  options.batch_size = 0;
  return options;
}

// Two classes or one target, as they come from a generator.
Data data_of(const std::string& generator, Task task, std::size_t points = 64, std::size_t inputs = 2) {
  GeneratorOptions options;
  options.generator = generator;
  options.points = points;
  options.inputs = inputs;
  const Samples samples = generate(options, 1);
  return prepare(samples, {}, task, find_classes(samples.targets, task, 0), {}, 1);
}

double of(Outcome& outcome, const std::string& name, std::size_t in_layer = 0, double at = 0) {
  Question q;
  q.measure = name;
  q.layer = in_layer;
  q.at = at;
  return measure(*find_measurement(name), outcome, q);
}

double formula(const std::string& name, const std::string& activation, double at = 0, const std::string& other = "",
               const std::string& loss = "") {
  Question q;
  q.measure = name;
  q.activation = activation;
  q.at = at;
  q.other = other;
  q.loss = loss;
  return find_measurement(name)->of_formula(q);
}

}  // namespace

TEST_CASE("Every measurement has a name of its own and is of a run or a formula, not both") {
  std::set<std::string_view> names;
  for (const Measurement& m : measurements()) {
    CHECK(names.insert(m.name).second);
    CHECK((m.of_run == nullptr) != (m.of_formula == nullptr));
    CHECK_FALSE(m.says.empty());
  }
  CHECK(names.size() > 40);
  CHECK(find_measurement("no_such_thing") == nullptr);
}

TEST_CASE("Linear layers are one affine map of the rank of the narrowest; a tanh among them is not") {
  const Data data = data_of("plane", Task::regression, 32, 6);
  const auto run = [&](std::vector<LayerOptions> layers) {
    return run_to_the_end(Network(6, layers, 3), data, Task::regression, plan("mse", 0), 3, 0);
  };
  Outcome linear = run({layer(8, "identity"), layer(3, "identity"), layer(8, "identity"), layer(1, "identity")});
  linear.network.layers[1].b.fill(real(0.5));  // an affine map, not only a linear one
  CHECK(of(linear, "collapse_difference") < (sizeof(real) == 8 ? 1e-14 : 1e-5));
  CHECK(of(linear, "collapse_rank") == 1);
  linear.network.layers.pop_back();
  CHECK(of(linear, "collapse_rank") == 3);
  Outcome bent = run({layer(8, "identity"), layer(3, "tanh"), layer(1, "identity")});
  CHECK(of(bent, "collapse_difference") > 1e-3);
}

TEST_CASE("The flow's measurements are those of the flow, of one layer or the hidden layers' mean") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> layers{layer(8, "relu"), layer(8, "relu"), layer(1, "sigmoid")};
  Outcome o = run_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 0), 1, 0);
  CHECK(of(o, "a_mean", 2) == o.flow[1].a_mean);
  CHECK(of(o, "a_mean") == doctest::Approx((o.flow[0].a_mean + o.flow[1].a_mean) / 2));
  CHECK(of(o, "delta_ratio") == o.flow[0].dL_dz_norm / o.flow[1].dL_dz_norm);
  CHECK(of(o, "sigma_part") * of(o, "W_part") == doctest::Approx(of(o, "delta_ratio")));
  CHECK(of(o, "off", 1) == o.flow[0].off);
  CHECK(of(o, "same_sign", 1) == 1);  // relu's outputs are never negative
  CHECK(of(o, "parameters") == 2 * 8 + 8 + 8 * 8 + 8 + 8 + 1);
  CHECK_THROWS_AS(of(o, "dead", 4), std::invalid_argument);
  CHECK_THROWS_AS(of(o, "alpha_change", 1), std::invalid_argument);
  CHECK_THROWS_AS(of(o, "test_loss"), std::invalid_argument);
}

TEST_CASE("The conditioning of E[aaᵀ] is the ratio of its eigenvalues") {
  // Identity layer on x: n E[xxᵀ] = [[4+1+1, 2], [2, 1+1+1]] has eigenvalues 2 and 7.
  Data data;
  data.train = {Tensor{{2, 1}, {1, 1}, {1, -1}}, Tensor{{0}, {0}, {0}}};
  std::vector<LayerOptions> layers{layer(2, "identity"), layer(1, "identity")};
  Network network(2, layers, 1);
  network.layers[0].Wt = Tensor{{1, 0}, {0, 1}};
  Outcome o = run_to_the_end(std::move(network), data, Task::regression, plan("mse", 0), 1, 0);
  CHECK(of(o, "conditioning", 1) == doctest::Approx(7.0 / 2));
  CHECK(of(o, "same_sign", 1) == doctest::Approx(2.0 / 3));
}

TEST_CASE("A run's end is measured after training, and a diverged run has no numbers") {
  const Data data = data_of("xor", Task::binary, 4);
  std::vector<LayerOptions> layers{layer(8, "tanh"), layer(1, "sigmoid")};
  Outcome o = run_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 500, 1), 1, 0);
  CHECK(of(o, "solved") == 1);
  CHECK(of(o, "diverged") == 0);
  const double epochs = of(o, "epochs_to_loss", 0, 0.3);
  CHECK(epochs > 1);
  CHECK(o.losses[static_cast<std::size_t>(epochs) - 1] < 0.3);
  CHECK(o.losses[static_cast<std::size_t>(epochs) - 2] >= 0.3);
  CHECK(std::isinf(of(o, "epochs_to_loss", 0, 0)));

  std::vector<LayerOptions> wild{layer(8, "identity"), layer(1, "identity")};
  Outcome lost = run_to_the_end(Network(2, wild, 1), data, Task::regression, plan("mse", 50, 10), 1, 0);
  CHECK(of(lost, "diverged") == 1);
  CHECK(std::isnan(of(lost, "train_loss")));
}

TEST_CASE("A unit that dies and comes back is seen, and a first-layer unit of relu never does") {
  const Data data = data_of("moons", Task::binary, 100);
  std::vector<LayerOptions> layers{layer(16, "relu"), layer(16, "relu"), layer(1, "sigmoid")};
  std::uint64_t dead = 0;
  std::uint64_t back = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TrainOptions options = plan("binary_cross_entropy", 100, 1.5);
    options.batch_size = 16;
    const Outcome o = run_to_the_end(Network(2, layers, seed), data, Task::binary, options, seed, 1);
    CHECK(o.revived[0] == 0);
    CHECK(o.revived[1] <= o.seen_dead[1]);
    dead += o.seen_dead[1];
    back += o.revived[1];
  }
  CHECK(dead > 0);
  CHECK(back > 0);
}

TEST_CASE("Outputs that are no probabilities are counted") {
  Data data;
  data.train = {Tensor{{-1}, {0}, {2}, {3}}, Tensor{{0}, {1}, {1}, {0}}};
  std::vector<LayerOptions> layers{layer(1, "relu", "constant(1)")};
  Outcome o = run_to_the_end(Network(1, layers, 1), data, Task::regression, plan("mse", 0), 1, 0);  // a = 0 0 2 3
  CHECK(of(o, "outputs_zero") == 0.5);
  CHECK(of(o, "outputs_above_1") == 0.5);
  CHECK(of(o, "right_at_half") == 0.5);
  CHECK(of(o, "constant_output") == 0);
  CHECK(of(o, "naive_loss_broken") == 1);  // 0 · ln 0 is NaN as it is written, and so is ln(1 − 2)
  CHECK(of(o, "train_rmse") == doctest::Approx(std::sqrt((0 + 1 + 1 + 9) / 4.0)));
}

TEST_CASE("The landmarks of the activations are where analysis puts them") {
  const double eps = sizeof(real) == 8 ? 1e-7 : 1e-4;  // of values; a minimum's place is as good as the grid, 1e-4
  CHECK(formula("lowest_value", "gelu") == doctest::Approx(-0.16997120747990369).epsilon(eps));
  CHECK(std::abs(formula("lowest_value_at", "gelu") - -0.75179162) < 2e-3);
  CHECK(formula("lowest_value", "silu") == doctest::Approx(-0.27846454276107380).epsilon(eps));
  CHECK(formula("highest_slope", "gelu") == doctest::Approx(1.1289).epsilon(1e-4));
  CHECK(formula("saturation_edge", "tanh") == doctest::Approx(std::atanh(std::sqrt(0.95))).epsilon(1e-3));
  CHECK(formula("saturation_edge", "sigmoid") == doctest::Approx(2 * std::atanh(std::sqrt(0.95))).epsilon(1e-3));
  CHECK(std::isinf(formula("saturation_edge", "relu")));
  CHECK(formula("largest_difference", "gelu", 0, "gelu_tanh") == doctest::Approx(4.732e-4).epsilon(2e-3));
  CHECK(formula("value", "leaky_relu(0.1)", -2) == doctest::Approx(-0.2));
  CHECK(formula("slope", "tanh", 0) == 1);
}

TEST_CASE("Naive formulas break where the stable ones do not") {
  CHECK(formula("naive_softmax_is_nan", "", 700) == 0);
  CHECK(formula("naive_softmax_is_nan", "", 1000) == 1);
  CHECK(formula("naive_softmax_is_nan", "", -1000) == 1);
  CHECK(std::isinf(formula("log_after_softmax", "", 1000)));
  CHECK(formula("cross_entropy", "", 1000) == 1000);
  CHECK(formula("binary_cross_entropy", "", -1000) == 1000);
  CHECK(formula("clipped_binary_cross_entropy", "", -1000) == doctest::Approx(500));
  CHECK(formula("clipped_binary_cross_entropy", "", 2) == doctest::Approx(std::log1p(std::exp(-2.0))));
  CHECK(formula("clipped_gradient", "", -1000) == 0);
  CHECK(formula("clipped_gradient", "", 0) == -0.5);
  CHECK(std::isinf(formula("clipped_float_exp", "", -1000)));
  CHECK(formula("softmax_against_sigmoid", "") < (sizeof(real) == 8 ? 1e-15 : 1e-6));
  CHECK(formula("diagonal_rule_error", "") > 0.5);
  CHECK(formula("diagonal_rule_cosine", "") < 0.9);
  CHECK(formula("naive_leaky_error", "", 0.01) == 0);
  CHECK(formula("naive_leaky_error", "", 2) == 1);
}

TEST_CASE("The gradient of a confident mistake is 1 with cross-entropy and next to nothing with mse") {
  const double a = 1 / (1 + std::exp(-10.0));
  CHECK(formula("output_gradient", "", 10, "", "binary_cross_entropy") == doctest::Approx(a));
  CHECK(formula("output_gradient", "", 10, "", "mse") == doctest::Approx(2 * a * a * (1 - a)));  // 2 (a − 0) a (1 − a)
}

TEST_CASE("An activation costs about as much as itself") {
  const double ratio = formula("cost", "tanh", 0, "tanh");
  CHECK(ratio > 0.2);
  CHECK(ratio < 5);
}
