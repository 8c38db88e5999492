// What a frame holds, which epochs are kept, and that recording changes nothing.
#include "primer/report/frame_recorder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "primer/formats/error.hpp"
#include "primer/training/generators.hpp"
#include "primer/training/metrics.hpp"

using namespace primer;

namespace {

struct Run {
  Data data;
  TrainOptions options;
  std::vector<LayerOptions> layers;
  std::uint64_t seed = 3;

  Network network() const { return {data.train.x.cols(), layers, seed}; }
};

LayerOptions layer(std::size_t units, const char* activation) {
  LayerOptions options;
  options.units = units;
  options.activation = activation;
  return options;
}

Run run_on(const char* generator, std::size_t inputs, const char* loss, std::vector<LayerOptions> layers,
           std::size_t epochs, std::size_t points = 40) {
  GeneratorOptions from;
  from.generator = generator;
  from.points = points;
  from.inputs = inputs;
  from.noise = 0.1;
  SplitOptions split;
  split.validation_fraction = 0.25;
  split.standardize = true;
  Run run;
  const Samples samples = generate(from, 1);
  const Task task = task_of(loss);
  run.data = prepare(samples, {}, task, find_classes(samples.targets, task, 0), split, 1);
  run.layers = std::move(layers);
  run.options.loss = loss;
  run.options.optimizer = "adam";
  run.options.epochs = epochs;
  run.options.batch_size = 10;
  return run;
}

Run moons(std::size_t epochs) {
  return run_on("moons", 2, "binary_cross_entropy", {layer(3, "relu"), layer(1, "sigmoid")}, epochs);
}

// Trains from wherever `training` stands and records.
void train(Training& training, FrameRecorder& recorder, std::uint64_t stop_after = 0) {
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>&) { recorder.epoch_done(0, training.done(), &training.flow); };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>&) {
    recorder.epoch_done(record.epoch, training.done(), &training.flow);
  };
  hooks.interrupted = [&] {
    return stop_after != 0 && training.state.epoch == stop_after && training.state.batch == 1;
  };
  training.run(hooks);
}

Frames frames_of(const Run& run) {
  Network network = run.network();
  Training training(network, run.data, run.options, run.seed, 1);
  FrameRecorder recorder(network, run.data, run.options);
  train(training, recorder);
  return recorder.frames();
}

std::uint64_t total(const Histogram& h) { return std::accumulate(h.counts.begin(), h.counts.end(), std::uint64_t{0}); }

// What a checkpoint carries from one training to the next, but for the parameters.
void resume(const Training& from, Training& to) {
  to.state = from.state;
  to.optimizer.state = from.optimizer.state;
  to.flow.state = from.flow.state;
}

}  // namespace

TEST_CASE("a histogram has equal bins from the lowest to the highest value") {
  std::vector<real> values;
  for (int i = 0; i < 80; ++i) values.push_back(static_cast<real>(i));
  values.push_back(80);
  const Histogram h = histogram_of(values);
  CHECK(h.low == 0);
  CHECK(h.high == 80);
  for (std::size_t i = 0; i + 1 < Histogram::bins; ++i) CHECK(h.counts[i] == 2);
  CHECK(h.counts[Histogram::bins - 1] == 3);  // the highest value belongs to the last bin
}

TEST_CASE("a histogram counts the finite values only, over any range") {
  const real inf = std::numeric_limits<real>::infinity();
  const real most = std::numeric_limits<real>::max();
  const real least = std::numeric_limits<real>::denorm_min();
  CHECK(total(histogram_of(std::vector<real>{inf, -inf, inf - inf})) == 0);
  CHECK(total(histogram_of(std::vector<real>{})) == 0);
  const Histogram mixed = histogram_of(std::vector<real>{1, inf, 2, inf - inf});
  CHECK(total(mixed) == 2);
  CHECK(mixed.low == 1);
  CHECK(mixed.high == 2);
  const Histogram wide = histogram_of(std::vector<real>{-most, 0, most});
  CHECK(wide.counts.front() == 1);
  CHECK(wide.counts[Histogram::bins / 2] == 1);
  CHECK(wide.counts.back() == 1);
  CHECK(total(histogram_of(std::vector<real>{0, least})) == 2);
}

