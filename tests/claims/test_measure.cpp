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

double of(FinishedRun& run, const std::string& name, std::size_t in_layer = 0, double at = 0) {
  Quantity q;
  q.measure = find_measure(name);
  q.layer = in_layer;
  q.at = at;
  return measure(q, run).value();
}

std::string refusal(FinishedRun& run, const std::string& name, std::size_t in_layer = 0) {
  try {
    of(run, name, in_layer);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

double formula(const std::string& name, const std::string& activation, double at = 0, const std::string& other = "",
               const std::string& loss = "") {
  Quantity q;
  q.measure = find_measure(name);
  q.activation = activation;
  q.at = at;
  q.other = other;
  q.loss = loss;
  return evaluate(q);
}

}  // namespace

TEST_CASE("Every measure has a name of its own and a line that explains it") {
  std::set<std::string_view> names;
  for (const Measure& m : measures()) {
    CHECK(names.insert(m.name).second);
    CHECK_FALSE(m.says.empty());
  }
  CHECK(names.size() > 40);
  CHECK(find_measure("no_such_thing") == nullptr);
}

TEST_CASE("Linear layers are one affine map of the rank of the narrowest; a tanh among them is not") {
  const Data data = data_of("plane", Task::regression, 32, 6);
  const auto run = [&](std::vector<LayerOptions> layers) {
    return train_to_the_end(Network(6, layers, 3), data, Task::regression, plan("mse", 0), 3, 0);
  };
  FinishedRun linear = run({layer(8, "identity"), layer(3, "identity"), layer(8, "identity"), layer(1, "identity")});
  linear.network.layers[1].b.fill(real(0.5));  // an affine map, not only a linear one
  CHECK(of(linear, "collapse_difference") < (sizeof(real) == 8 ? 1e-14 : 1e-5));
  CHECK(of(linear, "collapse_rank") == 1);
  linear.network.layers.pop_back();
  CHECK(of(linear, "collapse_rank") == 3);
  FinishedRun bent = run({layer(8, "identity"), layer(3, "tanh"), layer(1, "identity")});
  CHECK(of(bent, "collapse_difference") > 1e-3);
}

TEST_CASE("flow.COLUMN reads one layer, the mean over the hidden layers, or the ratio of two layers") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> layers{layer(8, "relu"), layer(8, "relu"), layer(1, "sigmoid")};
  FinishedRun o = train_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 0), 1, 0);
  const std::vector<FlowRow>& flow = o.flow_at_end;
  CHECK(of(o, "flow.a_mean", 2) == flow[1].a_mean);
  CHECK(of(o, "flow.a_mean") == doctest::Approx((flow[0].a_mean + flow[1].a_mean) / 2));
  CHECK(of(o, "flow.off", 1) == flow[0].off);
  CHECK(of(o, "delta_ratio") == flow[0].dL_dz_norm / flow[1].dL_dz_norm);
  CHECK(of(o, "sigma_part") * of(o, "W_part") == doctest::Approx(of(o, "delta_ratio")));
  Quantity ratio;
  ratio.measure = find_measure("flow.dL_dW_norm");
  ratio.layer = 1;
  ratio.over_layer = 2;
  CHECK(measure(ratio, o).value() == flow[0].dL_dW_norm / flow[1].dL_dW_norm);
  CHECK(of(o, "same_sign", 1) == 1);  // relu's outputs are never negative
  CHECK(of(o, "parameters") == 2 * 8 + 8 + 8 * 8 + 8 + 8 + 1);
  CHECK(refusal(o, "flow.dead", 4) == "layer must be from 1 to 3, not 4");
  CHECK(refusal(o, "flow.off", 3) == "layer 3 (sigmoid) has no such value at that time");
  CHECK(refusal(o, "flow.revived", 1) == "layer 1 (relu) has no such value at that time");
  CHECK(refusal(o, "alpha_change", 1) == "relu has no learned α; use prelu");
  CHECK(refusal(o, "test_rmse") == "the run has no test rows; set data.test_fraction");
}

