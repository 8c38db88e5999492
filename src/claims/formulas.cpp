// The measures that need no run: values and properties of activations, losses, and formulas that break.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "primer/claims/measure.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"
#include "primer/formats/error.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// σ and σ′ at n points from low to high.
struct Curve {
  Tensor a, derivative;
};
Curve curve(const std::string& name, double low, double high, std::size_t n) {
  const auto activation = make_activation(name);
  if (!activation->traits.elementwise) throw std::invalid_argument(name + " is not a function of one number");
  Tensor z(n, 1);
  for (std::size_t i = 0; i < n; ++i) {
    z(i, 0) = static_cast<real>(low + (high - low) * static_cast<double>(i) / static_cast<double>(n - 1));
  }
  Curve points;
  activation->forward(z, points.a, points.derivative);
  return points;
}

double value(const Quantity& q) { return static_cast<double>(curve(q.activation, q.at, q.at, 2).a(0, 0)); }
double derivative(const Quantity& q) {
  return static_cast<double>(curve(q.activation, q.at, q.at, 2).derivative(0, 0));
}

// How many different values σ′ takes at 1025 points. A piecewise linear σ has as many as pieces: comparing z with the
// kinks computes it. Any other σ needs exp, tanh or erf.
double derivative_values(const Quantity& q) {
  const Curve points = curve(q.activation, -8, 8, 1025);
  return static_cast<double>(
      std::set<real>(points.derivative.values().begin(), points.derivative.values().end()).size());
}

double largest_difference(const Quantity& q) {
  const Curve one = curve(q.activation, -16, 16, 32'001);
  const Curve other = curve(q.other, -16, 16, 32'001);
  double worst = 0;
  for (std::size_t i = 0; i < one.a.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(one.a.data()[i] - other.a.data()[i])));
  }
  return worst;
}

// The z ≥ 0 from which |σ′| stays below saturation_threshold · max |σ′|.
double saturated_from(const Properties& p) {
  return p.saturated.empty() || p.saturated.back().to < infinity ? infinity : std::max(p.saturated.back().from, 0.0);
}

// |∂L/∂z| of one sigmoid output at z = at with target 0.
double output_gradient(const Quantity& q) {
  if (q.loss == "cross_entropy") throw std::invalid_argument("cross_entropy needs two outputs or more");
  std::vector<Dense> layers;
  layers.emplace_back(1, 1, make_activation("sigmoid"));
  layers.front().b(0, 0) = static_cast<real>(q.at);
  Network network(std::move(layers));
  const Tensor zero(1, 1);
  network.forward(zero);
  network.backward(*make_loss(LossOptions{q.loss}), zero);
  return static_cast<double>(std::abs(network.layers.front().dL_dz(0, 0)));
}

double cross_entropy(const Quantity& q) {
  const Tensor z{{0, static_cast<real>(q.at)}};
  Tensor scratch;
  return static_cast<double>(make_loss(LossOptions{"cross_entropy"})->value_from_logits(z, Tensor{{1, 0}}, scratch));
}
double binary_cross_entropy(const Quantity& q) {
  const Tensor z{{static_cast<real>(q.at)}};
  Tensor scratch;
  return static_cast<double>(
      make_loss(LossOptions{"binary_cross_entropy"})->value_from_logits(z, Tensor{{1}}, scratch));
}

double naive_softmax_is_nan(const Quantity& q) {
  return std::isnan(exp(q.at) / (exp(q.at) + exp(q.at))) ? 1 : 0;  // exp(zᵢ) / Σ exp(zⱼ)
}

// −ln of the stable softmax of (0, z): the logarithm is taken a step too late.
double log_after_softmax(const Quantity& q) {
  const Tensor z{{0, static_cast<real>(q.at)}};
  Tensor a, derivatives;
  make_activation("softmax")->forward(z, a, derivatives);
  return static_cast<double>(-log(a(0, 0)));
}

double clipped(double z) { return std::clamp(z, -500.0, 500.0); }
double clipped_binary_cross_entropy(const Quantity& q) {
  return -log(sigmoid(clipped(q.at)));
}  // −ln σ(clip(z)), y = 1
double clipped_gradient(const Quantity& q) { return std::abs(q.at) > 500 ? 0 : sigmoid(q.at) - 1; }  // clip′ is 0 there
double clipped_float_exp(const Quantity& q) { return static_cast<double>(exp(static_cast<float>(-clipped(q.at)))); }

double softmax_against_sigmoid(const Quantity&) {
  constexpr std::size_t side = 161;
  Tensor z(side * side, 2);
  for (std::size_t i = 0; i < z.rows(); ++i) {
    const std::size_t row = i / side;
    z(i, 0) = static_cast<real>(row) / 4 - 20;
    z(i, 1) = static_cast<real>(i % side) / 4 - 20;
  }
  Tensor a, derivatives;
  make_activation("softmax")->forward(z, a, derivatives);
  double worst = 0;
  for (std::size_t i = 0; i < z.rows(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(a(i, 1) - sigmoid(z(i, 1) - z(i, 0)))));
  }
  return worst;
}