TEST_CASE("a histogram of equal values puts them in the middle of a range of width 1") {
  const Histogram h = histogram_of(std::vector<real>{3, 3, 3});
  CHECK(h.low == 2.5F);
  CHECK(h.high == 3.5F);
  CHECK(h.counts[Histogram::bins / 2] == 3);
}

TEST_CASE("at most 100 frames are kept, evenly, with the first and the last epoch") {
  for (const bool patient : {false, true}) {
    for (const std::size_t epochs : {0U, 1U, 97U, 98U, 99U, 100U, 101U, 198U, 200U, 250U, 401U}) {
      CAPTURE(patient);
      CAPTURE(epochs);
      Run run = moons(epochs);
      run.data.train.x.resize(4, 2);
      run.data.train.y.resize(4, 1);
      run.options.early_stopping = patient ? 1000 : 0;  // then the end is not known and the stride has to double
      const Frames frames = frames_of(run);
      REQUIRE(!frames.frames.empty());
      CHECK(frames.frames.size() <= 100);
      CHECK(frames.frames.size() >= std::min<std::size_t>(epochs + 1, 50));
      CHECK(frames.frames.front().epoch == 0);
      CHECK(frames.frames.back().epoch == epochs);
      for (std::size_t i = 0; i + 1 < frames.frames.size(); ++i) CHECK(frames.frames[i].epoch == i * frames.stride);
    }
  }
}

TEST_CASE("recording changes no bit of the training") {
  Run run = run_on("moons", 2, "cross_entropy", {layer(5, "prelu"), layer(5, "tanh"), layer(2, "softmax")}, 6);
  run.layers[0].batch_norm = true;
  run.layers[1].dropout = real(0.3);
  run.layers[1].residual = true;
  Network with = run.network();
  Network without = run.network();
  Training recorded(with, run.data, run.options, run.seed, 3);
  Training plain(without, run.data, run.options, run.seed, 3);
  FrameRecorder recorder(with, run.data, run.options);
  train(recorded, recorder);
  plain.run({});
  CHECK(recorder.frames().frames.size() == 7);
  CHECK(copy_of(with) == copy_of(without));
}

TEST_CASE("an interrupted and continued run has the frames of one that was never interrupted") {
  Run run = moons(230);
  for (const bool patient : {false, true}) {
    CAPTURE(patient);
    run.options.early_stopping = patient ? 1000 : 0;
    const Frames whole = frames_of(run);
    Network network = run.network();
    Training first(network, run.data, run.options, run.seed, 1);
    FrameRecorder recorder(network, run.data, run.options);
    train(first, recorder, 150);
    REQUIRE(first.state.epoch == 150);

    Network again = run.network();
    restore(copy_of(network), again);
    Training second(again, run.data, run.options, run.seed, 1);
    resume(first, second);
    FrameRecorder rest(again, run.data, run.options);
    rest.resume(recorder.frames(), 150);
    train(second, rest);
    CHECK(rest.frames() == whole);
  }
}

TEST_CASE("frames of another network are refused") {
  const Run run = moons(2);
  Network network = run.network();
  FrameRecorder recorder(network, run.data, run.options);
  const Frames own = recorder.frames();
  recorder.resume(own, 0);
  Frames other = own;
  other.layers[0].units = 4;
  const char* const message = "the frames of the earlier run belong to another network; train without --resume";
  CHECK_THROWS_WITH_AS(recorder.resume(other, 0), message, UserError);
  other = own;
  other.layers.pop_back();
  CHECK_THROWS_WITH_AS(recorder.resume(other, 0), message, UserError);
  other = own;
  other.side = 32;
  CHECK_THROWS_WITH_AS(recorder.resume(other, 0), message, UserError);
}

TEST_CASE("a longer continuation has the frames of a run that was planned that long") {
  const Frames planned = frames_of(moons(300));
  Run run = moons(99);
  Network network = run.network();
  Training training(network, run.data, run.options, run.seed, 1);
  FrameRecorder recorder(network, run.data, run.options);
  train(training, recorder);
  run.options.epochs = 300;
  Training longer(network, run.data, run.options, run.seed, 1);
  resume(training, longer);
  FrameRecorder rest(network, run.data, run.options);
  rest.resume(recorder.frames(), 99);
  train(longer, rest);
  CHECK(rest.frames() == planned);
}

