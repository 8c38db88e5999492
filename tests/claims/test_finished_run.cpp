#include "primer/claims/finished_run.hpp"

#include <doctest/doctest.h>

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

}  // namespace

TEST_CASE("A unit that dies and comes back is seen, and a first-layer unit of relu never does") {
  const Data data = data_of("moons", Task::binary, 100);
  std::vector<LayerOptions> layers{layer(16, "relu"), layer(16, "relu"), layer(1, "sigmoid")};
  std::uint64_t dead = 0;
  std::uint64_t back = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TrainOptions options = plan("binary_cross_entropy", 100, 1.5);
    options.batch_size = 16;
    const FinishedRun o = train_to_the_end(Network(2, layers, seed), data, Task::binary, options, seed, 1);
    CHECK(o.revived[0] == 0);
    CHECK(o.revived[1] <= o.seen_dead[1]);
    dead += o.seen_dead[1];
    back += o.revived[1];
  }
  CHECK(dead > 0);
  CHECK(back > 0);
}

TEST_CASE("A run that is interrupted throws, and one that diverges says so") {
  const Data data = data_of("moons", Task::binary, 16);
  std::vector<LayerOptions> layers{layer(4, "tanh"), layer(1, "sigmoid")};
  int batches = 0;
  CHECK_THROWS_AS(train_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 50), 1, 0,
                                   [&] { return ++batches == 5; }),
                  Interrupted);
  CHECK(batches == 5);
  std::vector<LayerOptions> wild{layer(8, "identity"), layer(1, "identity")};
  const FinishedRun lost = train_to_the_end(Network(2, wild, 1), data, Task::regression, plan("mse", 400, 10), 1, 0);
  CHECK(lost.diverged);
  CHECK(lost.history.size() < 400);
}

TEST_CASE("Looking at the end of a run does not change its network") {
  const Data data = data_of("moons", Task::binary, 32);
  std::vector<LayerOptions> layers{layer(4, "tanh"), layer(1, "sigmoid")};
  layers[0].batch_norm = true;
  FinishedRun run = train_to_the_end(Network(2, layers, 1), data, Task::binary, plan("binary_cross_entropy", 3), 1, 1);
  Network same(2, layers, 1);
  Training training(same, data, plan("binary_cross_entropy", 3), 1, 1);
  training.run({});
  CHECK(copy_of(run.network) == copy_of(same));
  CHECK(run.flow.size() == 4);
  CHECK(run.flow.back()[0].a_norm == doctest::Approx(run.flow_at_end[0].a_norm).epsilon(0.5));
}
