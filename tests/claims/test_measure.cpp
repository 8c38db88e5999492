#include "primer/claims/measure.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../program.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/training/generators.hpp"

using namespace primer;

namespace {

using program::Folder;
using program::spill;

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

// A run of this network on these data.
FinishedRun trained(Network network, const Data& data, Task task, const TrainOptions& options, std::uint64_t seed,
                    std::size_t observe_every, const std::function<bool()>& interrupted = {}) {
  Experiment experiment{{}, data, task};
  experiment.config.train = options;
  experiment.config.seed = seed;
  experiment.config.diagnostics.every = observe_every;
  return train_to_the_end(std::move(experiment), std::move(network), interrupted);
}

const Measure* named(const std::string& name) {
  const auto found = std::ranges::find(measures(), name, &Measure::name);
  REQUIRE(found != measures().end());
  return &*found;
}

Pick number(std::size_t n) { return {std::to_string(n), "last", n, n}; }
Pick all(std::string_view way) { return {std::string(way), way}; }
Pick range(std::string_view way, std::size_t from, std::size_t to) { return {std::string(way), way, from, to}; }

double of(FinishedRun& run, const std::string& name, const Pick& layer = {}, const Pick& over_layer = {},
          const Pick& epoch = {}, double at = 0) {
  return measure({named(name), layer, over_layer, epoch, at}, run).value();
}

std::string refusal(FinishedRun& run, const std::string& name, const Pick& layer = {}, const Pick& epoch = {}) {
  try {
    of(run, name, layer, {}, epoch);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("Every measure has a name of its own and a line that explains it") {
  std::set<std::string_view> names;
  for (const Measure& m : measures()) {
    CHECK(names.insert(m.name).second);
    CHECK_FALSE(m.says.empty());
  }
  CHECK(names.size() > 25);
}

TEST_CASE("Linear layers are one affine map of the rank of the narrowest; a tanh among them is not") {
  const Data data = data_of("plane", Task::regression, 32, 6);
  const auto run = [&](std::vector<LayerOptions> layers) {
    return trained(Network(6, layers, 3), data, Task::regression, plan("mse", 0), 3, 0);
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

TEST_CASE("flow.COLUMN reads one layer, some layers, or the ratio of two") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> layers{layer(8, "relu"), layer(8, "relu"), layer(8, "relu"), layer(1, "sigmoid")};
  FinishedRun o = trained(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 0), 1, 0);
  const double second = of(o, "flow.a_mean", number(2));
  const std::vector<FlowRow>& flow = o.flow_at_end;  // of the measure above
  CHECK(second == flow[1].a_mean);
  CHECK(of(o, "flow.a_mean", number(4)) == flow[3].a_mean);  // the output layer
  CHECK(of(o, "flow.a_mean") == doctest::Approx((flow[0].a_mean + flow[1].a_mean + flow[2].a_mean) / 3));
  CHECK(of(o, "flow.a_mean", all("sum")) == doctest::Approx(flow[0].a_mean + flow[1].a_mean + flow[2].a_mean));
  CHECK(of(o, "flow.a_norm", all("first")) == flow[0].a_norm);
  CHECK(of(o, "flow.a_norm", all("last")) == flow[2].a_norm);
  CHECK(of(o, "flow.a_norm", range("max", 2, 3)) == std::max(flow[1].a_norm, flow[2].a_norm));
  CHECK(of(o, "flow.a_norm", range("min", 2, 3)) == std::min(flow[1].a_norm, flow[2].a_norm));
  CHECK(of(o, "flow.off", number(1)) == flow[0].off);
  CHECK(of(o, "flow.dL_dW_norm", number(1), number(2)) == flow[0].dL_dW_norm / flow[1].dL_dW_norm);
  CHECK(of(o, "flow.dL_dz_norm", all("first"), all("last")) == flow[0].dL_dz_norm / flow[2].dL_dz_norm);
  CHECK(refusal(o, "flow.dead", number(5)) == "layer must be from 1 to 4, not 5");
  CHECK(refusal(o, "flow.dead", range("max", 4, 9)) == "the measure has no value");
  CHECK(refusal(o, "conditioning", all("max")) == "layer must be a number");
  CHECK(refusal(o, "flow.off", number(4)) == "the measure has no value");
  CHECK(refusal(o, "flow.revived", number(1)) == "the measure has no value");
  CHECK(refusal(o, "alpha_change", number(1)) == "relu has no learned α; use prelu");
  CHECK(refusal(o, "history.test_loss") == "there are no test rows; set data.test_fraction");
  CHECK(refusal(o, "history.train_rmse") == "rmse cannot be measured with the loss binary_cross_entropy");
}

TEST_CASE("flow.COLUMN and history.COLUMN read one epoch, some epochs, or the end of training") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> layers{layer(8, "relu"), layer(1, "sigmoid")};
  FinishedRun o = trained(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 3), 1, 1);
  CHECK(of(o, "flow.a_norm", number(1), {}, number(2)) == o.flow[2][0].a_norm);
  CHECK(of(o, "flow.a_norm", number(1), {}, number(0)) == o.flow[0][0].a_norm);
  CHECK(of(o, "flow.a_norm", number(1), {}, number(0)) != o.flow[2][0].a_norm);
  CHECK(of(o, "flow.a_norm", number(1), {}, all("first")) == o.flow[0][0].a_norm);
  CHECK(of(o, "flow.a_norm", number(1), {}, range("mean", 1, 2)) ==
        doctest::Approx((o.flow[1][0].a_norm + o.flow[2][0].a_norm) / 2));
  CHECK(of(o, "flow.update_ratio", number(1), {}, all("first")) == o.flow[1][0].update_ratio);  // not at epoch 0
  CHECK(of(o, "history.train_loss", {}, {}, number(2)) == o.history[1].train.loss);
  CHECK(of(o, "history.train_loss", {}, {}, all("sum")) ==
        doctest::Approx(o.history[0].train.loss + o.history[1].train.loss + o.history[2].train.loss));
  CHECK(of(o, "history.train_loss", {}, {}, range("last", 1, 2)) == o.history[1].train.loss);
  // The end of training is after the last update; the last row of history.csv is from before it.
  const auto loss = make_loss(o.experiment.config.train);
  CHECK(of(o, "history.train_loss") == evaluate(o.network, *loss, data.train, Task::binary).loss);
  CHECK(of(o, "history.train_loss") < o.history[2].train.loss);
  CHECK(refusal(o, "history.train_loss", {}, number(4)) ==
        "the measure has no value; history.csv or flow.csv gives no number for epoch = 4");
  CHECK(refusal(o, "history.test_loss", {}, number(3)) ==
        "the measure has no value; history.csv or flow.csv gives no number for epoch = 3");
  CHECK(refusal(o, "flow.a_norm", {}, number(4)) ==
        "the measure has no value; history.csv or flow.csv gives no number for epoch = 4");
  CHECK(refusal(o, "history.train_r2") == "r2 cannot be measured with the loss binary_cross_entropy");
}

TEST_CASE("A run without hidden layers, epochs, spread or a full rank has its refusals") {
  const Data data = data_of("gaussians", Task::binary);
  std::vector<LayerOptions> one{layer(1, "sigmoid")};
  FinishedRun flat = trained(Network(2, one, 1), data, Task::binary, plan("binary_cross_entropy", 2), 1, 0);
  CHECK(refusal(flat, "flow.dead") == "the network has only layer 1, no hidden layer; measure layer 1");
  CHECK(refusal(flat, "flow.dL_dz_norm", all("first")) ==
        "the network has only layer 1, no hidden layer; measure layer 1");
  CHECK(refusal(flat, "flow.revived", number(1), all("sum")) ==
        "the measure has no value; history.csv or flow.csv gives no number for epoch = sum");
  CHECK_FALSE(measure({named("epochs_to_loss"), {}, {}, {}, 0}, flat).has_value());  // the loss is never below 0
  FinishedRun untrained = trained(Network(2, one, 1), data, Task::binary, plan("binary_cross_entropy", 0), 1, 1);
  CHECK(refusal(untrained, "epochs_to_loss") == "train.epochs is 0; set it to 1 or more");
  CHECK(refusal(untrained, "history.train_loss", {}, all("last")) == "train.epochs is 0; set it to 1 or more");
  CHECK(of(untrained, "history.train_loss") > 0);

  std::vector<LayerOptions> constant{layer(4, "identity", "zeros"), layer(1, "identity")};
  for (const double bias : {0.1, 0.7, 1.3, 2.9}) {  // E[a²] − (E a)² is negative for them
    Network network(2, constant, 1);
    network.layers[0].b.fill(static_cast<real>(bias));
    FinishedRun o = trained(std::move(network), data, Task::regression, plan("mse", 0), 1, 0);
    CHECK(refusal(o, "conditioning", number(1)) ==
          "E[a aᵀ] of layer 1 is singular; use more training rows or fewer units");
    CHECK(refusal(o, "history.train_accuracy") == "accuracy cannot be measured with the loss mse");
  }
}

namespace {

// A run without training on these rows, whose first layer passes them on.
FinishedRun passed_on(const Tensor& x) {
  Data data;
  data.train = {x, Tensor(x.rows(), 1)};
  const std::size_t n = x.cols();
  Network network(n, std::vector<LayerOptions>{layer(n, "identity"), layer(1, "identity")}, 1);
  network.layers[0].Wt = Tensor(n, n);
  for (std::size_t i = 0; i < n; ++i) network.layers[0].Wt(i, i) = 1;
  return trained(std::move(network), data, Task::regression, plan("mse", 0), 1, 0);
}

// The rank of the affine map x Wt.
double rank_of(const Tensor& Wt) {
  Data data;
  data.train = {Tensor(1, Wt.rows()), Tensor(1, Wt.cols())};
  Network network(Wt.rows(), std::vector<LayerOptions>{layer(Wt.cols(), "identity")}, 1);
  network.layers[0].Wt = Wt;
  FinishedRun run = trained(std::move(network), data, Task::regression, plan("mse", 0), 1, 0);
  return of(run, "collapse_rank");
}

}  // namespace

TEST_CASE("The conditioning of E[aaᵀ] is the ratio of its eigenvalues, of matrices that are known") {
  const double digits = sizeof(real) == 8 ? 1e-12 : 1e-4;
  FinishedRun tall = passed_on(Tensor{{2, 1}, {1, 1}, {1, -1}});  // xᵀx = [[6, 2], [2, 3]] has the eigenvalues 7 and 2
  CHECK(of(tall, "conditioning", number(1)) == doctest::Approx(7.0 / 2).epsilon(digits));
  FinishedRun diagonal = passed_on(Tensor{{0, 3}, {-4, 0}});
  CHECK(of(diagonal, "conditioning", number(1)) == doctest::Approx(16.0 / 9).epsilon(digits));
  FinishedRun shear = passed_on(Tensor{{1, 1}, {0, 1}});  // the singular values are the golden ratio and its inverse
  CHECK(of(shear, "conditioning", number(1)) == doctest::Approx(std::pow((1 + std::sqrt(5)) / 2, 4)).epsilon(digits));
  FinishedRun wide = passed_on(Tensor{{2, 1, 1}, {1, 1, -1}});  // of three eigenvalues, one is 0
  CHECK(refusal(wide, "conditioning", number(1)).find("is singular") != std::string::npos);
}

TEST_CASE("The rank counts the directions that are not rounding") {
  CHECK(rank_of(Tensor(3, 2)) == 0);
  CHECK(rank_of(Tensor{{1, 2, 3}}) == 1);
  CHECK(rank_of(Tensor{{1, 2}, {2, 4}, {3, 6}}) == 1);
  CHECK(rank_of(Tensor{{1, 0, 1}, {0, 1, 1}}) == 2);
  CHECK(rank_of(Tensor{{1, 0}, {0, real(1e-3)}}) == 2);
  CHECK(rank_of(Tensor{{1, 0}, {0, std::numeric_limits<real>::epsilon()}}) == 1);
}

TEST_CASE("A run's end is measured after training, and a diverged run has no numbers") {
  const Data data = data_of("xor", Task::binary, 4);
  std::vector<LayerOptions> layers{layer(8, "tanh"), layer(1, "sigmoid")};
  FinishedRun o = trained(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 500, 1), 1, 0);
  CHECK(of(o, "history.train_accuracy") == 1);
  CHECK(of(o, "diverged") == 0);
  const double epochs = of(o, "epochs_to_loss", {}, {}, {}, 0.3);
  CHECK(epochs > 1);
  CHECK(o.history[static_cast<std::size_t>(epochs) - 1].train.loss < 0.3);
  CHECK(o.history[static_cast<std::size_t>(epochs) - 2].train.loss >= 0.3);

