// What is measured of formulas, right and wrong ones, without a run.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "primer/claims/measure.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// σ and σ′ on a grid.
struct Curve {
  Tensor z, a, derivative;
};
Curve curve(const std::string& activation, double low, double high, std::size_t steps) {
  Curve c{Tensor(steps + 1, 1), {}, {}};
  for (std::size_t i = 0; i <= steps; ++i) {
    c.z(i, 0) = static_cast<real>(low + (high - low) * static_cast<double>(i) / static_cast<double>(steps));
  }
  make_activation(activation)->forward(c.z, c.a, c.derivative);
  return c;
}
Curve wide_curve(const std::string& activation) { return curve(activation, -16, 16, 320'000); }
Curve point(const Question& q) { return curve(q.activation, q.at, q.at, 1); }

double lowest_value_at(const Question& q) {
  const Curve c = wide_curve(q.activation);
  const auto lowest = std::min_element(c.a.values().begin(), c.a.values().end()) - c.a.values().begin();
  return static_cast<double>(c.z.data()[lowest]);
}

double lowest(const Tensor& t) { return static_cast<double>(*std::min_element(t.values().begin(), t.values().end())); }
double highest(const Tensor& t) { return static_cast<double>(*std::max_element(t.values().begin(), t.values().end())); }

double largest_difference(const Question& q) {
  const Curve one = wide_curve(q.activation);
  const Curve other = wide_curve(q.other);
  double worst = 0;
  for (std::size_t i = 0; i < one.a.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(one.a.data()[i] - other.a.data()[i])));
  }
  return worst;
}

// The smallest z > 0 from which |σ′| stays below 0.05 · max |σ′|.
double saturation_edge(const Question& q) {
  const Curve c = curve(q.activation, 0, 16, 160'000);
  const auto limit = static_cast<real>(0.05 * largest_derivative(*make_activation(q.activation)));
  std::size_t i = c.z.size();
  while (i > 0 && std::abs(c.derivative(i - 1, 0)) < limit) --i;
  return i == c.z.size() ? infinity : static_cast<double>(c.z(i, 0));
}

// Nanoseconds for value and derivative of one element: the best of many passes over a tensor that stays in the cache.
double time_of(const std::string& activation) {
  const auto sigma = make_activation(activation);
  Tensor z(64, 64);
  for (std::size_t i = 0; i < z.size(); ++i) z.data()[i] = static_cast<real>(i % 97) / 16 - 3;
  Tensor a;
  Tensor derivative;
  double best = infinity;
  for (int pass = 0; pass < 300; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    sigma->forward(z, a, derivative);
    const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count() / static_cast<double>(z.size()));
  }
  return best;
}

// |∂L/∂z| of one sigmoid output at z = at with target 0.
double output_gradient(const Question& q) {
  std::vector<Dense> layers;
  layers.emplace_back(1, 1, make_activation("sigmoid"));
  layers.front().b(0, 0) = static_cast<real>(q.at);
  Network network(std::move(layers));
  const Tensor nothing(1, 1);
  network.forward(nothing);
  network.backward(*make_loss(LossOptions{q.loss}), nothing);
  return static_cast<double>(std::abs(network.layers.front().dL_dz(0, 0)));
}

// The loss of the logits (0, z) where the first class is right, and of one logit z where the class is 1.
double stable_cross_entropy(const Question& q) {
  const Tensor z{{0, static_cast<real>(q.at)}};
  return static_cast<double>(make_loss(LossOptions{"cross_entropy"})->value_from_logits(z, Tensor{{1, 0}}));
}
double stable_binary_cross_entropy(const Question& q) {
  const Tensor z{{static_cast<real>(q.at)}};
  return static_cast<double>(make_loss(LossOptions{"binary_cross_entropy"})->value_from_logits(z, Tensor{{1}}));
}

std::array<double, 2> naive_softmax(double z0, double z1) {  // exp(zᵢ) / Σ exp(zⱼ)
  const double sum = exp(z0) + exp(z1);
  return {exp(z0) / sum, exp(z1) / sum};
}

double naive_softmax_is_nan(const Question& q) {
  const auto [a0, a1] = naive_softmax(q.at, q.at);
  return std::isnan(a0) || std::isnan(a1) ? 1 : 0;
}

// −ln of the stable softmax of (0, z): the logarithm taken a step too late.
double log_after_softmax(const Question& q) {
  const Tensor z{{0, static_cast<real>(q.at)}};
  Tensor a;
  Tensor derivative;
  make_activation("softmax")->forward(z, a, derivative);
  return static_cast<double>(-log(a(0, 0)));
}

double clipped(double z) { return std::clamp(z, -500.0, 500.0); }
double clipped_binary_cross_entropy(const Question& q) {
  return -log(sigmoid(clipped(q.at)));
}  // −ln σ(clip(z)), y = 1
double clipped_gradient(const Question& q) {
  return std::abs(q.at) > 500 ? 0 : sigmoid(q.at) - 1;  // clip′ = 0 outside ±500
}

// exp(−clip(z)) in float, as the snippet σ(z) = 1 / (1 + exp(−clip(z, ±500))) has it.
double clipped_float_exp(const Question& q) { return static_cast<double>(exp(static_cast<float>(-clipped(q.at)))); }

