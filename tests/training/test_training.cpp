#include "primer/training/training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "../golden.hpp"
#include "../reference_network.hpp"
#include "primer/core/random.hpp"
#include "primer/training/generators.hpp"
#include "primer/training/metrics.hpp"

using namespace primer;

namespace {

Data spirals(double validation_fraction = 0, std::size_t points = 90) {
  GeneratorOptions options{"spirals", points};
  options.noise = 0.1;
  SplitOptions split;
  split.test_fraction = 0.2;
  split.validation_fraction = validation_fraction;
  const Samples samples = generate(options, 1);
  return prepare(samples, {}, Task::multiclass, find_classes(samples.targets, Task::multiclass, 0), split, 1);
}

TrainOptions adam(std::size_t epochs) {
  TrainOptions options;
  options.loss = "cross_entropy";
  options.optimizer = "adam";
  options.epochs = epochs;
  options.batch_size = 16;
  return options;
}

const std::vector<LayerOptions> layers{{8, "tanh"}, {8, "relu", "auto", true, true, real(0.1)}, {3, "softmax"}};

struct Record {
  std::vector<EpochRecord> epochs;
  std::vector<std::vector<FlowRow>> flow;
  std::size_t batches = 0;
  std::size_t stop_after = 0;  // batches; 0: never

  Training::Hooks hooks() {
    Training::Hooks h;
    h.started = [this](const std::vector<FlowRow>& rows) { flow.push_back(rows); };
    h.batch_done = [this] { ++batches; };
    h.epoch_done = [this](const EpochRecord& record, const std::vector<FlowRow>& rows) {
      epochs.push_back(record);
      flow.push_back(rows);
    };
    h.interrupted = [this] { return batches == stop_after; };
    return h;
  }
};

}  // namespace

TEST_CASE("whole training runs follow PyTorch's, with momentum, decay, clipping and a rate that changes every step" *
          doctest::skip(!golden::is_double)) {
  std::size_t runs = 0;
  for (const golden::Case& c : golden::cases("08_training.csv")) {
    reference::Setup setup(c);
    OptimizerOptions options;
    options.optimizer = c.attr.at("optimizer");
    options.momentum = c.number("momentum", 0);
    options.beta1 = c.number("beta1", 0.9);
    options.beta2 = c.number("beta2", 0.999);
    if (const double eps = c.number("eps", -1); eps >= 0) options.epsilon = eps;
    options.weight_decay = c.number("weight_decay", 0);
    ScheduleOptions schedule;
    schedule.schedule = c.attr.at("schedule");
    schedule.schedule_step_size = static_cast<std::size_t>(c.number("sched_step_size", 1));
    schedule.schedule_gamma = c.number("sched_gamma", 1);

    Network& network = setup.network;
    const std::vector<Parameter> parameters = network.parameters();
    Optimizer optimizer(options);
    const golden::Numbers& batches = c.given("batches");
    Tensor batch_loss(1, batches.rows);
    Tensor full_loss(1, batches.rows);
    const Dataset all{setup.x, setup.y};
    for (std::size_t s = 0; s < batches.rows; ++s) {
      std::vector<std::size_t> rows;
      for (std::size_t k = 0; k < batches.cols; ++k) {
        const double row = batches.data[s * batches.cols + k];
        if (row >= 0) rows.push_back(static_cast<std::size_t>(row));
      }
      Dataset batch;
      select_rows(all, rows, 0, rows.size(), batch);
      network.forward_training(batch.x, s + 1);
      batch_loss(0, s) = network.loss(*setup.loss, batch.y);
      network.backward(*setup.loss, batch.y);
      if (c.attr.at("clip") == "norm") clip_gradients(parameters, static_cast<real>(c.number("max_norm", 0)));
      optimizer.step(parameters, static_cast<real>(scheduled(schedule, c.number("lr", 0), s)));
      network.forward(all.x);
      full_loss(0, s) = network.loss(*setup.loss, all.y);
    }
    golden::check(c, "batch_loss", batch_loss);
    golden::check(c, "full_loss", full_loss);
    for (std::size_t l = 1; l <= network.layers.size(); ++l) {
      golden::check(c, "Wf" + std::to_string(l), golden::transposed_copy(network.layers[l - 1].Wt));
      golden::check(c, "bf" + std::to_string(l), network.layers[l - 1].b);
    }
    const Tensor& out = network.forward(all.x);
    golden::check(c, "out_final", setup.logits ? network.layers.back().z : out);
    ++runs;
  }
  CHECK(runs == 8);
}

TEST_CASE("a training step selects rows, runs forward, computes the loss, runs backward, clips and updates") {
  const Data data = spirals();
  TrainOptions options = adam(2);
  options.clip_norm = 0.5;
  options.schedule = "exponential";
  options.schedule_gamma = 0.9;
  options.schedule_unit = "step";
  Network trained(2, layers, 1);
  Record recorded;
  Training training(trained, data, options, 1, 0);
  CHECK(training.run(recorded.hooks()) == Training::End::finished);

  Network by_hand(2, layers, 1);
  const auto loss = make_loss(options);
  Optimizer optimizer(options);
  std::uint64_t t = 0;
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::size_t> order(data.train.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    Random(1, Stream::shuffling, epoch).shuffle(std::span(order));
    double loss_sum = 0;
    for (std::size_t first = 0; first < order.size(); first += 16) {
      Dataset batch;
      select_rows(data.train, order, first, std::min(first + 16, order.size()), batch);
      ++t;
      by_hand.forward_training(batch.x, t);
      loss_sum += static_cast<double>(by_hand.loss(*loss, batch.y)) * static_cast<double>(batch.size());
      by_hand.backward(*loss, batch.y);
      clip_gradients(by_hand.parameters(), real(0.5));
      optimizer.step(by_hand.parameters(), static_cast<real>(scheduled(options, options.learning_rate, t - 1)));
    }
    CHECK(recorded.epochs[epoch].train.loss == loss_sum / static_cast<double>(order.size()));
    CHECK(recorded.epochs[epoch].learning_rate == scheduled(options, options.learning_rate, t - 1));
  }
  CHECK(copy_of(trained) == copy_of(by_hand));
  CHECK(recorded.batches == t);
}