  std::vector<LayerOptions> wild{layer(8, "identity"), layer(1, "identity")};
  FinishedRun lost = trained(Network(2, wild, 1), data, Task::regression, plan("mse", 50, 10), 1, 0);
  CHECK(of(lost, "diverged") == 1);
  Quantity loss;
  loss.measure = named("history.train_loss");
  CHECK_FALSE(measure(loss, lost).has_value());
}

TEST_CASE("Outputs that cannot be probabilities are counted") {
  Data data;
  data.train = {Tensor{{-1}, {0}, {2}, {3}}, Tensor{{0}, {1}, {1}, {0}}};
  std::vector<LayerOptions> layers{layer(1, "relu", "constant(1)")};
  FinishedRun o = trained(Network(1, layers, 1), data, Task::regression, plan("mse", 0), 1, 0);  // a = 0 0 2 3
  CHECK(of(o, "flow.off", number(1)) == 0.5);
  CHECK(of(o, "outputs_above", {}, {}, {}, 1) == 0.5);
  CHECK(of(o, "outputs_above", {}, {}, {}, 2) == 0.25);
  CHECK(of(o, "history.train_rmse") == doctest::Approx(std::sqrt((0 + 1 + 1 + 9) / 4.0)));
}

TEST_CASE("A run that is interrupted throws, and one that diverges says so") {
  const Data data = data_of("moons", Task::binary, 16);
  std::vector<LayerOptions> layers{layer(4, "tanh"), layer(1, "sigmoid")};
  int batches = 0;
  CHECK_THROWS_AS(trained(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 50), 1, 0,
                          [&] { return ++batches == 5; }),
                  Interrupted);
  CHECK(batches == 5);
  std::vector<LayerOptions> wild{layer(8, "identity"), layer(1, "identity")};
  const FinishedRun lost = trained(Network(2, wild, 1), data, Task::regression, plan("mse", 400, 10), 1, 0);
  CHECK(lost.diverged);
  CHECK(lost.history.size() < 400);
}

