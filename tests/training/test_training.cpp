#include "primer/training/training.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "../golden.hpp"
#include "../reference_network.hpp"
#include "primer/core/random.hpp"
#include "primer/training/generators.hpp"

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

struct Heard {
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
    options.epsilon = c.number("eps", -1);
    options.weight_decay = c.number("weight_decay", 0);
    ScheduleOptions schedule;
    schedule.schedule = c.attr.at("schedule");
    schedule.schedule_step_size = c.number("sched_step_size", 1);
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

TEST_CASE("the loop is these steps and no others: gather, forward, loss, backward, clip, update") {
  const Data data = spirals();
  TrainOptions options = adam(2);
  options.clip_norm = 0.5;
  options.schedule = "exponential";
  options.schedule_gamma = 0.9;
  options.schedule_unit = "step";
  Network trained(2, layers, 1);
  Heard heard;
  Training training(trained, data, options, 1, 0);
  CHECK(training.run(heard.hooks()) == Training::End::finished);

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
    CHECK(heard.epochs[epoch].train.loss == loss_sum / static_cast<double>(order.size()));
    CHECK(heard.epochs[epoch].learning_rate == scheduled(options, options.learning_rate, t - 1));
  }
  CHECK(copy_of(trained) == copy_of(by_hand));
  CHECK(heard.batches == t);
}

TEST_CASE("a run that is interrupted and continued has the same bits as one that was not") {
  const Data data = spirals(0.2);
  TrainOptions options = adam(4);
  options.early_stopping = 3;
  Network whole(2, layers, 1);
  Heard heard_whole;
  Training all_at_once(whole, data, options, 1, 3);
  all_at_once.run(heard_whole.hooks());

  for (const std::size_t stop : {1u, 5u, 8u, 11u}) {
    Network network(2, layers, 1);
    Heard heard;
    heard.stop_after = stop;
    Training first(network, data, options, 1, 3);
    REQUIRE(first.run(heard.hooks()) == Training::End::interrupted);
    Network continued(2, layers, 1);  // the seed of its dropout
    for (const Parameter& p : continued.parameters()) p.value->fill(9);
    restore(copy_of(network), continued);
    Training second(continued, data, options, 1, 3);
    second.state = first.state;
    second.optimizer.state = first.optimizer.state;
    second.flow.state = first.flow.state;
    heard.stop_after = 0;
    CHECK(second.run(heard.hooks()) == Training::End::finished);
    CHECK(copy_of(continued) == copy_of(whole));
    REQUIRE(heard.epochs.size() == heard_whole.epochs.size());
    for (std::size_t e = 0; e < heard.epochs.size(); ++e) {
      CHECK(heard.epochs[e].train.loss == heard_whole.epochs[e].train.loss);
      CHECK(heard.epochs[e].train.metric == heard_whole.epochs[e].train.metric);
      CHECK(heard.flow[e + 1][0].dL_dz_norm == heard_whole.flow[e + 1][0].dL_dz_norm);
      CHECK(heard.flow[e + 1][1].revived == heard_whole.flow[e + 1][1].revived);
    }
  }
}

TEST_CASE("observing the flow changes no bit of the training") {
  const Data data = spirals();
  Network observed(2, layers, 1);
  Network unobserved(2, layers, 1);
  Heard heard;
  Training(observed, data, adam(2), 1, 1).run(heard.hooks());
  Training(unobserved, data, adam(2), 1, 0).run({});
  CHECK(copy_of(observed) == copy_of(unobserved));
  REQUIRE(heard.flow.size() == 3);
  CHECK(heard.flow[0][0].epoch == 0);
  CHECK(std::isnan(heard.flow[0][0].update_ratio));
  CHECK(heard.flow[2][0].epoch == 2);
  CHECK(heard.flow[2][0].update_ratio > 0);
}

TEST_CASE("an epoch without an observed step observes its first") {
  const Data data = spirals();  // 72 rows to train on: 5 batches an epoch
  Network network(2, layers, 1);
  Heard heard;
  Training training(network, data, adam(3), 1, 1000);
  CHECK(training.batches() == 5);
  training.run(heard.hooks());
  for (std::size_t e = 1; e <= 3; ++e) CHECK(heard.flow[e].size() == 3);
}

TEST_CASE("epochs = 0 looks at the initial network and changes nothing") {
  const Data data = spirals();
  Network network(2, layers, 1);
  const std::vector<Tensor> before = copy_of(network);
  Heard heard;
  CHECK(Training(network, data, adam(0), 1, 10).run(heard.hooks()) == Training::End::finished);
  CHECK(copy_of(network) == before);
  CHECK(heard.epochs.empty());
  CHECK(heard.flow.size() == 1);
}

TEST_CASE("early stopping waits for its patience and keeps the best weights") {
  const Data data = spirals(0.2);
  TrainOptions options = adam(200);
  options.learning_rate = 0.3;  // jumps about
  options.early_stopping = 5;
  Network network(2, layers, 1);
  Heard heard;
  CHECK(Training(network, data, options, 1, 0).run(heard.hooks()) == Training::End::stopped_early);
  std::size_t best = 0;
  for (std::size_t e = 0; e < heard.epochs.size(); ++e) {
    if (heard.epochs[e].validation->loss < heard.epochs[best].validation->loss) best = e;
    CHECK(heard.epochs[e].test.has_value() == (e + 1 == heard.epochs.size()));
  }
  CHECK(heard.epochs.size() == best + 1 + 5);
  const auto loss = make_loss(options);
  CHECK(evaluate(network, *loss, data.validation, Task::multiclass).loss == heard.epochs[best].validation->loss);
  CHECK(evaluate(network, *loss, data.test, Task::multiclass).loss == heard.epochs.back().test->loss);
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
  const Scores scores = evaluate(network, *loss, data, Task::regression);
  network.forward(data.x);
  CHECK(scores.loss == doctest::Approx(static_cast<double>(network.loss(*loss, data.y))).epsilon(1e-6));
  double total = 0;
  double mean = 0;
  for (const real y : data.y.values()) mean += static_cast<double>(y) / 700;
  for (const real y : data.y.values()) total += (static_cast<double>(y) - mean) * (static_cast<double>(y) - mean) / 700;
  CHECK(scores.metric == doctest::Approx(1 - scores.loss / total).epsilon(1e-6));
}

TEST_CASE("a batch of one row at an epoch's end counts as one row, and batch normalisation stands it") {
  Data data = spirals();
  data.train.x.resize(33, 2);
  data.train.y.resize(33, 3);
  TrainOptions options = adam(2);
  options.batch_size = 32;
  for (const bool batch_norm : {false, true}) {
    const std::vector<LayerOptions> net{{8, "tanh", "auto", batch_norm}, {3, "softmax"}};
    Network network(2, net, 1);
    Network by_hand(2, net, 1);
    Heard heard;
    Training training(network, data, options, 1, 1);
    REQUIRE(training.batches() == 2);
    training.run(heard.hooks());
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
    CHECK(heard.epochs.at(0).train.loss == sum / 33);
    for (const Tensor& t : copy_of(network)) {
      for (const real v : t.values()) CHECK(std::isfinite(v));
    }
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
  Heard heard;
  CHECK(Training(network, data, options, 1, 1).run(heard.hooks()) == Training::End::finished);
  // L = (0 − 3)², ∂L/∂z = −6: W = 0 + 0.125 · 6 · 2, b = 0.125 · 6
  CHECK(heard.epochs.at(0).train.loss == 9);
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