TEST_CASE("a run that is interrupted and continued has the same bits as one that was not") {
  const Data data = spirals(0.2);
  TrainOptions options = adam(4);
  options.early_stopping = 3;
  Network whole(2, layers, 1);
  Record recorded_whole;
  Training all_at_once(whole, data, options, 1, 3);
  all_at_once.run(recorded_whole.hooks());

  for (const std::size_t stop : {1u, 5u, 8u, 11u}) {
    Network network(2, layers, 1);
    Record recorded;
    recorded.stop_after = stop;
    Training first(network, data, options, 1, 3);
    REQUIRE(first.run(recorded.hooks()) == Training::End::interrupted);
    Network continued(2, layers, 1);  // the seed of its dropout
    for (const Parameter& p : continued.parameters()) p.value->fill(9);
    restore(copy_of(network), continued);
    Training second(continued, data, options, 1, 3);
    second.state = first.state;
    second.optimizer.state = first.optimizer.state;
    second.flow.state = first.flow.state;
    recorded.stop_after = 0;
    CHECK(second.run(recorded.hooks()) == Training::End::finished);
    CHECK(copy_of(continued) == copy_of(whole));
    REQUIRE(recorded.epochs.size() == recorded_whole.epochs.size());
    for (std::size_t e = 0; e < recorded.epochs.size(); ++e) {
      CHECK(recorded.epochs[e].train.loss == recorded_whole.epochs[e].train.loss);
      CHECK(recorded.epochs[e].train.metric == recorded_whole.epochs[e].train.metric);
      CHECK(recorded.flow[e + 1][0].dL_dz_norm == recorded_whole.flow[e + 1][0].dL_dz_norm);
      CHECK(recorded.flow[e + 1][1].revived == recorded_whole.flow[e + 1][1].revived);
    }
  }
}

TEST_CASE("observing the flow changes no bit of the training") {
  const Data data = spirals();
  Network observed(2, layers, 1);
  Network unobserved(2, layers, 1);
  Record recorded;
  Training(observed, data, adam(2), 1, 1).run(recorded.hooks());
  Training(unobserved, data, adam(2), 1, 0).run({});
  CHECK(copy_of(observed) == copy_of(unobserved));
  REQUIRE(recorded.flow.size() == 3);
  CHECK(recorded.flow[0][0].epoch == 0);
  CHECK(std::isnan(recorded.flow[0][0].update_ratio));
  CHECK(recorded.flow[2][0].epoch == 2);
  CHECK(recorded.flow[2][0].update_ratio > 0);
}

TEST_CASE("an epoch without an observed step observes its first") {
  const Data data = spirals();  // 72 rows to train on: 5 batches an epoch
  Network network(2, layers, 1);
  Record recorded;
  Training training(network, data, adam(3), 1, 1000);
  CHECK(training.batches() == 5);
  training.run(recorded.hooks());
  for (std::size_t e = 1; e <= 3; ++e) CHECK(recorded.flow[e].size() == 3);
}

TEST_CASE("epochs = 0 observes the initial network and changes nothing") {
  const Data data = spirals();
  Network network(2, layers, 1);
  const std::vector<Tensor> before = copy_of(network);
  Record recorded;
  CHECK(Training(network, data, adam(0), 1, 10).run(recorded.hooks()) == Training::End::finished);
  CHECK(copy_of(network) == before);
  CHECK(recorded.epochs.empty());
  CHECK(recorded.flow.size() == 1);
}

TEST_CASE("early stopping waits for its patience and keeps the best weights") {
  const Data data = spirals(0.2);
  TrainOptions options = adam(200);
  options.learning_rate = 0.3;  // large, so that the validation loss rises again
  options.early_stopping = 5;
  Network network(2, layers, 1);
  Record recorded;
  CHECK(Training(network, data, options, 1, 0).run(recorded.hooks()) == Training::End::stopped_early);
  std::size_t best = 0;
  for (std::size_t e = 0; e < recorded.epochs.size(); ++e) {
    if (recorded.epochs[e].validation->loss < recorded.epochs[best].validation->loss) best = e;
    CHECK(recorded.epochs[e].test.has_value() == (e + 1 == recorded.epochs.size()));
  }
  CHECK(recorded.epochs.size() == best + 1 + 5);
  const auto loss = make_loss(options);
  CHECK(evaluate(network, *loss, data.validation, Task::multiclass).loss == recorded.epochs[best].validation->loss);
  CHECK(evaluate(network, *loss, data.test, Task::multiclass).loss == recorded.epochs.back().test->loss);
}