TEST_CASE("flow.COLUMN and history.COLUMN read the rows of any epoch") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> layers{layer(8, "relu"), layer(1, "sigmoid")};
  FinishedRun o = train_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 3), 1, 1);
  Quantity q;
  q.measure = find_measure("flow.a_norm");
  q.layer = 1;
  q.epoch = 0;
  const double at_start = measure(q, o).value();
  q.epoch = 2;
  CHECK(measure(q, o).value() == o.flow[2][0].a_norm);
  CHECK(measure(q, o).value() != at_start);
  q.measure = find_measure("history.train_loss");
  CHECK(measure(q, o).value() == o.history[1].train.loss);
  CHECK(of(o, "history.train_loss") == o.history[2].train.loss);
  CHECK(of(o, "history.train_accuracy") == o.history[2].train.metric);
  q.epoch = 4;
  CHECK_THROWS_WITH_AS(measure(q, o), "epoch must be from 1 to 3, not 4", std::invalid_argument);
  q.measure = find_measure("flow.a_norm");
  CHECK_THROWS_WITH_AS(measure(q, o),
                       "the run recorded no gradient flow in epoch 4; set diagnostics.every and train.epochs",
                       std::invalid_argument);
  CHECK(refusal(o, "history.train_r2") == "this run has no such value at epoch 3");
  CHECK(refusal(o, "history.test_loss") == "this run has no such value at epoch 3");
}

TEST_CASE("A run without hidden layers, observed epochs, spread or a full rank has its refusals") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> one{layer(1, "sigmoid")};
  FinishedRun flat = train_to_the_end(Network(2, one, 1), data, Task::binary, plan("binary_cross_entropy", 2), 1, 0);
  CHECK(refusal(flat, "flow.dead") == "the network has no hidden layer to take the mean over; give the key 'layer'");
  CHECK(refusal(flat, "delta_ratio") == "the network needs at least two hidden layers");
  CHECK(refusal(flat, "seen_dead", 1) == "the run recorded no gradient flow; set diagnostics.every and train.epochs");
  CHECK(refusal(flat, "revived", 2) == "layer must be from 1 to 1, not 2");
  CHECK(refusal(flat, "epochs_to_loss") == "the training loss is never below 0; raise `at` or train.epochs");
  FinishedRun untrained =
      train_to_the_end(Network(2, one, 1), data, Task::binary, plan("binary_cross_entropy", 0), 1, 1);
  CHECK(refusal(untrained, "revived", 1) ==
        "the run recorded no gradient flow; set diagnostics.every and train.epochs");
  CHECK(refusal(untrained, "history.train_loss") == "epoch must be from 1 to 0, not 0");

  std::vector<LayerOptions> constant{layer(4, "identity", "zeros"), layer(1, "identity")};
  for (const double bias : {0.1, 0.7, 1.3, 2.9}) {  // E[a²] − (E a)² is negative for them
    Network network(2, constant, 1);
    network.layers[0].b.fill(static_cast<real>(bias));
    FinishedRun o = train_to_the_end(std::move(network), data, Task::regression, plan("mse", 0), 1, 0);
    CHECK(refusal(o, "mean_over_spread", 1) ==
          "all activations of layer 1 are equal, so their standard deviation is 0");
    CHECK(refusal(o, "conditioning", 1) == "E[a aᵀ] of layer 1 is singular; use more training rows or fewer units");
    CHECK(refusal(o, "train_accuracy") == "the run is a regression, which has no accuracy; use train_rmse");
  }
}

TEST_CASE("The mean over the spread does not cancel: 1e6 ± 1 is 1e6") {
  Data data;
  data.train = {Tensor{{999999}, {1000001}}, Tensor{{0}, {0}}};
  std::vector<LayerOptions> layers{layer(1, "identity", "constant(1)"), layer(1, "identity")};
  FinishedRun o = train_to_the_end(Network(1, layers, 1), data, Task::regression, plan("mse", 0), 1, 0);
  CHECK(of(o, "mean_over_spread", 1) == doctest::Approx(1e6).epsilon(sizeof(real) == 8 ? 1e-12 : 0.1));
}

TEST_CASE("The conditioning of E[aaᵀ] is the ratio of its eigenvalues") {
  // Identity layer on x: n E[xxᵀ] = [[4+1+1, 2], [2, 1+1+1]] has eigenvalues 2 and 7.
  Data data;
  data.train = {Tensor{{2, 1}, {1, 1}, {1, -1}}, Tensor{{0}, {0}, {0}}};
  std::vector<LayerOptions> layers{layer(2, "identity"), layer(1, "identity")};
  Network network(2, layers, 1);
  network.layers[0].Wt = Tensor{{1, 0}, {0, 1}};
  FinishedRun o = train_to_the_end(std::move(network), data, Task::regression, plan("mse", 0), 1, 0);
  CHECK(of(o, "conditioning", 1) == doctest::Approx(7.0 / 2));
  CHECK(of(o, "same_sign", 1) == doctest::Approx(2.0 / 3));
}

