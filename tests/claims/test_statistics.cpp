#include "primer/claims/statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "primer/claims/measure.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"
#include "primer/training/generators.hpp"

using namespace primer;

TEST_CASE("Student's t is right for one to a thousand degrees of freedom") {
  // The 0.995 quantiles, from mpmath's regularised incomplete beta function.
  CHECK(student_t(1) == doctest::Approx(63.656741162871583).epsilon(1e-12));
  CHECK(student_t(2) == doctest::Approx(9.9248432009182908).epsilon(1e-12));
  CHECK(student_t(3) == doctest::Approx(5.8409093097333554).epsilon(1e-12));
  CHECK(student_t(4) == doctest::Approx(4.6040948713499903).epsilon(1e-12));
  CHECK(student_t(9) == doctest::Approx(3.2498355415921254).epsilon(1e-12));
  CHECK(student_t(30) == doctest::Approx(2.7499956535670305).epsilon(1e-12));
  CHECK(student_t(999) == doctest::Approx(2.5807596372676368).epsilon(1e-12));
}

TEST_CASE("A mean's interval is t s / √n to either side") {
  const Estimate e = estimate({1, 2, 3, 4}, Average::mean);  // s² = 5/3
  const double half = 5.8409093097333554 * std::sqrt(5.0 / 3 / 4);
  CHECK(e.value == 2.5);
  CHECK(e.low == doctest::Approx(2.5 - half));
  CHECK(e.high == doctest::Approx(2.5 + half));
}

TEST_CASE("A geometric mean is the mean of the logarithms") {
  const Estimate e = estimate({1e-6, 1e-4}, Average::geometric);
  CHECK(e.value == doctest::Approx(1e-5));
  CHECK(e.low * e.high == doctest::Approx(1e-10));
}

TEST_CASE("Five successes out of five do not prove that the sixth will come") {
  const Estimate e = estimate({1, 1, 1, 1, 1}, Average::fraction);
  CHECK(e.value == 1);
  CHECK(e.low == doctest::Approx(0.4297416789729908));  // n / (n + z²)
  CHECK(e.high == 1);
  CHECK(std::isnan(estimate({1, 0.5}, Average::fraction).value));
}

TEST_CASE("One seed gives no interval, and neither does a value that is not a number") {
  CHECK_THROWS_AS(estimate({1}, Average::mean), std::invalid_argument);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(estimate({1, nan}, Average::mean).low));
  CHECK_FALSE(estimate({1, nan}, Average::mean).covers(1));
}

namespace {

// How often two arms that draw from the same source come out as distinguishable.
double false_alarms(std::size_t seeds, const std::function<double(Random&)>& draw) {
  constexpr int trials = 2000;
  Random random(7, Stream::data);
  int alarms = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> a;
    std::vector<double> b;
    for (std::size_t i = 0; i < seeds; ++i) {
      a.push_back(draw(random));
      b.push_back(draw(random));
    }
    if (!paired_difference(a, b).covers(0)) ++alarms;
  }
  return static_cast<double>(alarms) / trials;
}

}  // namespace

TEST_CASE("Two identical arms come out as not distinguishable in at least 95 % of trials") {
  for (const std::size_t seeds : {2U, 3U, 5U, 20U}) {
    CAPTURE(seeds);
    const double normal = false_alarms(seeds, [](Random& r) { return r.normal(); });
    CHECK(normal <= 0.05);
    CHECK(normal == doctest::Approx(0.01).epsilon(1));  // the level is 99 %: an interval too wide would fail here
    CHECK(normal > 0.002);
    CHECK(false_alarms(seeds, [](Random& r) { return exp(2 * r.normal()); }) <= 0.05);
    CHECK(false_alarms(seeds, [](Random& r) { return r.uniform(); }) <= 0.05);
    CHECK(false_alarms(seeds, [](Random& r) { return r.uniform() < 0.8 ? 1.0 : 0.0; }) <= 0.05);
  }
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
  loss.measure = find_measure("train_loss");
  std::uint64_t seed = 0;
  const auto next = [&] {
    ++seed;
    FinishedRun o = train_to_the_end(Network(2, layers, seed), data, Task::binary, options, seed, 0);
    return measure(loss, o).value();
  };
  int distinguishable = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 5; ++i) {
      a.push_back(next());
      b.push_back(next());
    }
    CHECK(a[0] != b[0]);
    if (!paired_ratio(a, b).covers(1)) ++distinguishable;
  }
  CHECK(distinguishable <= 10);
}

TEST_CASE("Arms that differ come out as distinguishable") {
  CHECK_FALSE(paired_difference({1.1, 2.1, 3.12, 4.1}, {1, 2, 3, 4}).covers(0));
  CHECK_FALSE(paired_ratio({8, 17, 31}, {1, 2, 4}).covers(1));
  CHECK(paired_ratio({8, 17, 31}, {1, 2, 4}).value == doctest::Approx(8.0773742));
}