TEST_CASE("divergence names step, layer and tensor, and leaves the parameters before its epoch") {
  const Data data = spirals();
  TrainOptions options;
  options.loss = "mse";
  options.learning_rate = 1e6;
  options.epochs = 50;
  options.batch_size = 16;
  const std::vector<LayerOptions> linear{{8, "identity"}, {3, "identity"}};
  Network network(2, linear, 1);
  std::vector<std::vector<Tensor>> after_epoch{copy_of(network)};
  Training::Hooks hooks;
  hooks.epoch_done = [&](const EpochRecord&, const std::vector<FlowRow>&) { after_epoch.push_back(copy_of(network)); };
  try {
    Training(network, data, options, 1, 10).run(hooks);
    FAIL("it did not diverge");
  } catch (const Divergence& e) {
    const std::string text = e.what();
    INFO(text);
    CHECK(text.starts_with("diverged at step "));
    CHECK(text.find("layer ") != std::string::npos);
    CHECK(text.find(" is the first number that is not finite") != std::string::npos);
    CHECK(e.epoch == after_epoch.size());
    CHECK(copy_of(network) == after_epoch[e.epoch - 1]);
    for (const Tensor& t : copy_of(network)) {
      for (const real v : t.values()) CHECK(std::isfinite(v));
    }
  }
}

TEST_CASE("evaluation in parts is the mean over all rows") {
  GeneratorOptions options{"sine", 700};
  const Samples samples = generate(options, 1);
  const Dataset data{samples.x, encode_targets(samples.targets, Task::regression, {})};
  Network network(1, std::vector<LayerOptions>{{4, "tanh"}, {1, "identity"}}, 1);
  const auto loss = make_loss(LossOptions{"mse"});
  Tensor outputs;
  const Scores scores = evaluate(network, *loss, data, Task::regression, &outputs);
  CHECK(outputs == network.forward(data.x));
  CHECK(scores.loss == doctest::Approx(static_cast<double>(network.loss(*loss, data.y))).epsilon(1e-6));
  double total = 0;
  double mean = 0;
  for (const real y : data.y.values()) mean += static_cast<double>(y) / 700;
  for (const real y : data.y.values()) total += (static_cast<double>(y) - mean) * (static_cast<double>(y) - mean) / 700;
  CHECK(scores.metric == doctest::Approx(1 - scores.loss / total).epsilon(1e-6));
}

TEST_CASE("an evaluation sends every row through the network once, and computes no σ′") {
  static std::size_t rows = 0, passes_with_derivative = 0;
  struct Counting : Activation {
    std::string name() const override { return "identity"; }
    void forward(const Tensor& z, Tensor& a, Tensor& derivative) const override {
      ++passes_with_derivative;
      a = z;
      derivative = Tensor(z.rows(), z.cols(), 1);
    }
    void value(const Tensor& z, Tensor& a) const override {
      rows += z.rows();
      a = z;
    }
  };
  std::vector<Dense> dense;
  dense.emplace_back(2, 3, std::make_unique<Counting>());
  const Network network(std::move(dense));
  Tensor outputs;
  for (const std::size_t n : {1u, 1000u, 5000u}) {
    rows = 0;
    evaluate(network, *make_loss(LossOptions{"mse"}), {Tensor(n, 2), Tensor(n, 3)}, Task::regression, &outputs);
    CHECK(outputs.rows() == n);
    CHECK(rows == n);
    CHECK(passes_with_derivative == 0);
  }
}

TEST_CASE("a batch of one row at an epoch's end counts as one row, and batch normalisation accepts it") {
  Data data = spirals();
  data.train.x.resize(33, 2);
  data.train.y.resize(33, 3);
  TrainOptions options = adam(2);
  options.batch_size = 32;
  for (const bool batch_norm : {false, true}) {
    const std::vector<LayerOptions> net{{8, "tanh", "auto", batch_norm}, {3, "softmax"}};
    Network network(2, net, 1);
    Network by_hand(2, net, 1);
    Record recorded;
    Training training(network, data, options, 1, 1);
    REQUIRE(training.batches() == 2);
    training.run(recorded.hooks());
    const auto loss = make_loss(options);
    Optimizer optimizer(options);
    const std::vector<std::size_t> order = epoch_order(data, 1, 0);
    double sum = 0;
    for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 32}, {32, 33}}) {
      Dataset batch;
      select_rows(data.train, order, first, last, batch);
      by_hand.forward_training(batch.x, first / 32 + 1);
      sum += static_cast<double>(by_hand.loss(*loss, batch.y)) * static_cast<double>(last - first);
      by_hand.backward(*loss, batch.y);
      optimizer.step(by_hand.parameters(), static_cast<real>(options.learning_rate));
    }
    CHECK(recorded.epochs.at(0).train.loss == sum / 33);
    for (const Tensor& t : copy_of(network)) {
      for (const real v : t.values()) CHECK(std::isfinite(v));
    }
  }
}

TEST_CASE("the running variance is that of all rows, whether the last batch has one row or not") {
  for (const auto& sizes : {std::pair<std::size_t, std::size_t>{8, 4}, {9, 4}, {5, 2}, {17, 16}, {33, 32}}) {
    const std::size_t rows = sizes.first, batch_size = sizes.second;
    double sum = 0;
    constexpr std::size_t seeds = 60, units = 4;
    for (std::size_t seed = 0; seed < seeds; ++seed) {
      Data data;
      data.train = {Tensor(rows, 2), Tensor(rows, 1)};
      Random random(seed, Stream::data);
      for (real& v : data.train.x.values()) v = static_cast<real>(random.normal());
      Network network(2, std::vector<LayerOptions>{{units, "tanh", "auto", true}, {1, "identity"}}, seed);
      TrainOptions options;
      options.loss = "mse";
      options.learning_rate = 0;
      options.epochs = 60;
      options.batch_size = batch_size;
      Record recorded;
      Training(network, data, options, seed, 1).run(recorded.hooks());
      const Parameter running_var = network.layers[0].tensors().back();
      REQUIRE(running_var.name == "running_var");
      const Tensor running = *running_var.value;
      network.forward_training(data.train.x, 1);
      for (std::size_t j = 0; j < units; ++j) {
        const Tensor u = column_of(network.layers[0].batch_norm->u, j);
        const double deviation = static_cast<double>(standardizer_of(u).deviation[0]);
        const auto n = static_cast<double>(rows);
        sum += static_cast<double>(running[j]) / (deviation * deviation * n / (n - 1));
      }
    }
    INFO(rows, " rows in batches of ", batch_size);
    CHECK(std::abs(sum / (seeds * units) - 1) < 0.1);
  }
}

