#include "primer/core/loss.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <thread>

#include "../golden.hpp"

using namespace primer;

namespace {

Tensor one_hot(const Tensor& labels, std::size_t K) {
  Tensor y(labels.size(), K);
  for (std::size_t i = 0; i < labels.size(); ++i) y(i, static_cast<std::size_t>(labels.data()[i])) = 1;
  return y;
}

real from_logits(const Loss& loss, const Tensor& z, const Tensor& y) {
  Tensor scratch;
  return loss.value_from_logits(z, y, scratch);
}

Tensor times(real factor, Tensor t) {
  for (real& v : t.values()) v *= factor;
  return t;
}

const std::map<std::string, std::string> names{{"mse", "mse"},
                                               {"mae", "mae"},
                                               {"huber", "huber"},
                                               {"smooth_l1", "huber"},
                                               {"bce", "binary_cross_entropy"},
                                               {"bce_with_logits", "binary_cross_entropy"},
                                               {"cross_entropy", "cross_entropy"},
                                               {"cross_entropy_soft", "cross_entropy"}};

struct Pair {
  const char* activation;
  const char* loss;
};
constexpr std::array<Pair, 2> canonical_pairs{{{"softmax", "cross_entropy"}, {"sigmoid", "binary_cross_entropy"}}};

// A user's loss: ln cosh (a − y).
struct LogCosh {
  static constexpr const char* name = "test_log_cosh";
  real value(real a, real y) const { return std::log(std::cosh(a - y)); }
  real derivative(real a, real y) const { return std::tanh(a - y); }
};

}  // namespace

TEST_CASE("every loss and its gradient meet the reference") {
  std::size_t compared = 0;
  for (const golden::Case& c : golden::cases("03_losses.csv")) {
    if (c.optional()) continue;
    if (!golden::is_double && (c.id == "mse_big" || c.id == "mse_tiny" || c.id == "bcel_huge")) continue;  // no floats
    const std::string& asked = c.attr.at("loss");
    LossOptions options{names.at(asked)};
    options.huber_delta = static_cast<real>(c.number("delta", c.number("beta", 1)));
    options.label_smoothing = static_cast<real>(c.number("label_smoothing", 0));
    const auto loss = make_loss(options);
    const Tensor pred = golden::tensor(c.given("pred"));
    const Tensor y =
        c.has("labels") ? one_hot(golden::tensor(c.given("labels")), pred.cols()) : golden::tensor(c.given("target"));
    real value = 0;
    Tensor gradient;
    const bool logits = asked == "bce_with_logits" || asked.starts_with("cross_entropy");
    if (logits) {
      Tensor a;
      Tensor derivative;
      const auto partner = make_activation(asked == "bce_with_logits" ? "sigmoid" : "softmax");
      REQUIRE(loss->pairs_with(*partner));
      partner->forward(pred, a, derivative);
      value = from_logits(*loss, pred, y);
      loss->gradient_from_logits(a, y, gradient);
    } else {
      value = loss->value(pred, y);
      loss->gradient(pred, y, gradient);
    }
    real factor = 1;
    if (asked == "smooth_l1") factor = 1 / options.huber_delta;  // smooth_l1(β) = huber(β) / β
    if (c.attr.at("reduction") == "sum") {
      factor *= static_cast<real>(asked.starts_with("cross_entropy") ? pred.rows() : pred.size());
    }
    golden::check(c, "loss", static_cast<double>(factor * value));
    golden::check(c, "grad", times(factor, gradient));
    ++compared;
  }
  CHECK(compared >= (golden::is_double ? 29u : 26u));
}

TEST_CASE("a canonical pair equals the general path where that is finite") {
  const Tensor z{{real(0.3), real(-1.2), real(2.5)}, {real(-4.1), real(0.9), real(5.2)}};
  for (const Pair& pair : canonical_pairs) {
    for (const real smoothing : {real(0), real(0.1)}) {
      const auto activation = make_activation(pair.activation);
      const auto loss = make_loss({pair.loss, 1, smoothing});
      const Tensor y{{0, 1, 0}, {real(0.25), real(0.5), real(0.25)}};
      Tensor a;
      Tensor derivative;
      activation->forward(z, a, derivative);
      const double tolerance = golden::is_double ? 1e-12 : 1e-5;
      CHECK(std::abs(static_cast<double>(loss->value(a, y) - from_logits(*loss, z, y))) < tolerance);
      Tensor dL_da;
      Tensor general;
      Tensor direct;
      loss->gradient(a, y, dL_da);
      activation->backward(z, a, derivative, dL_da, general);
      loss->gradient_from_logits(a, y, direct);
      for (std::size_t i = 0; i < z.size(); ++i) {
        CHECK(std::abs(static_cast<double>(general.data()[i] - direct.data()[i])) < tolerance);
      }
    }
  }
}