TEST_CASE("a cell of the field is the predicted class and its probability") {
  const Run run = run_on("spirals", 2, "cross_entropy", {layer(8, "tanh"), layer(3, "softmax")}, 2, 90);
  Network network = run.network();
  FrameRecorder recorder(network, run.data, run.options);
  recorder.epoch_done(0, false, nullptr);
  const Frames& frames = recorder.frames();
  REQUIRE(frames.picture == Picture::field);
  REQUIRE(frames.frames[0].picture.size() == frames.side * frames.side);
  const Standardizer& by = *run.data.standardizer;
  for (const std::size_t cell : {std::size_t{0}, frames.side - 1, 7 * frames.side + 5, frames.side * frames.side - 1}) {
    Tensor x(1, 2);
    for (std::size_t j = 0; j < 2; ++j) {
      const std::size_t i = j == 0 ? cell % frames.side : cell / frames.side;
      const double at = frames.low[j] + (static_cast<double>(frames.high[j]) - frames.low[j]) * static_cast<double>(i) /
                                            static_cast<double>(frames.side - 1);
      x(0, j) = (static_cast<real>(at) - by.mean(0, j)) / by.deviation(0, j);
    }
    const Tensor& a = network.forward(x);
    const std::size_t k = class_of(a.row(0));
    const float expected = static_cast<float>(k) + static_cast<float>(a(0, k)) / 2;
    CHECK(frames.frames[0].picture[cell] == doctest::Approx(expected).epsilon(1e-5));
  }
  CHECK(frames.points.size() % 3 == 0);
  for (std::size_t i = 0; i < frames.points.size(); i += 3) {
    CHECK(frames.points[i] >= frames.low[0]);
    CHECK(frames.points[i + 1] <= frames.high[1]);
  }
}

TEST_CASE("the curve is the output of the network from low to high") {
  const Run run = run_on("sine", 1, "mse", {layer(4, "tanh"), layer(1, "identity")}, 2);
  Network network = run.network();
  FrameRecorder recorder(network, run.data, run.options);
  recorder.epoch_done(0, false, nullptr);
  const Frames& frames = recorder.frames();
  REQUIRE(frames.picture == Picture::curve);
  REQUIRE(frames.frames[0].picture.size() == frames.side);
  const Standardizer& by = *run.data.standardizer;
  Tensor x(1, 1);
  x(0, 0) = (static_cast<real>(frames.high[0]) - by.mean(0, 0)) / by.deviation(0, 0);
  CHECK(frames.frames[0].picture.back() == doctest::Approx(network.forward(x)(0, 0)).epsilon(1e-5));
}

TEST_CASE("the curve and its points are in the units of the data if the targets are standardised") {
  GeneratorOptions from;
  from.generator = "sine";
  from.points = 20;
  SplitOptions split;
  split.standardize_targets = true;
  Samples samples = generate(from, 1);
  for (double& y : samples.targets[0].numbers) y = 1000 + 50 * y;
  const Data data = prepare(samples, {}, Task::regression, {}, split, 1);
  TrainOptions options;
  options.loss = "mse";
  Network network(1, std::vector<LayerOptions>{layer(2, "tanh"), layer(1, "identity")}, 3);
  FrameRecorder recorder(network, data, options);
  recorder.epoch_done(0, false, nullptr);
  const Frames& frames = recorder.frames();
  for (std::size_t i = 1; i < frames.points.size(); i += 2) CHECK(std::abs(frames.points[i] - 1000) < 100);
  const double a = network.forward(data.train.x)(0, 0);
  const double expected = 1000 + 50 * a;  // the mean and the deviation are near those of the sine: 0 and 0.7
  CHECK(std::abs(frames.frames[0].picture[0] - expected) < 200);
  CHECK(frames.frames[0].picture[0] > 500);
}