TEST_CASE("one row is enough to train on") {
  Data data;
  data.train = {Tensor{{2}}, Tensor{{3}}};
  TrainOptions options;
  options.loss = "mse";
  options.epochs = 1;
  options.learning_rate = 0.125;
  Network network(1, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1);
  Record recorded;
  CHECK(Training(network, data, options, 1, 1).run(recorded.hooks()) == Training::End::finished);
  // L = (0 − 3)², ∂L/∂z = −6: W = 0 + 0.125 · 6 · 2, b = 0.125 · 6
  CHECK(recorded.epochs.at(0).train.loss == 9);
  CHECK(network.layers[0].Wt == Tensor{{1.5}});
  CHECK(network.layers[0].b == Tensor{{0.75}});
}

TEST_CASE("running statistics that overflow while all else is finite are found by name") {
  const auto diverged = [](real from, real to) {
    Data data;
    data.train = {Tensor{{from}, {to}}, Tensor{{0}, {1}}};
    TrainOptions options;
    options.loss = "mse";
    options.epochs = 2;
    Network network(1, std::vector<LayerOptions>{{1, "tanh", "constant(1)", true}, {1}}, 1);
    const std::vector<Tensor> before = copy_of(network);
    try {
      Training(network, data, options, 1, 1).run({});
    } catch (const Divergence& e) {
      CHECK(copy_of(network) == before);
      const std::string text = e.what();
      return text.substr(0, text.find(';'));
    }
    return std::string("nothing");
  };
  constexpr real largest = std::numeric_limits<real>::max();
  const real root = std::sqrt(largest);
  const std::string begin = "diverged at step 1 (epoch 1): layer 1, ";
  const std::string end = " is the first number that is not finite";
  CHECK(diverged(-4 * root, 4 * root) == begin + "running_var" + end);  // (4 √largest)² overflows, z becomes 0
  CHECK(diverged(largest / 4 * 3, largest / 2) == begin + "running_mean" + end);  // the sum does
  CHECK(diverged(-root / 4, root / 4) == "nothing");
}

TEST_CASE("a schedule that makes the learning rate too large ends the run with a message that says so") {
  Data data;
  data.train = {Tensor{{0}, {0}}, Tensor{{0}, {0}}};  // every gradient is 0
  TrainOptions options;
  options.loss = "mse";
  options.learning_rate = 1;
  options.schedule = "exponential";
  options.schedule_gamma = 1e30;
  options.epochs = 1000;
  Network network(1, std::vector<LayerOptions>{{1}}, 1);
  std::string text;
  try {
    Training(network, data, options, 1, 0).run({});
  } catch (const Divergence& e) {
    text = e.what();
  }
  CHECK(text == (golden::is_double
                     ? "diverged at step 12 (epoch 12): the schedule made the learning rate inf, which is "
                       "too large"
                     : "diverged at step 3 (epoch 3): the schedule made the learning rate 1e+60, which is "
                       "too large"));
}

TEST_CASE("the metric of an epoch counts the predictions of its batches, each before its update") {
  struct Kind {
    const char *loss, *output;
    std::size_t outputs;
  };
  for (const Kind& kind :
       {Kind{"cross_entropy", "softmax", 3}, {"binary_cross_entropy", "sigmoid", 2}, {"mse", "identity", 2}}) {
    const std::string loss_name = kind.loss;
    CAPTURE(loss_name);
    const std::size_t K = kind.outputs;
    Data data;
    data.train = {Tensor(10, 2), Tensor(10, K)};
    Random random(3, Stream::data);
    for (real& v : data.train.x.values()) v = static_cast<real>(random.normal());
    for (std::size_t i = 0; i < 10; ++i) {
      for (std::size_t k = 0; k < K; ++k) {
        data.train.y(i, k) = loss_name == "mse"             ? static_cast<real>(random.normal())
                             : loss_name == "cross_entropy" ? real(i % K == k ? 1 : 0)
                                                            : static_cast<real>(random.below(2));
      }
    }
    TrainOptions options;
    options.loss = loss_name;
    options.batch_size = 4;
    options.epochs = 3;
    options.learning_rate = 0.25;
    const std::vector<LayerOptions> net{{4, "tanh"}, {K, kind.output}};

    // Correct predictions and squared residuals of some rows, by their definitions.
    double right = 0;
    std::vector<double> residual(K);
    const auto count = [&](const Tensor& a, const Tensor& y) {
      for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t k = 0; k < K; ++k) {
          residual[k] += std::pow(static_cast<double>(a(i, k) - y(i, k)), 2);
          if (loss_name == "binary_cross_entropy") right += (a(i, k) >= real(0.5)) == (y(i, k) == 1) ? 1 : 0;
          if (loss_name == "cross_entropy" && y(i, k) == 1) {
            right += a(i, k) == *std::max_element(a.row(i).begin(), a.row(i).end()) ? 1 : 0;
          }
        }
      }
    };
    const auto metric = [&] {
      if (loss_name == "cross_entropy") return std::exchange(right, 0) / 10;
      if (loss_name == "binary_cross_entropy") return std::exchange(right, 0) / 20;
      double r2 = 0;
      for (std::size_t k = 0; k < K; ++k) {
        double mean = 0;
        double total = 0;
        for (std::size_t i = 0; i < 10; ++i) mean += static_cast<double>(data.train.y(i, k)) / 10;
        for (std::size_t i = 0; i < 10; ++i) total += std::pow(static_cast<double>(data.train.y(i, k)) - mean, 2);
        r2 += (1 - residual[k] / total) / static_cast<double>(K);
        residual[k] = 0;
      }
      return r2;
    };

    Network network(2, net, 1);
    Record recorded;
    Training(network, data, options, 1, 0).run(recorded.hooks());
    Network by_hand(2, net, 1);
    const auto loss = make_loss(options);
    Optimizer optimizer(options);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      const std::vector<std::size_t> order = epoch_order(data, 1, epoch);
      for (std::size_t first = 0; first < 10; first += 4) {
        Dataset batch;
        select_rows(data.train, order, first, std::min<std::size_t>(first + 4, 10), batch);
        count(by_hand.forward_training(batch.x, 1), batch.y);
        by_hand.backward(*loss, batch.y);
        optimizer.step(by_hand.parameters(), real(0.25));
      }
      CHECK(recorded.epochs.at(epoch).train.metric == doctest::Approx(metric()).epsilon(1e-5));
    }
    count(by_hand.forward(data.train.x), data.train.y);
    CHECK(evaluate(network, *loss, data.train, task_of(loss_name)).metric == doctest::Approx(metric()).epsilon(1e-5));
  }
}