TEST_CASE("canonical pairs are finite at logits of ±1e4, and their gradient is a − y over the count") {
  const Tensor z{{10000, -10000}, {-10000, 10000}};
  const Tensor y{{0, 1}, {0, 1}};
  for (const Pair& pair : canonical_pairs) {
    const auto activation = make_activation(pair.activation);
    const auto loss = make_loss({pair.loss});
    Tensor a;
    Tensor derivative;
    Tensor dL_dz;
    activation->forward(z, a, derivative);
    loss->gradient_from_logits(a, y, dL_dz);
    const bool softmax = std::string_view(pair.activation) == "softmax";
    CHECK(from_logits(*loss, z, y) == (softmax ? 10000 : 5000));  // one row of two wrong by 20,000 in the mean
    const real share = softmax ? real(0.5) : real(0.25);
    CHECK(dL_dz == Tensor{{share, -share}, {0, 0}});
  }
}

TEST_CASE("the loss of a confident correct prediction keeps its digits") {
  const double want = 4.248354255291589e-18;  // ln(1 + e⁻⁴⁰)
  const double rtol = golden::is_double ? 1e-14 : 1e-5;
  const auto binary = make_loss({"binary_cross_entropy"});
  const auto classes = make_loss({"cross_entropy"});
  CHECK(golden::close(static_cast<double>(from_logits(*binary, Tensor{{40}}, Tensor{{1}})), want, rtol, 0));
  CHECK(golden::close(static_cast<double>(from_logits(*binary, Tensor{{-40}}, Tensor{{0}})), want, rtol, 0));
  CHECK(golden::close(static_cast<double>(from_logits(*classes, Tensor{{-20, 20}}, Tensor{{0, 1}})), want, rtol, 0));
}

TEST_CASE("label smoothing moves the targets towards the uniform distribution") {
  const Tensor y{{0, 1, 0, 0}};
  Tensor a(1, 4, real(0.25));
  Tensor dL_dz;
  make_loss({"cross_entropy", 1, real(0.2)})->gradient_from_logits(a, y, dL_dz);
  const Tensor smooth{{real(0.05), real(0.85), real(0.05), real(0.05)}};
  for (std::size_t k = 0; k < 4; ++k) CHECK(dL_dz(0, k) == doctest::Approx(a(0, k) - smooth(0, k)));
  make_loss({"binary_cross_entropy", 1, real(0.2)})->gradient_from_logits(a, y, dL_dz);
  for (std::size_t k = 0; k < 4; ++k) CHECK(dL_dz(0, k) == doctest::Approx((a(0, k) - (k == 1 ? 0.9 : 0.1)) / 4));
}

TEST_CASE("a probability of 0 gives a loss of 0 if the target is 0, and an infinite loss if the target is 1") {
  constexpr real infinity = std::numeric_limits<real>::infinity();
  const auto loss = make_loss({"cross_entropy"});
  CHECK(loss->value(Tensor{{0, 1}}, Tensor{{0, 1}}) == 0);
  CHECK(loss->value(Tensor{{0, 1}}, Tensor{{1, 0}}) == infinity);
  CHECK(from_logits(*loss, Tensor{{-infinity, 0}}, Tensor{{0, 1}}) == 0);
  CHECK(from_logits(*loss, Tensor{{-infinity, 0}}, Tensor{{1, 0}}) == infinity);
  CHECK(from_logits(*loss, Tensor{{infinity, 0}}, Tensor{{0, 1}}) == infinity);
  const auto binary = make_loss({"binary_cross_entropy"});
  CHECK(binary->value(Tensor{{0, 1}}, Tensor{{0, 1}}) == 0);
  CHECK(binary->value(Tensor{{0, 1}}, Tensor{{1, 1}}) == infinity);
  Tensor dL_da;
  binary->gradient(Tensor{{0, 1}}, Tensor{{0, 1}}, dL_da);
  CHECK(dL_da == Tensor{{real(0.5), real(-0.5)}});
}

TEST_CASE("at a residual of exactly 0 the derivative of mae is 0, and huber joins its branches at ±δ") {
  Tensor dL_da;
  make_loss({"mae"})->gradient(Tensor{{1, 2, 3}}, Tensor{{1, 1, 4}}, dL_da);
  CHECK(dL_da == Tensor{{0, real(1) / 3, real(-1) / 3}});
  const auto huber = make_loss({"huber", 2});
  CHECK(huber->value(Tensor{{2, -2}}, Tensor{{0, 0}}) == 2);
  CHECK(huber->value(Tensor{{3}}, Tensor{{0}}) == 4);
  huber->gradient(Tensor{{3, -3, 1}}, Tensor{{0, 0, 0}}, dL_da);
  CHECK(dL_da == Tensor{{real(2) / 3, real(-2) / 3, real(1) / 3}});
}

