// The work itself, written against the library as a user would write it: gather, forward, loss, backward, step.
#include "workloads.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numbers>
#include <numeric>
#include <span>
#include <stdexcept>

#include "primer/core/network.hpp"
#include "primer/core/optimizer.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/metrics.hpp"

namespace bench {
namespace {

using primer::Dataset;
using primer::Network;
using primer::real;
using primer::Tensor;

// SplitMix64 as a counter, uniform in [0, 1).
double u(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-53;
}

double normal(std::uint64_t seed, std::uint64_t i) {
  return std::sqrt(-2 * std::log(1 - u(seed, 2 * i))) * std::cos(2 * std::numbers::pi * u(seed, 2 * i + 1));
}

double process_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// A network of these sizes; `hidden` and `output` are activations.
Network network(const std::vector<std::size_t>& sizes, const std::string& hidden, const std::string& output) {
  std::vector<primer::LayerOptions> layers;
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    layers.push_back({.units = sizes[l], .activation = l + 1 == sizes.size() ? output : hidden, .init = "zeros"});
  }
  Network net(sizes[0], layers, 0);
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    Tensor& Wt = net.layers[l].Wt;
    const auto in = static_cast<double>(Wt.rows());
    const auto out = static_cast<double>(Wt.cols());
    const bool rectifier = layers[l].activation == "relu" || layers[l].activation == "gelu";
    const double limit = rectifier ? std::sqrt(6 / in) : std::sqrt(6 / (in + out));
    for (std::size_t o = 0; o < Wt.cols(); ++o) {
      for (std::size_t k = 0; k < Wt.rows(); ++k) {
        Wt(k, o) = static_cast<real>((2 * u(1000 + l, o * Wt.rows() + k) - 1) * limit);
      }
    }
  }
  return net;
}

// The order of the rows in every epoch: a stable sort of random keys.
std::vector<std::vector<std::size_t>> orders(std::size_t epochs, std::size_t n) {
  std::vector<std::vector<std::size_t>> lists(epochs, std::vector<std::size_t>(n));
  for (std::size_t e = 0; e < epochs; ++e) {
    std::vector<double> keys(n);
    for (std::size_t i = 0; i < n; ++i) keys[i] = u(5000 + e, i);
    std::iota(lists[e].begin(), lists[e].end(), std::size_t{0});
    std::stable_sort(lists[e].begin(), lists[e].end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  }
  return lists;
}

struct Job {
  std::vector<std::size_t> sizes;
  std::string hidden, output, loss;
  primer::OptimizerOptions optimizer;
  double learning_rate;
  std::size_t batch, epochs;
  bool shuffled;
};

// Trains; returns the mean over samples of the last epoch's batch losses. The flow, if there is one, watches every
// tenth step.
double train(Network& net, const Job& job, const Dataset& data, const std::vector<std::vector<std::size_t>>& order,
             primer::Flow* flow = nullptr) {
  const auto loss = primer::make_loss(primer::LossOptions{job.loss});
  primer::Optimizer optimizer(job.optimizer);
  const std::vector<primer::Parameter> parameters = net.parameters();
  const bool whole = job.batch >= data.size();
  Dataset batch;
  double sum = 0;
  std::size_t steps = 0;
  for (std::size_t e = 0; e < job.epochs; ++e) {
    sum = 0;
    for (std::size_t first = 0; first < data.size(); first += job.batch) {
      const bool watched = flow != nullptr && steps++ % 10 == 0;
      const std::size_t last = std::min(first + job.batch, data.size());
      if (!whole) select_rows(data, job.shuffled ? order[e] : std::vector<std::size_t>{}, first, last, batch);
      const Dataset& now = whole ? data : batch;
      net.forward_training(now.x, e);
      sum += static_cast<double>(net.loss(*loss, now.y)) * static_cast<double>(now.size());
      net.backward(*loss, now.y);
      if (watched) flow->before_update(net, *loss, now.y);
      optimizer.step(parameters, static_cast<real>(job.learning_rate));
      if (watched) flow->after_update(net);
    }
  }
  return sum / static_cast<double>(data.size());
}

// Median seconds and the final loss of a training job, each repetition from the same start.
std::array<double, 2> measure(const Job& job, const Dataset& data, int repetitions) {
  const auto order = job.shuffled ? orders(job.epochs, data.size()) : std::vector<std::vector<std::size_t>>{};
  std::vector<double> seconds;
  double loss = 0;
  for (int r = 0; r < repetitions; ++r) {
    Network net = network(job.sizes, job.hidden, job.output);
    const double start = process_seconds();
    loss = train(net, job, data, order);
    seconds.push_back(process_seconds() - start);
  }
  return {median(seconds), loss};
}

Dataset spiral_rows() {
  Dataset data{Tensor(3000, 2), Tensor(3000, 3)};
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t j = 0; j < 1000; ++j) {
      const double r = static_cast<double>(j) / 999;
      const double t = 4 * static_cast<double>(k) + 4 * r + 0.2 * normal(2000, 1000 * k + j);
      data.x(1000 * k + j, 0) = static_cast<real>(r * std::sin(t));
      data.x(1000 * k + j, 1) = static_cast<real>(r * std::cos(t));
      data.y(1000 * k + j, k) = 1;
    }
  }
  return data;
}