TEST_CASE("Looking at the end of a run does not change its network") {
  const Data data = data_of("moons", Task::binary, 32);
  std::vector<LayerOptions> layers{layer(4, "tanh"), layer(1, "sigmoid")};
  layers[0].batch_norm = true;
  FinishedRun run = trained(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 3), 1, 1);
  Network same(2, layers, 1);
  Training training(same, data, plan("binary_cross_entropy", 3), 1, 1);
  training.run({});
  CHECK(copy_of(run.network) == copy_of(same));
  CHECK(run.flow.size() == 4);
  CHECK(run.flow.back()[0].a_norm == doctest::Approx(of(run, "flow.a_norm", number(1))).epsilon(0.5));
  CHECK(copy_of(run.network) == copy_of(same));  // the measure has restored the running statistics
}

TEST_CASE("A relu unit of the first layer that died never comes back, and one of a later layer does") {
  const Data data = data_of("moons", Task::binary, 100);
  std::vector<LayerOptions> layers{layer(16, "relu"), layer(16, "relu"), layer(1, "sigmoid")};
  double dead = 0, back = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TrainOptions options = plan("binary_cross_entropy", 100, 1.5);
    options.batch_size = 16;
    FinishedRun o = trained(Network(2, layers, seed), data, Task::binary, options, seed, 1);
    CHECK(of(o, "flow.revived", number(1), {}, range("sum", 2, 100)) == 0);  // epoch 0 is only one batch
    dead += of(o, "flow.dead", number(2), {}, range("max", 1, 100));
    back += of(o, "flow.revived", number(2), {}, range("sum", 2, 100));
  }
  CHECK(dead > 0);
  CHECK(back > 0);
}

