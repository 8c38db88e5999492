#include "primer/claims/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "primer/claims/measure.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"
#include "primer/training/generators.hpp"

using namespace primer;

namespace {

// 1, 2, …, n, in another order.
std::vector<double> shuffled(std::size_t n) {
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<double>((i * 7) % n) + 1);
  return values;
}

bool contains(const Estimate& e, double v) { return e.covers(v); }

Estimate share(const std::vector<double>& ones) {
  return fraction(static_cast<std::size_t>(std::ranges::count(ones, 1.0)), ones.size());
}

}  // namespace

TEST_CASE("The interval of the median lies between the values that the tables name") {
  // The largest k with P(Bin(n, 1/2) < k) <= 0.005, from exact fractions.
  const std::vector<std::pair<std::size_t, double>> table{{8, 1}, {11, 1}, {12, 2}, {20, 4}, {50, 16}, {500, 221}};
  for (const auto& entry : table) {
    const std::size_t n = entry.first;
    const double k = entry.second;
    CAPTURE(n);
    const Estimate e = median(shuffled(n));
    CHECK(e.value == (static_cast<double>(n) + 1) / 2);
    CHECK(e.low == k);
    CHECK(e.high == static_cast<double>(n) + 1 - k);
  }
}

TEST_CASE("Fewer seeds than eight give no interval of the median") {
  for (std::size_t n = 1; n < fewest_seeds; ++n) {
    const Estimate e = median(shuffled(n));
    CHECK(std::isinf(e.low));
    CHECK(std::isinf(e.high));
  }
  CHECK(median({3, 1, 2}).value == 2);
  CHECK_THROWS_AS(median({}), std::invalid_argument);
  CHECK_THROWS_AS(fraction(0, 0), std::invalid_argument);
}

TEST_CASE("The interval of a fraction is that of Clopper and Pearson") {
  // Solved with 200 halvings on exact binomial coefficients.
  CHECK(fraction(0, 10).low == 0);
  CHECK(fraction(0, 10).high == doctest::Approx(0.4112959813475253).epsilon(1e-9));
  CHECK(fraction(5, 10).low == doctest::Approx(0.12831055393508276).epsilon(1e-9));
  CHECK(fraction(5, 10).high == doctest::Approx(0.8716894460649167).epsilon(1e-9));
  CHECK(fraction(93, 100).low == doctest::Approx(0.8371971444155769).epsilon(1e-9));
  CHECK(fraction(93, 100).high == doctest::Approx(0.9792100696703756).epsilon(1e-9));
  CHECK(fraction(8, 8).low == doctest::Approx(std::pow(0.005, 1.0 / 8)).epsilon(1e-9));
  CHECK(fraction(8, 8).high == 1);
  CHECK(fraction(93, 100).value == 0.93);
}

namespace {

struct Source {
  const char* name;
  double typical;  // the median, or the probability of a 1
  std::function<double(Random&)> draw;
};

// How often `covered` is true in 2000 trials.
double rate(const std::function<bool(Random&)>& covered) {
  Random random(7, Stream::data);
  int count = 0;
  for (int trial = 0; trial < 2000; ++trial) count += covered(random) ? 1 : 0;
  return count / 2000.0;
}

std::vector<double> sample(const Source& source, std::size_t n, Random& random) {
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(source.draw(random));
  return values;
}

}  // namespace