Dataset classification_rows(std::size_t n) {
  Dataset data{Tensor(n, 784), Tensor(n, 10)};
  std::vector<double> P(784 * 10);
  for (std::size_t i = 0; i < P.size(); ++i) P[i] = 2 * u(4001, i) - 1;  // P_kj at 784 k + j
  for (std::size_t i = 0; i < n; ++i) {
    std::array<double, 10> score{};
    for (std::size_t j = 0; j < 784; ++j) {
      const double x = u(4000, 784 * i + j) - 0.5;
      data.x(i, j) = static_cast<real>(x);
      for (std::size_t k = 0; k < 10; ++k) score[k] += x * P[784 * k + j];
    }
    data.y(i, static_cast<std::size_t>(std::max_element(score.begin(), score.end()) - score.begin())) = 1;
  }
  return data;
}

Job growing_job(std::size_t width) {
  return {{784, width, width, 10},
          "relu",
          "softmax",
          "cross_entropy",
          {.optimizer = "sgd", .momentum = 0.9},
          0.01,
          128,
          1,
          true};
}

struct Child {
  double answer;  // the number it printed
  double apart;   // a second number: seconds that are no part of the work
  double seconds, peak_mib;
};

// Runs `program` with these words and waits for it.
Child run(const std::string& program, std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe can be made");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    words.insert(words.begin(), program);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  close(ends[1]);
  Child result{};
  FILE* const answer = fdopen(ends[0], "r");
  if (std::fscanf(answer, "%lf", &result.answer) != 1)
    throw std::runtime_error(program + " " + words[0] + " gave no answer");
  if (std::fscanf(answer, "%lf", &result.apart) != 1) result.apart = 0;
  std::fclose(answer);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  result.seconds = of(usage.ru_utime) + of(usage.ru_stime);
  result.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return result;
}

const primer::OptimizerOptions adam{.optimizer = "adam"};
const Job xor_job{{2, 4, 1}, "tanh", "sigmoid", "binary_cross_entropy", {}, 0.5, 4, 10'000, false};
const Job spirals_job{{2, 64, 64, 3}, "tanh", "softmax", "cross_entropy", adam, 1e-3, 32, 20, true};

Measurement samples_per_second(const char* name, const char* what, const Job& job, const Dataset& data, double wanted,
                               int repetitions) {
  const auto [seconds, loss] = measure(job, data, repetitions);
  const double samples = static_cast<double>(job.epochs * data.size());
  return {name, what, "samples/s", samples / seconds, seconds / samples, loss, wanted};
}

}  // namespace