TEST_CASE("A run's end is measured after training, and a diverged run has no numbers") {
  const Data data = data_of("xor", Task::binary, 4);
  std::vector<LayerOptions> layers{layer(8, "tanh"), layer(1, "sigmoid")};
  FinishedRun o =
      train_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 500, 1), 1, 0);
  CHECK(of(o, "solved") == 1);
  CHECK(of(o, "diverged") == 0);
  const double epochs = of(o, "epochs_to_loss", 0, 0.3);
  CHECK(epochs > 1);
  CHECK(o.history[static_cast<std::size_t>(epochs) - 1].train.loss < 0.3);
  CHECK(o.history[static_cast<std::size_t>(epochs) - 2].train.loss >= 0.3);

  std::vector<LayerOptions> wild{layer(8, "identity"), layer(1, "identity")};
  FinishedRun lost = train_to_the_end(Network(2, wild, 1), data, Task::regression, plan("mse", 50, 10), 1, 0);
  CHECK(of(lost, "diverged") == 1);
  Quantity loss;
  loss.measure = find_measure("train_loss");
  CHECK_FALSE(measure(loss, lost).has_value());
}

TEST_CASE("Outputs that cannot be probabilities are counted") {
  Data data;
  data.train = {Tensor{{-1}, {0}, {2}, {3}}, Tensor{{0}, {1}, {1}, {0}}};
  std::vector<LayerOptions> layers{layer(1, "relu", "constant(1)")};
  FinishedRun o = train_to_the_end(Network(1, layers, 1), data, Task::regression, plan("mse", 0), 1, 0);  // a = 0 0 2 3
  CHECK(of(o, "outputs_zero") == 0.5);
  CHECK(of(o, "outputs_above_1") == 0.5);
  CHECK(of(o, "right_at_half") == 0.5);
  CHECK(of(o, "constant_output") == 0);
  CHECK(of(o, "naive_loss_broken") == 1);  // 0 · ln 0 is NaN as it is written, and so is ln(1 − 2)
  CHECK(of(o, "train_rmse") == doctest::Approx(std::sqrt((0 + 1 + 1 + 9) / 4.0)));
}

TEST_CASE("The properties of the activations are where analysis puts them") {
  const double eps = sizeof(real) == 8 ? 1e-7 : 1e-4;
  CHECK(formula("activation.lowest_value", "gelu") == doctest::Approx(-0.16997120747990369).epsilon(eps));
  CHECK(std::abs(formula("activation.lowest_value_at", "gelu") - -0.75179162) < 2e-3);
  CHECK(formula("activation.lowest_value", "silu") == doctest::Approx(-0.27846454276107380).epsilon(eps));
  CHECK(formula("activation.highest_value", "sigmoid") == 1);
  CHECK(formula("activation.highest_derivative", "gelu") == doctest::Approx(1.1289).epsilon(1e-4));
  CHECK(formula("activation.saturated_from", "tanh") == doctest::Approx(std::atanh(std::sqrt(0.95))).epsilon(1e-3));
  CHECK(formula("activation.saturated_from", "sigmoid") ==
        doctest::Approx(2 * std::atanh(std::sqrt(0.95))).epsilon(1e-3));
  CHECK(std::isinf(formula("activation.saturated_from", "relu")));
  CHECK(std::isinf(formula("activation.saturated_from", "identity")));
  CHECK(formula("activation.saturated_from", "step") == 0);
  CHECK(formula("activation.monotone", "tanh") == 1);
  CHECK(formula("activation.monotone", "gelu") == 0);
  CHECK(formula("activation.zero_centred", "tanh") == 1);
  CHECK(formula("activation.zero_centred", "sigmoid") == 0);
  CHECK(formula("activation.difference", "gelu", 0, "gelu_tanh") == doctest::Approx(4.732e-4).epsilon(2e-3));
  CHECK(formula("activation.value", "leaky_relu(0.1)", -2) == doctest::Approx(-0.2));
  CHECK(formula("activation.derivative", "tanh", 0) == 1);
  CHECK(formula("activation.derivative_values", "relu") == 2);
  CHECK(formula("activation.derivative_values", "identity") == 1);
  CHECK(formula("activation.derivative_values", "tanh") > 500);
  CHECK_THROWS_WITH_AS(formula("activation.value", "softmax"), "softmax is not a function of one number",
                       std::invalid_argument);
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

TEST_CASE("The gradient of a confident mistake is 1 with cross-entropy and almost 0 with mse") {
  const double a = 1 / (1 + std::exp(-10.0));
  CHECK(formula("output_gradient", "", 10, "", "binary_cross_entropy") == doctest::Approx(a));
  CHECK_THROWS_AS(formula("output_gradient", "", 10, "", "cross_entropy"), std::invalid_argument);
  CHECK(formula("output_gradient", "", 10, "", "mse") == doctest::Approx(2 * a * a * (1 - a)));  // 2 (a − 0) a (1 − a)
}