TEST_CASE("the flow is observed at steps 1, 1 + n, …, and at the first of an epoch that has none of these") {
  const Data data = spirals();  // 5 batches an epoch
  for (const std::uint64_t every :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{4}, std::uint64_t{5},
        std::uint64_t{6}, std::uint64_t{7}, std::uint64_t{9}, std::uint64_t{10}, std::uint64_t{11}, std::uint64_t{1000},
        std::numeric_limits<std::uint64_t>::max()}) {
    CAPTURE(every);
    Network network(2, layers, 1);
    Training training(network, data, adam(7), 1, every);
    const auto due = [every](std::uint64_t step) { return every > 0 && (step - 1) % every == 0; };
    std::uint64_t step = 0;
    std::uint64_t observed = 0;  // in this epoch
    std::size_t rows = 0;
    Training::Hooks hooks;
    hooks.batch_done = [&] {
      ++step;
      const bool opens = step % 5 == 1;
      if (opens) observed = 0;
      bool now = due(step);
      if (opens && every > 0 && !now) now = !due(step + 1) && !due(step + 2) && !due(step + 3) && !due(step + 4);
      observed += now ? 1 : 0;
      CHECK(training.flow.state.steps == observed);
      CHECK(training.flow.state.updates == observed);
    };
    hooks.epoch_done = [&](const EpochRecord&, const std::vector<FlowRow>& flow) { rows += flow.size(); };
    training.run(hooks);
    CHECK(step == 35);
    CHECK(rows == (every == 0 ? 0 : 21));
  }
}

TEST_CASE("a schedule counts epochs or steps, and the record of an epoch has the rate of its last step") {
  const Data data = spirals();  // 5 batches an epoch
  TrainOptions options = adam(3);
  options.learning_rate = 0.25;
  options.schedule = "exponential";
  options.schedule_gamma = 0.5;
  for (const char* const unit : {"epoch", "step"}) {
    options.schedule_unit = unit;
    Network network(2, layers, 1);
    Record recorded;
    Training(network, data, options, 1, 0).run(recorded.hooks());
    for (int e = 0; e < 3; ++e) {
      const int halvings = options.schedule_unit == "epoch" ? e : 5 * e + 4;
      CHECK(recorded.epochs.at(static_cast<std::size_t>(e)).learning_rate == std::ldexp(0.25, -halvings));
    }
  }

  Data row;
  row.train = {Tensor{{2}}, Tensor{{3}}};
  options.loss = "mse";
  options.optimizer = "sgd";
  options.schedule_unit = "epoch";
  options.learning_rate = 0.125;
  options.epochs = 2;
  Network network(1, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1);
  Training(network, row, options, 1, 0).run({});
  // rate 1/8: W = 1.5, b = 0.75, so z = 3.75 and ∂L/∂z = 1.5; rate 1/16: W = 1.5 − 1.5 · 2 / 16, b = 0.75 − 1.5 / 16
  CHECK(network.layers[0].Wt == Tensor{{1.3125}});
  CHECK(network.layers[0].b == Tensor{{0.65625}});
}

TEST_CASE("a batch is never larger than the training set, and 0 means all of it") {
  const Data data = spirals();  // 72 rows to train on
  Network network(2, layers, 1);
  for (const auto& [size, batches, first] :
       {std::array<std::size_t, 3>{0, 1, 72}, {1000, 1, 72}, {72, 1, 72}, {71, 2, 71}, {36, 2, 36}, {1, 72, 1}}) {
    TrainOptions options = adam(1);
    options.batch_size = size;
    CHECK(Training(network, data, options, 1, 0).batches() == batches);
    const Dataset batch = first_batch(data, options, 1);
    REQUIRE(batch.size() == first);
    const std::vector<std::size_t> order = epoch_order(data, 1, 0);
    for (std::size_t i = 0; i < first; ++i) CHECK(batch.x(i, 1) == data.train.x(order[i], 1));
  }
  Data in_order = data;
  in_order.shuffle = false;
  CHECK(epoch_order(in_order, 1, 3)[71] == 71);
  CHECK(first_batch(in_order, adam(1), 1).x(15, 0) == data.train.x(15, 0));
}

