#include "primer/core/loss.hpp"

#include <array>
#include <limits>

#include "../golden.hpp"

using namespace primer;

namespace {

Tensor one_hot(const Tensor& labels, std::size_t K) {
  Tensor y(labels.size(), K);
  for (std::size_t i = 0; i < labels.size(); ++i) y(i, static_cast<std::size_t>(labels.data()[i])) = 1;
  return y;
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
      value = loss->value_from_logits(pred, y);
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
      CHECK(std::abs(static_cast<double>(loss->value(a, y) - loss->value_from_logits(z, y))) < tolerance);
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
    CHECK(loss->value_from_logits(z, y) == (softmax ? 10000 : 5000));  // one row of two wrong by 20,000 in the mean
    const real share = softmax ? real(0.5) : real(0.25);
    CHECK(dL_dz == Tensor{{share, -share}, {0, 0}});
  }
}

TEST_CASE("the loss of a confident right answer keeps its digits") {
  const double want = 4.248354255291589e-18;  // ln(1 + e⁻⁴⁰)
  const double rtol = golden::is_double ? 1e-14 : 1e-5;
  const auto binary = make_loss({"binary_cross_entropy"});
  const auto classes = make_loss({"cross_entropy"});
  CHECK(golden::close(static_cast<double>(binary->value_from_logits(Tensor{{40}}, Tensor{{1}})), want, rtol, 0));
  CHECK(golden::close(static_cast<double>(binary->value_from_logits(Tensor{{-40}}, Tensor{{0}})), want, rtol, 0));
  CHECK(
      golden::close(static_cast<double>(classes->value_from_logits(Tensor{{-20, 20}}, Tensor{{0, 1}})), want, rtol, 0));
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

TEST_CASE("an impossible event of weight 0 costs nothing, one that was promised costs everything") {
  constexpr real infinity = std::numeric_limits<real>::infinity();
  const auto loss = make_loss({"cross_entropy"});
  CHECK(loss->value(Tensor{{0, 1}}, Tensor{{0, 1}}) == 0);
  CHECK(loss->value(Tensor{{0, 1}}, Tensor{{1, 0}}) == infinity);
  CHECK(loss->value_from_logits(Tensor{{-infinity, 0}}, Tensor{{0, 1}}) == 0);
  CHECK(loss->value_from_logits(Tensor{{-infinity, 0}}, Tensor{{1, 0}}) == infinity);
  const auto binary = make_loss({"binary_cross_entropy"});
  CHECK(binary->value(Tensor{{0, 1}}, Tensor{{0, 1}}) == 0);
  CHECK(binary->value(Tensor{{0, 1}}, Tensor{{1, 1}}) == infinity);
  Tensor dL_da;
  binary->gradient(Tensor{{0, 1}}, Tensor{{0, 1}}, dL_da);
  CHECK(dL_da == Tensor{{real(0.5), real(-0.5)}});
}

TEST_CASE("at a residual of exactly 0 mae has slope 0, and huber joins its branches at ±δ") {
  Tensor dL_da;
  make_loss({"mae"})->gradient(Tensor{{1, 2, 3}}, Tensor{{1, 1, 4}}, dL_da);
  CHECK(dL_da == Tensor{{0, real(1) / 3, real(-1) / 3}});
  const auto huber = make_loss({"huber", 2});
  CHECK(huber->value(Tensor{{2, -2}}, Tensor{{0, 0}}) == 2);
  CHECK(huber->value(Tensor{{3}}, Tensor{{0}}) == 4);
  huber->gradient(Tensor{{3, -3, 1}}, Tensor{{0, 0, 0}}, dL_da);
  CHECK(dL_da == Tensor{{real(2) / 3, real(-2) / 3, real(1) / 3}});
}

TEST_CASE("losses are found by name, pair with their partner alone, and refuse what they cannot do") {
  for (const std::string_view name : loss_names()) {
    const auto loss = make_loss({name});
    CHECK(loss->name() == name);
    CHECK(loss->kinks().size() == (name == "mae" ? 1u : name == "huber" ? 2u : 0u));
    for (const std::string_view sigma : activation_names()) {
      const bool pair =
          (name == "cross_entropy" && sigma == "softmax") || (name == "binary_cross_entropy" && sigma == "sigmoid");
      CHECK(loss->pairs_with(*make_activation(sigma)) == pair);
    }
  }
  CHECK_THROWS_WITH(make_loss({"hinge"}), "unknown loss 'hinge'");
  CHECK_THROWS_WITH(make_loss({"mse"})->value_from_logits({}, {}), "mse has no form in logits");
}