TEST_CASE("The true value is in the interval in at least 95 % of trials, for every kind of quantity and interval") {
  const std::vector<Source> continuous{
      {"a number", 0, [](Random& r) { return r.normal(); }},
      {"a ratio over many orders of magnitude", 1, [](Random& r) { return exp(5 * r.normal()); }},
      {"an accuracy that is nearly always the maximum", 0.995,
       [](Random& r) { return r.uniform() < 0.9 ? 0.995 : 0.5; }},
      {"a fraction that is mostly 0", 0, [](Random& r) { return r.uniform() < 0.7 ? 0.0 : r.uniform(); }},
      {"a skewed count", 1, [](Random& r) { return std::floor(-2 * log(1 - r.uniform())); }}};
  for (const std::size_t n : {8U, 9U, 12U, 20U, 50U}) {
    CAPTURE(n);
    for (const Source& source : continuous) {
      CAPTURE(source.name);
      const double covered = rate([&](Random& r) { return contains(median(sample(source, n, r)), source.typical); });
      CHECK(covered >= 0.985);
      // Two arms that are the same: the interval of the difference contains 0, the interval of the ratio 1.
      CHECK(rate([&](Random& r) {
              std::vector<double> a = sample(source, n, r);
              for (double& v : a) v -= source.draw(r);
              return contains(median(a), 0);
            }) >= 0.985);
      CHECK(rate([&](Random& r) {
              std::vector<double> a = sample(source, n, r);
              for (double& v : a) v = exp(std::atan(v)) / exp(std::atan(source.draw(r)));
              return contains(median(a), 1);
            }) >= 0.985);
    }
    for (const double p : {0.005, 0.015, 0.1, 0.5, 0.93, 0.99}) {
      CAPTURE(p);
      const Source coin{"", p, [p](Random& r) { return r.uniform() < p ? 1.0 : 0.0; }};
      CHECK(rate([&](Random& r) { return contains(share(sample(coin, n, r)), p); }) >= 0.985);
    }
  }
}

TEST_CASE("An interval never leaves the range of the values") {
  Random random(3, Stream::data);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> accuracies;
    std::vector<double> ones;
    for (int i = 0; i < 8; ++i) {
      accuracies.push_back(random.uniform());
      ones.push_back(random.uniform() < 0.5 ? 1 : 0);
    }
    for (const Estimate& e : {median(accuracies), share(ones)}) {
      CHECK(0 <= e.low);
      CHECK(e.low <= e.value);
      CHECK(e.value <= e.high);
      CHECK(e.high <= 1);
    }
  }
}

TEST_CASE("An interval that is too narrow fails the same simulation") {
  // From the k-th to the k-th last value with a k that is one third too large, and ± 1.64 standard errors of a share.
  const Source normal{"", 0, [](Random& r) { return r.normal(); }};
  const Source coin{"", 0.1, [](Random& r) { return r.uniform() < 0.1 ? 1.0 : 0.0; }};
  const double narrow_median = rate([&](Random& r) {
    std::vector<double> values = sample(normal, 50, r);
    std::ranges::sort(values);
    return values[20] <= 0 && 0 <= values[29];
  });
  const double narrow_share = rate([&](Random& r) {
    const double p = share(sample(coin, 50, r)).value;
    return std::abs(p - 0.1) <= 1.64 * std::sqrt(p * (1 - p) / 50);
  });
  CHECK(narrow_median < 0.95);
  CHECK(narrow_share < 0.95);
}

TEST_CASE("The interval is not wider than the level needs") {
  const Source normal{"", 0, [](Random& r) { return r.normal(); }};
  CHECK(rate([&](Random& r) { return contains(median(sample(normal, 50, r)), 0); }) < 0.999);
}

TEST_CASE("Two identical arms of real runs come out as not distinguishable in at least 95 % of trials") {
  GeneratorOptions moons;
  moons.generator = "moons";
  moons.points = 16;
  const Data data = prepare(generate(moons, 1), {}, Task::binary, {"0", "1"}, {}, 1);
  const std::vector<LayerOptions> layers{{4, "tanh", "auto", false, false, 0}, {1, "sigmoid", "auto", false, false, 0}};
  TrainOptions options;
  options.loss = "binary_cross_entropy";
  options.learning_rate = 0.5;
  options.epochs = 5;
  options.batch_size = 0;
  Quantity loss;
  loss.measure = &*std::ranges::find(measures(), "history.train_loss", &Measure::name);
  std::uint64_t seed = 0;
  const auto next = [&] {
    ++seed;
    Experiment experiment{{}, data, Task::binary};
    experiment.config.train = options;
    experiment.config.seed = seed;
    experiment.config.diagnostics.every = 0;
    FinishedRun o = train_to_the_end(std::move(experiment), Network(2, layers, seed));
    return measure(loss, o).value();
  };
  int distinguishable = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> a;
    std::vector<double> b;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < fewest_seeds; ++i) {
      a.push_back(next());
      b.push_back(next());
    }
    CHECK(a[0] != b[0]);
    for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
    if (!contains(median(ratios), 1)) ++distinguishable;
  }
  CHECK(distinguishable <= 10);
}
