#include "primer/training/weighted_loss.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../golden.hpp"
#include "primer/training/gradcheck.hpp"
#include "primer/training/training.hpp"

using namespace primer;

namespace {

WeightedLoss weighted(const char* loss, std::vector<double> weights) {
  return {make_loss(LossOptions{loss}), std::move(weights)};
}

void check_equal(const Tensor& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < b.size(); ++i)
    CHECK(a[i] == doctest::Approx(b[i]).epsilon(golden::is_double ? 1e-14 : 1e-5));
}

const double tight = golden::is_double ? 1e-14 : 1e-5;

}  // namespace

TEST_CASE("a weighted cross-entropy and its gradient are those of scikit-learn's weighted log loss") {
  // sklearn.metrics.log_loss(y, softmax(z), sample_weight=w[y]) with w = 2, 1/2, 1
  const WeightedLoss loss = weighted("cross_entropy", {2, 0.5, 1});
  const Tensor z{{1, 2, real(0.5)}, {-1, 0, 3}, {real(0.2), real(0.1), real(0.4)}, {3, 1, 2}};
  const Tensor y{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 0}};
  Tensor a, derivative, scratch, gradient;
  make_activation("softmax")->forward(z, a, derivative);
  CHECK(loss.weight(y) == 4);
  CHECK(loss.value_from_logits(z, y, scratch) == doctest::Approx(1.6513283907903136).epsilon(tight));
  CHECK(loss.value(a, y) == doctest::Approx(1.6513283907903136).epsilon(tight));
  loss.gradient_from_logits(a, y, gradient);
  check_equal(gradient, {-0.3843880511889255, 0.31426585960588127, 0.07012219158304425, 0.002143478193190049,
                         -0.11917342217775326, 0.1170299439845632, 0.07996826408397993, 0.07235827759856615,
                         -0.15232654168254606, 0.08315511947185274, -0.11374617835370245, 0.03059105888184971});
}

TEST_CASE("a weighted binary cross-entropy has a weight for 0 and one for 1") {
  const WeightedLoss loss = weighted("binary_cross_entropy", {0.25, 3});
  const Tensor z{{real(0.3)}, {-2}, {-1}}, y{{1}, {0}, {1}};
  Tensor a, derivative, scratch, gradient;
  make_activation("sigmoid")->forward(z, a, derivative);
  CHECK(loss.weight(y) == 6.25);
  CHECK(loss.value_from_logits(z, y, scratch) == doctest::Approx(0.9015332477953589).epsilon(tight));
  loss.gradient_from_logits(a, y, gradient);
  check_equal(gradient, {-0.20426759193040367, 0.004768116880884702, -0.3509081177424024});
}

TEST_CASE("balanced weights are those of scikit-learn, and a class without rows has none") {
  // sklearn.utils.class_weight.compute_class_weight('balanced', …) for 5, 2 and 1 rows
  Tensor y(8, 3);
  for (std::size_t i = 0; i < 8; ++i) y(i, i < 5 ? 0 : i < 7 ? 1 : 2) = 1;
  const std::vector<double> weights = balanced_weights(y);
  CHECK(weights[0] == doctest::Approx(8.0 / 15).epsilon(1e-15));
  CHECK(weights[1] == doctest::Approx(8.0 / 6).epsilon(1e-15));
  CHECK(weights[2] == doctest::Approx(8.0 / 3).epsilon(1e-15));
  CHECK(balanced_weights(Tensor{{1}, {0}, {0}, {0}}) == std::vector<double>{4.0 / 6, 2});
  CHECK_THROWS_WITH(balanced_weights(Tensor{{1}, {1}}), "a class without training rows has no balanced weight");
}

TEST_CASE("the mean of several batches is the weighted mean of all rows") {
  TrainOptions options;
  options.loss = "cross_entropy";
  options.class_weights = {1, 9};
  const std::vector<LayerOptions> layers{{.units = 2, .activation = "softmax"}};
  Network network(1, layers, 1);
  Dataset data{Tensor(600, 1), Tensor(600, 2)};
  for (std::size_t i = 0; i < 600; ++i) {
    data.x[i] = static_cast<real>(i % 17) / 8;
    data.y(i, i < 30 ? 1 : 0) = 1;  // all rows of the second class are in the first of three batches
  }
  const auto loss = make_loss(options);
  Prediction p;
  network.predict(data.x, p);
  const double at_once = network.loss(*loss, data.y, p);
  CHECK(evaluate(network, *loss, data, Task::multiclass).loss == doctest::Approx(at_once).epsilon(tight));
}

TEST_CASE("the gradient check passes for a weighted loss" * doctest::skip(!golden::is_double)) {
  TrainOptions options;
  options.class_weights = {0.3, 2, 7};
  for (const char* const output : {"softmax", "sigmoid"}) {
    const bool several = std::string(output) == "softmax";
    options.loss = several ? "cross_entropy" : "binary_cross_entropy";
    const std::vector<LayerOptions> layers{{.units = 4, .activation = "tanh"},
                                           {.units = several ? 3u : 1u, .activation = output}};
    Network network(2, layers, 1);
    const Tensor x{{real(0.3), -1}, {2, real(0.7)}, {-1, real(0.1)}};
    const Tensor y = several ? Tensor{{1, 0, 0}, {0, 0, 1}, {0, 1, 0}} : Tensor{{1}, {0}, {1}};
    CHECK(check_gradients(network, *make_loss(options), x, y).passed());
  }
}

TEST_CASE("a class is as heavy as its rows say, at a probability of one half too") {
  // y ≥ ½ counts as class 1, as in a prediction
  CHECK(balanced_weights(Tensor{{real(0.5)}, {0}, {real(0.25)}, {real(0.75)}}) == std::vector<double>{1, 1});
  CHECK_THROWS_WITH(balanced_weights(Tensor{{0}, {0}}), "a class without training rows has no balanced weight");
  CHECK_THROWS_WITH(balanced_weights(Tensor{{1, 0}, {1, 0}}), "a class without training rows has no balanced weight");
  CHECK(balanced_weights(Tensor{{1, 0}, {0, 1}, {0, 1}, {0, 1}}) == std::vector<double>{2, 4.0 / 6});
}

TEST_CASE("a weighted loss of numbers weighs the rows, and a target between two classes has a weight between theirs") {
  const WeightedLoss loss = weighted("binary_cross_entropy", {1, 3});
  CHECK(loss.weight(Tensor{{real(0.25)}}) == 1.5);
  CHECK(loss.weight(Tensor{{real(0.25)}, {1}, {0}}) == 5.5);
  const WeightedLoss several = weighted("cross_entropy", {1, 2, 5});
  CHECK(several.weight(Tensor{{real(0.5), real(0.25), real(0.25)}}) == 2.25);
  // Two rows with losses ln 2 and ln 4, weights 3 and 1: (3 ln 2 + ln 4) / 4; ∂L/∂a = −3 / (½ · 4) and 1 / (¼ · 4)
  const Tensor a{{real(0.5)}, {real(0.75)}}, y{{1}, {0}};
  CHECK(loss.value(a, y) == doctest::Approx((3 * std::log(2.0) + std::log(4.0)) / 4).epsilon(tight));
  Tensor dL_da;
  loss.gradient(a, y, dL_da);
  check_equal(dL_da, {-1.5, 1});
}