// ∂L/∂a ⊙ σ′ in place of the vector–Jacobian product of softmax, with cross-entropy on 1000 random rows of 10 logits
// with standard deviation 3: the mean relative error and the mean cosine of the angle to the true gradient a − y.
struct DiagonalRule {
  double error = 0, cosine = 0;
};
DiagonalRule diagonal_rule() {
  Random random(1, Stream::data);
  DiagonalRule mean;
  Tensor z(1, 10), a, derivatives;
  for (int row = 0; row < 1000; ++row) {
    for (real& v : z.values()) v = static_cast<real>(3 * random.normal());
    const std::size_t actual = random.below(10);
    make_activation("softmax")->forward(z, a, derivatives);
    double diff2 = 0, true2 = 0, wrong2 = 0, dot = 0;
    for (std::size_t j = 0; j < 10; ++j) {
      const auto a_j = static_cast<double>(a(0, j));
      const double truth = a_j - (j == actual ? 1 : 0);
      const double wrong = j == actual ? -1 / a_j * static_cast<double>(derivatives(0, j)) : 0;  // ∂L/∂aⱼ = −yⱼ / aⱼ
      diff2 += (wrong - truth) * (wrong - truth);
      true2 += truth * truth;
      wrong2 += wrong * wrong;
      dot += wrong * truth;
    }
    mean.error += std::sqrt(diff2 / true2) / 1000;
    mean.cosine += dot / std::sqrt(true2 * wrong2) / 1000;
  }
  return mean;
}

// max(αz, z) in place of "z if z > 0, else αz", at z = −1.
double naive_leaky_error(const Quantity& q) { return std::abs(std::max(-q.at, -1.0) - -q.at); }

}  // namespace

std::vector<Measure> formulas() {
  using enum Key;
  std::vector<Measure> all;
  const auto add = [&all](std::string name, std::vector<Key> needs, const char* says, FormulaFunction function) {
    all.push_back({std::move(name), std::move(needs), says, std::move(function)});
  };
  const auto add_property = [&add](std::string_view name, const char* says, double (*of)(const Properties&)) {
    add(concat("activation.", name), {activation}, says,
        [of](const Quantity& q) { return of(properties_of(*make_activation(q.activation))); });
  };
  add("activation.value", {activation, at}, "σ(z)", value);
  add("activation.derivative", {activation, at}, "σ′(z)", derivative);
  add("activation.derivative_values", {activation}, "number of different values of σ′ at 1025 points of ±8",
      derivative_values);
  add("activation.difference", {activation, other}, "max |σ − σ of the other| over ±16", largest_difference);
  add_property("lowest_value", "min σ", [](const Properties& p) { return p.value.low; });
  add_property("lowest_value_at", "the z of this minimum", [](const Properties& p) { return p.value.at_low; });
  add_property("highest_value", "max σ", [](const Properties& p) { return p.value.high; });
  add_property("lowest_derivative", "min σ′", [](const Properties& p) { return p.derivative.low; });
  add_property("highest_derivative", "max σ′", [](const Properties& p) { return p.derivative.high; });
  add_property("saturated_from", "the z ≥ 0 from which |σ′| < 0.05 max |σ′|", saturated_from);
  add_property("monotone", "1 if σ never falls", [](const Properties& p) { return p.monotone ? 1.0 : 0.0; });
  add_property("zero_centred", "1 if the mean of σ(z) is 0 for z ∼ N(0, 1)",
               [](const Properties& p) { return p.zero_centred ? 1.0 : 0.0; });
  add("output_gradient", {loss, at}, "|∂L/∂z| of a sigmoid output at z with target 0", output_gradient);
  add("cross_entropy", {at}, "loss of logits (0, z) if the first class is the actual one", cross_entropy);
  add("binary_cross_entropy", {at}, "loss of logit z with target 1", binary_cross_entropy);
  add("naive_softmax_is_nan", {at}, "1 if exp(z)/Σ exp(z) of (z, z) is NaN", naive_softmax_is_nan);
  add("log_after_softmax", {at}, "−ln of the first output of softmax(0, z)", log_after_softmax);
  add("clipped_binary_cross_entropy", {at}, "−ln σ(clip(z, ±500))", clipped_binary_cross_entropy);
  add("clipped_gradient", {at}, "derivative of −ln σ(clip(z, ±500))", clipped_gradient);
  add("clipped_float_exp", {at}, "exp(−clip(z, ±500)) in float", clipped_float_exp);
  add("softmax_against_sigmoid", {}, "max |softmax(z₀, z₁)₁ − σ(z₁ − z₀)|", softmax_against_sigmoid);
  add("diagonal_rule_error", {}, "relative error of ∂L/∂a ⊙ σ′ for softmax",
      [](const Quantity&) { return diagonal_rule().error; });
  add("diagonal_rule_cosine", {}, "cosine of the angle between ∂L/∂a ⊙ σ′ and the true gradient of softmax",
      [](const Quantity&) { return diagonal_rule().cosine; });
  add("naive_leaky_error", {at}, "error of max(αz, z) at z = −1 for the α `at`", naive_leaky_error);
  return all;
}

}  // namespace primer