// Every measure on runs that lack something.
TEST_CASE("Every measure gives a finite number or refuses, whatever the run lacks") {
  const Folder folder;
  spill(folder / "row.csv", "x,y\n1,0\n");
  spill(folder / "rows.csv", "x,y\n1,0\n2,1\n3,0\n");
  const std::string hidden = "[[layer]]\nunits = 3\nactivation = \"relu\"\n";
  const std::string zeros = "[[layer]]\nunits = 3\nactivation = \"relu\"\ninit = \"zeros\"\n";
  const std::string narrow = "[[layer]]\nunits = 1\nactivation = \"step\"\n";
  const std::string normalised = "[[layer]]\nunits = 3\nactivation = \"prelu\"\nbatch_norm = true\n";
  const std::string output =
      "[[layer]]\nactivation = \"sigmoid\"\n[train]\nloss = \"binary_cross_entropy\"\nbatch_size = 0\n";
  const std::string linear = "[[layer]]\n[train]\nloss = \"mse\"\nbatch_size = 0\n";
  const std::string flow_on = "[diagnostics]\nevery = 1\n";
  const std::string flow_off = "[diagnostics]\nevery = 0\n";
  const std::string huge_rate = std::is_same_v<real, float> ? "learning_rate = 1e30\n" : "learning_rate = 1e200\n";
  const std::string two = "[data]\ngenerator = \"xor\"\n";
  const std::string one_row = "[data]\nfile = \"row.csv\"\n";
  const std::string rows = "[data]\nfile = \"rows.csv\"\n";
  const std::vector<std::string> configs{
      two + output + "epochs = 2\n" + flow_on,                             // one layer
      two + hidden + output + "epochs = 0\n" + flow_on,                    // no epoch
      two + hidden + output + "epochs = 0\n" + flow_off,                   //
      two + hidden + hidden + output + "epochs = 2\n" + flow_off,          // no observed epoch
      one_row + output + "epochs = 2\n" + flow_on,                         // one row
      one_row + hidden + hidden + linear + "epochs = 2\n" + flow_on,       //
      one_row + normalised + hidden + linear + "epochs = 2\n" + flow_on,   //
      rows + linear + "epochs = 0\n" + flow_on,                            // a regression
      two + zeros + zeros + output + "epochs = 2\n" + flow_on,             // constant activations, gradients 0
      two + narrow + hidden + narrow + output + "epochs = 2\n" + flow_on,  // weights of 2 × 1 and 1 × 3
      rows + hidden + linear + "epochs = 1\n" + huge_rate + flow_on,       // diverges after the last step
      rows + hidden + linear + "epochs = 9\n" + huge_rate + flow_on,       // diverges before it
  };
  std::size_t numbers = 0;
  std::size_t refusals = 0;
  std::size_t diverged = 0;
  for (const std::string& config : configs) {
    CAPTURE(config);
    spill(folder / "c.toml", config);
    const Experiment e = load_experiment(folder / "c.toml", {});
    FinishedRun run = train_to_the_end(e, e.network());
    for (const Measure& m : measures()) {
      CAPTURE(m.name);
      const std::vector<Pick> picks{{}, number(0), number(1), number(2), number(9), all("max"), range("mean", 2, 4)};
      for (const Pick& layer : picks) {
        for (const Pick& over_layer : picks) {
          for (const Pick& epoch : picks) {
            CAPTURE(layer.text);
            CAPTURE(over_layer.text);
            CAPTURE(epoch.text);
            try {
              const std::optional<double> value = measure({&m, layer, over_layer, epoch, 0.5}, run);
              ++(value ? numbers : diverged);
              if (value) CHECK(std::isfinite(*value));
            } catch (const std::invalid_argument& error) {
              ++refusals;
              CHECK(std::string(error.what()).size() > 10);
            }
          }
        }
      }
    }
  }
  CHECK(numbers > 500);
  CHECK(refusals > 500);
  CHECK(diverged > 0);
}