TEST_CASE("each set of rows has a confusion matrix, and its images have predictions") {
  GeneratorOptions from;
  from.generator = "gaussians";
  from.points = 50;
  from.inputs = 6;
  SplitOptions split;
  split.test_fraction = 0.2;
  split.validation_fraction = 0.1;
  split.standardize = true;
  const Samples samples = generate(from, 1);
  Data data = prepare(samples, {}, Task::multiclass, find_classes(samples.targets, Task::multiclass, 0), split, 1);
  TrainOptions options;
  options.loss = "cross_entropy";
  const auto K = data.classes.size();
  Network network(6, std::vector<LayerOptions>{layer(4, "tanh"), layer(K, "softmax")}, 3);
  RunNotes notes;
  notes.image = {2, 3};
  FrameRecorder recorder(network, data, options, notes);
  recorder.epoch_done(0, false, nullptr);
  const Frames& frames = recorder.frames();
  const Frame& frame = frames.frames[0];
  CHECK(frames.picture == Picture::none);
  REQUIRE(frames.sets == std::vector<Frames::Set>{{"test", data.test.size()},
                                                  {"validation", data.validation.size()},
                                                  {"training", data.train.size()}});
  const std::vector<const Dataset*> sets{&data.test, &data.validation, &data.train};
  for (std::size_t s = 0; s < 3; ++s) {
    std::vector<std::size_t> actual;
    std::vector<std::size_t> predicted;
    const Tensor& a = network.forward(sets[s]->x);
    for (std::size_t i = 0; i < a.rows(); ++i) {
      actual.push_back(class_of(sets[s]->y.row(i)));
      predicted.push_back(class_of(a.row(i)));
    }
    const Tensor counts = confusion_matrix(actual, predicted, K);
    for (std::size_t i = 0; i < K * K; ++i) CHECK(frame.confusion[s][i] == counts.values()[i]);
  }
  // The images are the test rows, in the data's units.
  const std::size_t n = data.test.size();
  REQUIRE(n > 0);
  REQUIRE(frames.images.size() == 6 * n);
  REQUIRE(frame.predictions.size() == n);
  const Tensor& a = network.forward(data.test.x);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = class_of(a.row(i));
    CHECK(frames.labels[i] == static_cast<float>(class_of(data.test.y.row(i))));
    CHECK(frame.predictions[i] == doctest::Approx(static_cast<float>(k) + static_cast<float>(a(i, k)) / 2));
    const real x = data.test.x(i, 2) * data.standardizer->deviation(0, 2) + data.standardizer->mean(0, 2);
    CHECK(frames.images[i * 6 + 2] == doctest::Approx(x).epsilon(1e-6));
  }
  REQUIRE(frame.weights.size() == 24);  // unit by unit
  CHECK(frame.weights[6 * 3 + 1] == static_cast<float>(network.layers[0].Wt(1, 3)));
}

TEST_CASE("the dead units of a frame are those of its row of flow.csv") {
  Run run = moons(3);
  Network network = run.network();
  network.layers[0].b.fill(-100);  // relu: all dead, and they stay so
  Training training(network, run.data, run.options, run.seed, 1);
  FrameRecorder recorder(network, run.data, run.options);
  train(training, recorder);
  for (const Frame& frame : recorder.frames().frames) {
    CHECK(frame.layers[0].dead == std::vector<std::uint8_t>{1, 1, 1});
    CHECK(frame.layers[1].dead == std::vector<std::uint8_t>{0});
  }
}

TEST_CASE("a number beyond the largest float is drawn at the largest float") {
  constexpr real far = std::numeric_limits<real>::max() / 4;
  constexpr float largest = std::numeric_limits<float>::max();
  Data data;
  data.train = {Tensor{{-far}, {0}, {far}}, Tensor{{0}, {1}, {far}}};
  data.columns = {"x"};
  TrainOptions options;
  options.loss = "mse";
  Network network(1, std::vector<LayerOptions>{{1, "tanh"}, {1, "identity"}}, 1);
  FrameRecorder recorder(network, data, options);
  recorder.epoch_done(0, true, nullptr);
  const Frames& frames = recorder.frames();
  REQUIRE(frames.picture == Picture::curve);
  const bool is_double = sizeof(real) == sizeof(double);
  CHECK(frames.high[0] == (is_double ? largest : largest / 4 + 0.08F * (largest / 2)));
  CHECK(frames.low[0] == -frames.high[0]);
  REQUIRE(frames.points.size() == 6);
  CHECK(frames.points[0] == (is_double ? -largest : -largest / 4));
  CHECK(frames.points[5] == -frames.points[0]);
}