double products(const std::vector<std::size_t>& sizes) {
  double sum = 0;
  for (std::size_t l = 1; l < sizes.size(); ++l) sum += static_cast<double>(sizes[l - 1] * sizes[l]);
  return sum;
}

primer::Network xor_network() { return network(xor_job.sizes, xor_job.hidden, xor_job.output); }

Measurement xor_steps(int repetitions) {
  const Dataset data{Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, Tensor{{0}, {1}, {1}, {0}}};
  const auto [seconds, loss] = measure(xor_job, data, repetitions);
  return {"W1", "XOR 2-4-1 tanh, SGD, full batch", "µs/step", seconds * 1e6 / 10'000, seconds / 10'000, loss, xor_loss};
}

Measurement spirals(int repetitions) {
  return samples_per_second("W2", "spirals 2-64-64-3 tanh, Adam, batch 32", spirals_job, spiral_rows(), 0.1114721,
                            repetitions);
}

double cost_of_flow(int repetitions) {
  const Dataset data = spiral_rows();
  const auto order = orders(spirals_job.epochs, data.size());
  std::array<std::vector<double>, 2> seconds;  // without and with, in turns
  for (int r = 0; r < repetitions; ++r) {
    for (const bool watched : {false, true}) {
      Network net = network(spirals_job.sizes, spirals_job.hidden, spirals_job.output);
      primer::Flow flow(net);
      const double start = process_seconds();
      train(net, spirals_job, data, order, watched ? &flow : nullptr);
      seconds[watched ? 1 : 0].push_back(process_seconds() - start);
    }
  }
  return median(seconds[1]) / median(seconds[0]) - 1;
}

Measurement regression(int repetitions) {
  Dataset data{Tensor(10'000, 1), Tensor(10'000, 1)};
  for (std::size_t i = 0; i < data.size(); ++i) {
    const double x = 2 * u(3000, i) - 1;
    data.x(i, 0) = static_cast<real>(x);
    data.y(i, 0) = static_cast<real>(0.5 * std::sin(2 * std::numbers::pi * x) + 0.3 * x * x);
  }
  const Job job{{1, 64, 64, 1}, "gelu", "identity", "mse", adam, 1e-3, 64, 10, true};
  return samples_per_second("W3", "regression 1-64-64-1 gelu, Adam, batch 64", job, data, 2.918694e-4, repetitions);
}

Measurement classify(int repetitions) {
  const Job job{{784, 256, 128, 10},
                "relu",
                "softmax",
                "cross_entropy",
                {.optimizer = "sgd", .momentum = 0.9},
                0.01,
                128,
                5,
                true};
  return samples_per_second("W4", "784-256-128-10 relu, momentum, batch 128", job, classification_rows(10'000),
                            1.431461, repetitions);
}

Measurement deep(int repetitions) {
  Dataset data{Tensor(1024, 32), Tensor(1024, 32)};
  for (std::size_t i = 0; i < data.x.size(); ++i) {
    const double x = 2 * u(6000, i) - 1;
    data.x.data()[i] = static_cast<real>(x);
    data.y.data()[i] = static_cast<real>(0.5 * std::sin(3 * x));
  }
  const Job job{std::vector<std::size_t>(33, 32), "tanh", "tanh", "mse", {}, 0.01, 32, 20, false};
  const auto [seconds, loss] = measure(job, data, repetitions);
  return {"W5", "32 layers of 32 tanh, SGD, batch 32", "µs/step", seconds * 1e6 / 640, seconds / 640, loss, 0.1277327};
}

Measurement infer_one(int repetitions) {
  const Dataset data = spiral_rows();
  Network net = network(spirals_job.sizes, "tanh", "softmax");
  std::vector<double> seconds;
  double sum = 0;
  for (int r = 0; r < repetitions; ++r) {
    sum = 0;
    Tensor x(1, 2);
    primer::Prediction p;
    const double start = process_seconds();
    for (std::size_t i = 0; i < data.size(); ++i) {
      x(0, 0) = data.x(i, 0);
      x(0, 1) = data.x(i, 1);
      sum += static_cast<double>(net.predict(x, p)(0, 0));
    }
    seconds.push_back(process_seconds() - start);
  }
  const double each = median(seconds) / static_cast<double>(data.size());
  return {"W6a", "inference of W2's network, batch 1", "µs/row", each * 1e6, each, sum, 1002.094};
}

Measurement infer_many(int repetitions) {
  const Dataset data = spiral_rows();
  constexpr std::size_t n = 4096;
  Tensor x(n, 2);
  for (std::size_t i = 0; i < n; ++i) std::copy_n(data.x.row(i % data.size()).data(), 2, x.row(i).data());
  Network net = network(spirals_job.sizes, "tanh", "softmax");
  constexpr int passes = 20;
  std::vector<double> seconds;
  double sum = 0;
  primer::Prediction p;
  net.predict(x, p);  // the buffers take their size
  for (int r = 0; r < repetitions; ++r) {
    const double start = process_seconds();
    for (int pass = 0; pass < passes; ++pass) {
      const Tensor& a = net.predict(x, p);
      sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a(i, 0));
    }
    seconds.push_back(process_seconds() - start);
  }
  const double each = median(seconds) / passes / n;
  return {"W6b", "inference of W2's network, batch 4096", "rows/s", 1 / each, each, sum, 1339.319};
}