TEST_CASE("losses are found by name, are canonical with their partner only, and refuse what they cannot do") {
  for (const std::string_view name : losses().names()) {
    const auto loss = make_loss({name});
    CHECK(loss->name() == name);
    CHECK(loss->kinks().size() == (name == "mae" ? 1u : name == "huber" ? 2u : 0u));
    for (const std::string_view sigma : activations().names()) {
      if (sigma.starts_with("test_")) continue;  // registered by another test
      const bool pair =
          (name == "cross_entropy" && sigma == "softmax") || (name == "binary_cross_entropy" && sigma == "sigmoid");
      CHECK(loss->pairs_with(*make_activation(sigma)) == pair);
    }
  }
  CHECK_THROWS_WITH(make_loss({"hinge"}), "unknown loss 'hinge'");
  Tensor gradient;
  CHECK_THROWS_WITH(from_logits(*make_loss({"mse"}), {}, {}), "mse cannot be computed from the logits");
  CHECK_THROWS_WITH(make_loss({"mse"})->gradient_from_logits({}, {}, gradient),
                    "mse cannot be computed from the logits");
}

TEST_CASE("one const loss serves several threads at once") {
  for (const Pair& pair : canonical_pairs) {
    const std::unique_ptr<const Loss> loss = make_loss({pair.loss});
    std::array<Tensor, 2> z, y;
    std::array<real, 2> alone{};
    for (std::size_t k = 0; k < 2; ++k) {
      z[k] = Tensor(8 + 9 * k, 4);
      y[k] = Tensor(z[k].rows(), 4);
      for (std::size_t i = 0; i < z[k].size(); ++i) z[k][i] = static_cast<real>(i * (k + 3) % 11) / 4 - 1;
      for (std::size_t i = 0; i < y[k].rows(); ++i) y[k](i, i % 4) = 1;
      alone[k] = from_logits(*loss, z[k], y[k]);
    }
    std::array<std::size_t, 2> wrong{};
    const auto work = [&](std::size_t k) {
      for (int repetition = 0; repetition < 20'000; ++repetition)
        wrong[k] += from_logits(*loss, z[k], y[k]) == alone[k] ? 0 : 1;
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    CHECK(wrong[0] + wrong[1] == 0);
  }
}

TEST_CASE("a loss says its task and the options that it reads") {
  CHECK(task_of("cross_entropy") == Task::multiclass);
  CHECK(task_of("binary_cross_entropy") == Task::binary);
  for (const char* name : {"mse", "mae", "huber"}) CHECK(task_of(name) == Task::regression);
  for (const std::string_view name : losses().names()) {
    CHECK(losses().uses(name, "huber_delta") == (name == "huber"));
    CHECK(losses().uses(name, "label_smoothing") == (task_of(name) != Task::regression));
  }
  CHECK_THROWS_WITH(task_of("hinge"), "unknown loss 'hinge'");
}

TEST_CASE("a user's loss is registered in one line, and is a mean over all elements") {
  if (losses().names().back() != LogCosh::name) register_loss<LogCosh>();
  const auto loss = make_loss({LogCosh::name});
  CHECK(task_of(LogCosh::name) == Task::regression);
  const Tensor a{{2, 0}, {1, -1}}, y{{0, 0}, {1, 1}};
  const double tolerance = golden::is_double ? 1e-14 : 1e-6;
  CHECK(golden::close(static_cast<double>(loss->value(a, y)), 1.3250027473578645 / 2, 0, tolerance));  // ln cosh 2
  Tensor dL_da;
  loss->gradient(a, y, dL_da);
  CHECK(golden::close(static_cast<double>(dL_da(0, 0)), 0.9640275800758169 / 4, 0, tolerance));  // tanh 2
  CHECK(dL_da(1, 1) == -dL_da(0, 0));
  CHECK_THROWS_WITH(register_loss<LogCosh>(), "loss 'test_log_cosh' is registered already");
  CHECK_THROWS_WITH(losses().add({"two words", nullptr}),
                    "loss 'two words': a name consists of letters, digits and '_'");
}

TEST_CASE("without options huber has δ = 1 and nothing is smoothed") {
  CHECK(make_loss({"huber"})->value(Tensor{{3}}, Tensor{{0}}) == 2.5);  // δ (3 − δ/2)
  CHECK(make_loss({"binary_cross_entropy"})->value(Tensor{{1}}, Tensor{{1}}) == 0);
}