TEST_CASE("an equal validation loss does not count as an improvement, so patience ends the run") {
  const Data data = spirals(0.2);
  TrainOptions options = adam(20);
  options.learning_rate = 0;
  options.early_stopping = 3;
  Network network(2, std::vector<LayerOptions>{{8, "tanh"}, {3, "softmax"}}, 1);
  Record recorded;
  Training training(network, data, options, 1, 0);
  CHECK(training.run(recorded.hooks()) == Training::End::stopped_early);
  CHECK(recorded.epochs.size() == 4);
  CHECK(training.done());
  CHECK(training.state.best_epoch == 1);
  REQUIRE(recorded.flow.size() == 5);
  for (const std::vector<FlowRow>& rows : recorded.flow) CHECK(rows.empty());
  options.early_stopping = 0;
  CHECK(Training(network, data, options, 1, 0).run({}) == Training::End::finished);
}

TEST_CASE("an epoch's end is recorded with the weights of that epoch, before the best return") {
  const Data data = spirals(0.2);
  const auto heard_at_5 = [&](std::size_t epochs) {
    TrainOptions options = adam(epochs);
    options.learning_rate = 0.3;
    options.early_stopping = 100;
    Network network(2, layers, 1);
    std::vector<Tensor> recorded;
    Training::Hooks hooks;
    hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>&) {
      CHECK(record.test.has_value() == (record.epoch == epochs));
      if (record.epoch == 5) recorded = copy_of(network);
    };
    Training training(network, data, options, 1, 0);
    training.run(hooks);
    CHECK(training.state.best_epoch < epochs);
    return recorded;
  };
  CHECK(heard_at_5(5) == heard_at_5(6));
}

TEST_CASE("a divergence names the first tensor that is not finite") {
  constexpr real largest = std::numeric_limits<real>::max();
  const auto power = [](double exponent) {
    return static_cast<real>(std::pow(static_cast<double>(largest), exponent));
  };
  const auto diverged = [](const std::vector<LayerOptions>& net, const std::vector<real>& weights, real x, double rate,
                           bool interrupt) {
    Data data;
    data.train = {Tensor(2, 1, x), Tensor(2, 1)};
    TrainOptions options;
    options.loss = "mse";
    options.learning_rate = rate;
    options.batch_size = 1;
    options.epochs = 1;
    Network network(1, net, 1);
    for (std::size_t l = 0; l < weights.size(); ++l) network.layers[l].Wt(0, 0) = weights[l];
    Training::Hooks hooks;
    if (interrupt) hooks.interrupted = [] { return true; };
    try {
      Training(network, data, options, 1, 1).run(hooks);
    } catch (const Divergence& e) {
      const std::string text = e.what();
      CHECK(text.starts_with("diverged at step 1 (epoch 1): layer "));
      CHECK(text.find(" is the first number that is not finite; before this step the layer had ‖W‖ = ") != text.npos);
      CHECK(e.step == 1);
      return text.substr(36, text.find(" is the first") - 36);
    }
    return std::string("nothing");
  };
  for (const bool interrupt : {false, true}) {
    CAPTURE(interrupt);
    const std::vector<LayerOptions> one{{1, "identity"}};
    const std::vector<LayerOptions> two{{1, "identity"}, {1, "identity"}};
    CHECK(diverged(one, {4}, largest / 2, 0.1, interrupt) == "1, z");
    CHECK(diverged(two, {1, 4}, largest / 2, 0.1, interrupt) == "2, z");
    CHECK(diverged({{1, "tanh", "auto", true}, {1, "identity"}}, {4, 1}, largest / 2, 0.1, interrupt) ==
          "1, u = x Wᵀ + b");
    CHECK(diverged({{1, "selu"}}, {1}, largest, 0.1, interrupt) == "1, a = σ(z)");
    CHECK(diverged(one, {1}, largest / 2, 0.1, interrupt) == "1, the loss L(a, y)");
    CHECK(diverged(two, {1, 1}, largest / 2, 0.1, interrupt) == "2, the loss L(a, y)");
    CHECK(diverged(two, {1, power(0.9)}, power(-0.6), 0.1, interrupt) == "1, ∂L/∂a");  // a² = L^0.3
    // ∂L/∂a¹ = 2 a¹ W² = 0.98 of the largest number, and σ′ = 1.05
    CHECK(diverged({{1, "selu", "constant(1)"}, {1, "identity"}}, {1, real(0.7) * power(0.8)},
                   power(-0.6) / real(1.0507009873554805), 0.1, interrupt) == "1, ∂L/∂z");
    CHECK(diverged(one, {power(-0.5)}, power(0.8), 0.1, interrupt) == "1, the gradient of weight");
    CHECK(diverged(one, {power(0.3)}, 1, static_cast<double>(power(0.9)), interrupt) == "1, weight after the update");
    CHECK(diverged(one, {power(0.1)}, 1, 1e-9, interrupt) == "nothing");
  }
}