int train_from_csv(const std::string& path) {
  const primer::DataOptions options;
  const primer::Samples samples = primer::read_samples(path, options, primer::Task::multiclass);
  const auto classes = primer::find_classes(samples.targets, primer::Task::multiclass, 0);
  const Dataset data{samples.x, primer::encode_targets(samples.targets, primer::Task::multiclass, classes)};
  Job job = spirals_job;
  job.epochs = 50;
  Network net = network(job.sizes, job.hidden, job.output);
  const double before = process_seconds();
  const auto order = orders(job.epochs, data.size());  // as elsewhere, no part of the time
  const double making_orders = process_seconds() - before;
  train(net, job, data, order);
  primer::Prediction p;
  const std::size_t right = correct_predictions(net.predict(data.x, p), data.y, primer::Task::multiclass);
  std::printf("%.6f %.9f\n", static_cast<double>(right) / static_cast<double>(data.size()), making_orders);
  return 0;
}

Measurement whole_process(int repetitions, const std::string& program) {
  std::string path = "/tmp/primer-bench-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) throw std::runtime_error("W7: no temporary file can be made");
  const Dataset data = spiral_rows();
  FILE* const csv = fdopen(file, "w");
  std::fputs("x,y,label\n", csv);
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::fprintf(csv, "%.17g,%.17g,%zu\n", static_cast<double>(data.x(i, 0)), static_cast<double>(data.x(i, 1)),
                 i / 1000);
  }
  std::fclose(csv);

  std::vector<double> seconds;
  double accuracy = 0;
  for (int r = 0; r < repetitions; ++r) {
    const Child child = run(program, {"--w7", path});
    accuracy = child.answer;
    seconds.push_back(child.seconds - child.apart);
  }
  unlink(path.c_str());
  const double each = median(seconds);
  return {"W7", "process: read CSV, train W2 50 epochs", "s", each, each, accuracy, 0.9967};
}

Growth grow(std::size_t width, std::size_t rows, const std::string& program) {
  const Child child = run(program, {"--grow", std::to_string(width), std::to_string(rows)});
  const Job job = growing_job(width);
  const double flops = 6 * products(job.sizes) - 2 * 784 * static_cast<double>(width);  // a sample; no ∂L/∂x of layer 1
  const double samples_per_second = static_cast<double>(rows) / child.answer;
  return {samples_per_second, flops * samples_per_second * 1e-9, child.peak_mib};
}

int grow_here(std::size_t width, std::size_t rows) {
  std::printf("%.9g\n", measure(growing_job(width), classification_rows(rows), 1)[0]);
  return 0;
}

}  // namespace bench