// softmax(z₀, z₁)₁ against σ(z₁ − z₀).
double softmax_against_sigmoid(const Question&) {
  double worst = 0;
  Tensor z(1, 2);
  Tensor a;
  Tensor derivative;
  for (int i = -80; i <= 80; ++i) {
    for (int j = -80; j <= 80; ++j) {
      z(0, 0) = static_cast<real>(i) / 4;
      z(0, 1) = static_cast<real>(j) / 4;
      make_activation("softmax")->forward(z, a, derivative);
      worst = std::max(worst, static_cast<double>(std::abs(a(0, 1) - sigmoid(z(0, 1) - z(0, 0)))));
    }
  }
  return worst;
}

// ∂L/∂a ⊙ σ′ in place of softmax's vector–Jacobian product, with cross-entropy on 1000 random rows of 10 logits with
// standard deviation 3: the mean relative error and the mean cosine of the angle to the true gradient a − y.
struct DiagonalRule {
  double error, cosine;
};
DiagonalRule diagonal_rule() {
  Random random(1, Stream::data);
  DiagonalRule mean{0, 0};
  constexpr int rows = 1000;
  Tensor z(1, 10);
  Tensor a;
  Tensor derivative;
  for (int row = 0; row < rows; ++row) {
    for (real& v : z.values()) v = static_cast<real>(3 * random.normal());
    const std::size_t right = random.below(10);
    make_activation("softmax")->forward(z, a, derivative);
    double diff2 = 0;
    double true2 = 0;
    double wrong2 = 0;
    double dot = 0;
    for (std::size_t j = 0; j < 10; ++j) {
      const auto a_j = static_cast<double>(a(0, j));
      const double truth = a_j - (j == right ? 1 : 0);
      const double wrong = j == right ? -1 / a_j * static_cast<double>(derivative(0, j)) : 0;  // ∂L/∂aⱼ = −yⱼ / aⱼ
      diff2 += (wrong - truth) * (wrong - truth);
      true2 += truth * truth;
      wrong2 += wrong * wrong;
      dot += wrong * truth;
    }
    mean.error += std::sqrt(diff2 / true2) / rows;
    mean.cosine += dot / std::sqrt(true2 * wrong2) / rows;
  }
  return mean;
}

// max(αz, z) in place of "z where z > 0, else αz", at z = −1.
double naive_leaky_error(const Question& q) { return std::abs(std::max(-q.at, -1.0) - -q.at); }

using Q = const Question&;

}  // namespace

std::vector<Measurement> measurements_of_formulas() {
  const auto formula = [](std::string_view name, std::string_view uses, std::string_view says, double (*f)(Q)) {
    return Measurement{name, uses, says, nullptr, f};
  };
  return {
      formula("value", "activation at", "σ(z)", [](Q q) { return static_cast<double>(point(q).a(0, 0)); }),
      formula("slope", "activation at", "σ′(z)", [](Q q) { return static_cast<double>(point(q).derivative(0, 0)); }),
      formula("lowest_value", "activation", "min σ over ±16", [](Q q) { return lowest(wide_curve(q.activation).a); }),
      formula("lowest_value_at", "activation", "where it is", lowest_value_at),
      formula("lowest_slope", "activation", "min σ′ over ±16",
              [](Q q) { return lowest(wide_curve(q.activation).derivative); }),
      formula("highest_slope", "activation", "max σ′ over ±16",
              [](Q q) { return highest(wide_curve(q.activation).derivative); }),
      formula("largest_difference", "activation other", "max |σ − σ of the other| over ±16", largest_difference),
      formula("saturation_edge", "activation", "z > 0 from which |σ′| < 0.05 max |σ′|", saturation_edge),
      formula("cost", "activation other", "time for value and slope over that of the other",
              [](Q q) { return time_of(q.activation) / time_of(q.other); }),
      formula("output_gradient", "loss at", "|∂L/∂z| of a sigmoid output at z with target 0", output_gradient),
      formula("cross_entropy", "at", "loss of logits (0, z), first class right", stable_cross_entropy),
      formula("binary_cross_entropy", "at", "loss of logit z, target 1", stable_binary_cross_entropy),
      formula("naive_softmax_is_nan", "at", "1 if exp(z)/Σ exp(z) of (z, z) is NaN", naive_softmax_is_nan),
      formula("log_after_softmax", "at", "−ln of the first output of softmax(0, z)", log_after_softmax),
      formula("clipped_binary_cross_entropy", "at", "−ln σ(clip(z, ±500))", clipped_binary_cross_entropy),
      formula("clipped_gradient", "at", "its derivative", clipped_gradient),
      formula("clipped_float_exp", "at", "exp(−clip(z, ±500)) in float", clipped_float_exp),
      formula("softmax_against_sigmoid", "", "max |softmax(z₀, z₁)₁ − σ(z₁ − z₀)|", softmax_against_sigmoid),
      formula("diagonal_rule_error", "", "relative error of ∂L/∂a ⊙ σ′ for softmax",
              [](Q) { return diagonal_rule().error; }),
      formula("diagonal_rule_cosine", "", "cosine of the angle to the true gradient",
              [](Q) { return diagonal_rule().cosine; }),
      formula("naive_leaky_error", "at", "max(αz, z) against leaky_relu at z = −1 for α = `at`", naive_leaky_error),
  };
}

}  // namespace primer