TEST_CASE(
    "the message of a divergence gives the layer's norms in the step before, or in an epoch's first step the norm of "
    "its weights") {
  Data data;
  data.train = {Tensor{{1, 1}, {1, 1}}, Tensor{{0}, {0}}};
  data.shuffle = false;
  TrainOptions options;
  options.loss = "mse";
  options.batch_size = 1;
  options.learning_rate = 0.5;
  options.epochs = 3;
  const auto message = [&](real w1, real w2) {
    Network network(2, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1);
    network.layers[0].Wt = Tensor{{w1}, {w2}};
    try {
      Training(network, data, options, 1, 1).run({});
    } catch (const Divergence& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  data.train.x(1, 0) = data.train.x(1, 1) = std::numeric_limits<real>::max();
  // z = 7, ∂L/∂z = 14, W ← (3, 4) − 14/2, b ← −7
  CHECK(message(3, 4) ==
        "diverged at step 2 (epoch 1): layer 1, z is the first number that is not finite; before this step the layer "
        "had ‖W‖ = 5, ‖z‖ = 7, ‖∂L/∂z‖ = 14, ‖∂L/∂W‖ = 19.8, and the loss was 49");
  // z = 1.2345, ∂L/∂z = 2.469, ∂L/∂W = (2.469, 2.469), the loss is 1.5239…
  CHECK(message(real(1.2345), 0)
            .ends_with("had ‖W‖ = 1.23, ‖z‖ = 1.23, ‖∂L/∂z‖ = 2.47, ‖∂L/∂W‖ = 3.49, and the loss was 1.52"));
  CHECK(message(3e-30F, 4e-30F).find("had ‖W‖ = 5e-30, ‖z‖ = 7e-30") != std::string::npos);
  data.train.x(1, 0) = std::numeric_limits<real>::infinity();  // 0 · ∞ is not a number
  CHECK(message(0, 0).ends_with("had ‖W‖ = 0, ‖z‖ = 0, ‖∂L/∂z‖ = 0, ‖∂L/∂W‖ = 0, and the loss was 0"));
  data.train.x.fill(std::numeric_limits<real>::max());
  CHECK(message(30, 40).ends_with("; before this step the layer had ‖W‖ = 50"));
  CHECK(message(3e30F, 4e30F).ends_with("; before this step the layer had ‖W‖ = 5e+30"));
  if (golden::is_double) {  // whose squares overflow
    CHECK(message(3 * std::pow(real(10), real(200)), 4 * std::pow(real(10), real(200)))
              .ends_with("the layer had ‖W‖ = 5e+200"));
  }
}

TEST_CASE("epoch 0 observes the pass with which training begins, with the same dropout mask") {
  const Data data = spirals();
  Network network(2, layers, 1);
  Record recorded;
  Training(network, data, adam(1), 1, 1000).run(recorded.hooks());  // observes step 1 alone
  REQUIRE(recorded.flow.size() == 2);
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(recorded.flow[0][l].a_norm == recorded.flow[1][l].a_norm);
    CHECK(recorded.flow[0][l].dL_dW_norm == recorded.flow[1][l].dL_dW_norm);
  }
}

namespace {

// Inputs and targets of one column each, in this order, without shuffling.
Data in_order(const Tensor& x, const Tensor& y) {
  Data data;
  data.train = {x, y};
  data.shuffle = false;
  return data;
}

TrainOptions plain(double learning_rate, std::size_t epochs, std::size_t batch_size = 1) {
  TrainOptions options;
  options.loss = "mse";
  options.learning_rate = learning_rate;
  options.epochs = epochs;
  options.batch_size = batch_size;
  return options;
}

// The message of a run that diverges, or "nothing".
std::string divergence(Network& network, const Data& data, const TrainOptions& options,
                       const Training::Hooks& hooks = {}) {
  try {
    Training(network, data, options, 1, 0).run(hooks);
  } catch (const Divergence& e) {
    return e.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("training on no rows is refused") {
  const Data nothing;
  Network network(1, std::vector<LayerOptions>{{1, "identity"}}, 1);
  CHECK_THROWS_WITH_AS(Training(network, nothing, plain(0.1, 1), 1, 1), "there are no rows to train on",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(first_batch(nothing, plain(0.1, 1), 1), "there are no rows to train on", std::invalid_argument);
  Data no_columns;
  no_columns.train = {Tensor(0, 1), Tensor(0, 1)};
  CHECK_THROWS_AS(Training(network, no_columns, plain(0.1, 1, 0), 1, 1), std::invalid_argument);
}

TEST_CASE("an epoch's order is a permutation that depends on seed and epoch, or the given order") {
  Data data = spirals();
  const std::vector<std::size_t> first = epoch_order(data, 1, 0);
  CHECK(first != epoch_order(data, 1, 1));
  CHECK(first != epoch_order(data, 2, 0));
  CHECK(first == epoch_order(data, 1, 0));
  std::vector<std::size_t> sorted = first;
  std::ranges::sort(sorted);
  data.shuffle = false;
  CHECK(sorted == epoch_order(data, 1, 0));
  CHECK(sorted == epoch_order(data, 1, 3));
  for (std::size_t i = 0; i < 72; ++i) CHECK(sorted[i] == i);
}

TEST_CASE("the scores of no rows are not a number") {
  Network network(1, std::vector<LayerOptions>{{1, "identity"}}, 1);
  const auto loss = make_loss(LossOptions{"mse"});
  CHECK(std::isnan(evaluate(network, *loss, {Tensor(0, 1), Tensor(0, 1)}, Task::regression).loss));
  CHECK(std::isnan(evaluate(network, *loss, {}, Task::binary).metric));
}

TEST_CASE("an infinite ∂L/∂a of a canonical pair is not divergence" * doctest::skip(!golden::is_double)) {
  // σ(−1000) is 0, so ∂L/∂a = −1/0; but ∂L/∂z = a − y = −1. The update is what overflows.
  std::vector<Dense> list;
  list.emplace_back(1, 1, make_activation("sigmoid"));
  list.back().Wt(0, 0) = -100;
  Network network(std::move(list));
  TrainOptions options = plain(1e308, 1);
  options.loss = "binary_cross_entropy";
  const std::string text = divergence(network, in_order(Tensor{{10}}, Tensor{{1}}), options);
  CHECK(text.starts_with("diverged at step 1 (epoch 1): layer 1, weight after the update"));
}

TEST_CASE("run() asks after every epoch but the last whether to stop") {
  const Data data = spirals();
  for (const std::size_t stop : {1u, 2u, 3u}) {
    Network network(2, layers, 1);
    Record recorded;
    Training::Hooks hooks = recorded.hooks();
    std::size_t asked = 0;
    hooks.stop_after_epoch = [&] { return ++asked == stop; };
    Training training(network, data, adam(3), 1, 0);
    CHECK(training.run(hooks) == (stop < 3 ? Training::End::interrupted : Training::End::finished));
    CHECK(recorded.epochs.size() == stop);
    CHECK(asked == (stop < 3 ? stop : 2));
    CHECK(training.done() == (stop == 3));
  }
}

TEST_CASE("a patience of 1 stops at the first epoch without an improvement, and 0 keeps the last weights") {
  const Data data = spirals(0.2);
  TrainOptions options = adam(20);
  options.learning_rate = 0.3;
  options.early_stopping = 1;
  Network network(2, layers, 1);
  Record recorded;
  Training training(network, data, options, 1, 0);
  CHECK(training.run(recorded.hooks()) == Training::End::stopped_early);
  const std::size_t ran = recorded.epochs.size();
  REQUIRE(ran >= 2);
  for (std::size_t e = 0; e + 1 < ran; ++e) {
    if (e > 0) CHECK(recorded.epochs[e].validation->loss < recorded.epochs[e - 1].validation->loss);
  }
  CHECK(recorded.epochs[ran - 1].validation->loss >= recorded.epochs[ran - 2].validation->loss);
  CHECK(training.state.best_epoch == ran - 1);

  options.early_stopping = 0;
  options.epochs = ran;
  Network last(2, layers, 1);
  std::vector<Tensor> after_last_epoch;
  Training::Hooks hooks;
  hooks.epoch_done = [&](const EpochRecord&, const std::vector<FlowRow>&) { after_last_epoch = copy_of(last); };
  Training without(last, data, options, 1, 0);
  without.run(hooks);
  CHECK(copy_of(last) == after_last_epoch);
  CHECK(copy_of(last) != copy_of(network));
  CHECK(without.state.best.empty());
  CHECK(without.state.best_epoch == 0);
}

TEST_CASE("validation and test are recorded from one row on, and not without rows") {
  for (const std::size_t rows : {0u, 1u, 2u}) {
    Data data = in_order(Tensor{{1}, {2}}, Tensor{{1}, {2}});
    data.validation = {Tensor(rows, 1, 3), Tensor(rows, 1, 1)};
    data.test = {Tensor(rows, 1, 5), Tensor(rows, 1, 1)};
    Network network(1, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1);
    Record recorded;
    Training(network, data, plain(0, 2), 1, 0).run(recorded.hooks());
    REQUIRE(recorded.epochs.size() == 2);
    CAPTURE(rows);
    CHECK(recorded.epochs[0].validation.has_value() == (rows > 0));
    CHECK(recorded.epochs[1].validation.has_value() == (rows > 0));
    CHECK(!recorded.epochs[0].test);
    CHECK(recorded.epochs[1].test.has_value() == (rows > 0));
    if (rows > 0) CHECK(recorded.epochs[1].test->loss == 1);  // (0 − 1)²
  }
}

TEST_CASE("the largest learning rate is not too large") {
  Network network(1, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1);
  const Data data = in_order(Tensor{{1}}, Tensor{{0}});  // every gradient is 0
  CHECK(divergence(network, data, plain(static_cast<double>(std::numeric_limits<real>::max()), 1)) == "nothing");
}

TEST_CASE("the sums over an epoch begin at 0, and a new training has done nothing") {
  const Data data = in_order(Tensor{{1}}, Tensor{{1}});
  Network network(1, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1);
  Training training(network, data, plain(0, 2), 1, 0);
  CHECK(training.state.epoch == 0);
  CHECK(training.state.batch == 0);
  CHECK(training.state.loss_sum == 0);
  CHECK(training.state.correct == 0);
  CHECK(training.state.residual_squares == std::vector<double>{0});
  CHECK(training.state.best_epoch == 0);
  Record recorded;
  training.run(recorded.hooks());
  for (const EpochRecord& record : recorded.epochs) CHECK(record.train.loss == 1);
}

TEST_CASE("training has the defaults of the config file") {
  const TrainOptions options;
  CHECK(options.huber_delta == 1);
  CHECK(options.label_smoothing == 0);
  CHECK(!options.balanced_weights);
  CHECK(options.class_weights.empty());
  CHECK(options.learning_rate == 0.01);
  CHECK(options.epochs == 100);
  CHECK(options.batch_size == 32);
  CHECK(options.clip_norm == 0);
  CHECK(options.early_stopping == 0);
  CHECK(options.checkpoint_every == 0);
}

TEST_CASE("a learning rate that becomes too large within an epoch leaves the parameters before that epoch") {
  const Data data = in_order(Tensor{{1}, {2}, {3}}, Tensor{{1}, {1}, {1}});
  TrainOptions options = plain(1e-3, 2);  // 10⁻³, 10¹⁹⁷ (too large for a float), and then more than any double
  options.schedule = "exponential";
  options.schedule_gamma = 1e200;
  options.schedule_unit = "step";
  Network network(1, std::vector<LayerOptions>{{1}}, 1);
  const std::vector<Tensor> before = copy_of(network);
  Training training(network, data, options, 1, 0);
  CHECK_THROWS_AS(training.run({}), Divergence);
  CHECK(copy_of(network) == before);
  CHECK(training.state.batch == 0);
  CHECK(training.state.loss_sum == 0);
  CHECK(training.optimizer.state.steps == 0);
}
