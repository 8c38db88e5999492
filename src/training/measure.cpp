// The runs, and the table of measurements.
#include "primer/training/measure.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "primer/core/elementary.hpp"
#include "primer/core/product.hpp"
#include "primer/core/random.hpp"
#include "primer/core/sum.hpp"
#include "primer/training/facts.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// ---- of runs -------------------------------------------------------------------------------------------------------

std::vector<FlowRow> flow_now(Network& network, const Data& data, const TrainOptions& options) {
  const std::vector<Tensor> before = copy_of(network);
  Flow flow(network);
  network.forward_training(data.train.x, 1);
  network.backward(*make_loss(options), data.train.y);
  flow.before_update(network);
  restore(before, network);
  return flow.finish(options.epochs, network);
}

// Which units have been dead, which of them came back. Epoch 0 does not count: it sees the first batch alone.
class Lives {
 public:
  void see(const Flow& flow) {
    ever_.resize(flow.state.layers.size());
    back_.resize(flow.state.layers.size());
    for (std::size_t l = 0; l < ever_.size(); ++l) {
      const std::vector<std::uint8_t>& dead = flow.state.layers[l].dead;
      ever_[l].resize(dead.size());
      back_[l].resize(dead.size());
      for (std::size_t j = 0; j < dead.size(); ++j) {
        if (dead[j] != 0) ever_[l][j] = 1;
        if (dead[j] == 0 && ever_[l][j] != 0) back_[l][j] = 1;
      }
    }
  }
  static std::vector<std::uint64_t> count(const std::vector<std::vector<std::uint8_t>>& units) {
    std::vector<std::uint64_t> counts;
    for (const auto& layer : units)
      counts.push_back(static_cast<std::uint64_t>(std::count(layer.begin(), layer.end(), 1)));
    return counts;
  }
  std::vector<std::uint64_t> seen_dead() const { return count(ever_); }
  std::vector<std::uint64_t> revived() const { return count(back_); }

 private:
  std::vector<std::vector<std::uint8_t>> ever_, back_;  // a layer, a unit
};

Scores scores_on(Outcome& o, const Dataset& rows) {
  if (rows.size() == 0) throw std::invalid_argument("the run has no test rows; set data.test_fraction");
  return evaluate(o.network, *make_loss(o.options), rows, o.task);
}

// a of the last layer for all training rows, in evaluation mode; the other layers hold their pass as well.
const Tensor& pass(Outcome& o) { return o.network.forward(o.data->train.x); }

const Dense& layer_of(Outcome& o, const Question& q) {
  if (q.layer < 1 || q.layer > o.network.layers.size()) {
    throw std::invalid_argument("layer must be from 1 to " + std::to_string(o.network.layers.size()));
  }
  return o.network.layers[q.layer - 1];
}

// A column of the flow: of one layer, or its mean over the hidden layers.
template <typename Of>
double flow_mean(Outcome& o, const Question& q, Of of) {
  if (q.layer > 0) {
    layer_of(o, q);
    return of(o.flow[q.layer - 1]);
  }
  const std::size_t hidden = o.flow.size() - 1;
  double sum = 0;
  for (std::size_t l = 0; l < hidden; ++l) sum += of(o.flow[l]);
  return sum / static_cast<double>(hidden);
}

FlowSplit split(Outcome& o) {
  const auto s = split_of(o.flow);
  if (!s) throw std::invalid_argument("needs at least two hidden layers");
  return *s;
}

double epochs_to_loss(Outcome& o, const Question& q) {
  const auto found = std::find_if(o.losses.begin(), o.losses.end(), [&](double loss) { return loss < q.at; });
  return found == o.losses.end() ? infinity : static_cast<double>(found - o.losses.begin() + 1);
}

double rmse(Outcome& o, const Dataset& rows) {
  const Tensor& a = o.network.forward(rows.x);
  const real squares = lane_sum(
      a.size(), [&](std::size_t i) { return (a.data()[i] - rows.y.data()[i]) * (a.data()[i] - rows.y.data()[i]); });
  return std::sqrt(static_cast<double>(squares) / static_cast<double>(a.size()));
}

template <typename Holds>
double share_of_outputs(Outcome& o, Holds holds) {
  const Tensor& a = pass(o);
  const Tensor& y = o.data->train.y;
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += holds(a.data()[i], y.data()[i]) ? 1 : 0;
  return static_cast<double>(count) / static_cast<double>(a.size());
}

bool naive_loss_is_finite(real a, real y) {  // −y ln a − (1 − y) ln(1 − a), as it is written
  return std::isfinite(static_cast<double>(-y * log(a) - (1 - y) * log(1 - a)));
}

bool constant_output(Outcome& o) {
  const Tensor& a = pass(o);
  for (std::size_t i = 1; i < a.rows(); ++i) {
    if (!std::equal(a.row(i).begin(), a.row(i).end(), a.row(0).begin())) return false;
  }
  return true;
}

double largest_sum_error(Outcome& o) {
  const Tensor& a = pass(o);
  double worst = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) worst = std::max(worst, std::abs(static_cast<double>(sum(a.row(i))) - 1));
  return worst;
}

// All layers multiplied out: z of the last layer is x Wt + b, exactly, where every hidden σ is the identity.
struct Affine {
  Tensor Wt, b;
};
Affine collapse(const Network& network) {
  Affine affine{network.layers.front().Wt, network.layers.front().b};
  for (std::size_t l = 1; l < network.layers.size(); ++l) {
    const Dense& layer = network.layers[l];
    const Affine inner = affine;
    multiply(inner.Wt, layer.Wt, affine.Wt);             // W = W_l … W₁
    multiply_add(inner.b, layer.Wt, layer.b, affine.b);  // b = W_l b + b_l
  }
  return affine;
}

double collapse_difference(Outcome& o, const Question&) {
  pass(o);
  const Tensor& z = o.network.layers.back().z;
  const Affine affine = collapse(o.network);
  Tensor flat;
  multiply_add(o.data->train.x, affine.Wt, affine.b, flat);
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(z.data()[i] - flat.data()[i])));
    largest = std::max(largest, static_cast<double>(std::abs(z.data()[i])));
  }
  return worst / largest;
}

// Gaussian elimination with complete pivoting; a pivot below 1000 ε of the first counts as 0.
double rank_of(Tensor m) {
  const std::size_t most = std::min(m.rows(), m.cols());
  real first = 0;
  for (std::size_t k = 0; k < most; ++k) {
    std::size_t pi = k;
    std::size_t pj = k;
    for (std::size_t i = k; i < m.rows(); ++i) {
      for (std::size_t j = k; j < m.cols(); ++j) {
        if (std::abs(m(i, j)) > std::abs(m(pi, pj))) std::tie(pi, pj) = std::pair(i, j);
      }
    }
    const real pivot = m(pi, pj);
    if (k == 0) first = std::abs(pivot);
    if (std::abs(pivot) <= 1000 * std::numeric_limits<real>::epsilon() * first) return static_cast<double>(k);
    for (std::size_t j = 0; j < m.cols(); ++j) std::swap(m(k, j), m(pi, j));
    for (std::size_t i = 0; i < m.rows(); ++i) std::swap(m(i, k), m(i, pj));
    for (std::size_t i = k + 1; i < m.rows(); ++i) {
      const real factor = m(i, k) / pivot;
      for (std::size_t j = k; j < m.cols(); ++j) m(i, j) -= factor * m(k, j);
    }
  }
  return static_cast<double>(most);
}

// The eigenvalues of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, "Matrix computations", §8.5).
std::vector<double> eigenvalues(Tensor m) {
  const std::size_t n = m.rows();
  for (int sweep = 0; sweep < 30; ++sweep) {
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (m(p, q) == 0) continue;
        const real tau = (m(q, q) - m(p, p)) / (2 * m(p, q));
        const real t = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
        const real c = 1 / std::sqrt(1 + t * t);
        const real s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const real kp = m(k, p);
          const real kq = m(k, q);
          m(k, p) = c * kp - s * kq;
          m(k, q) = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const real pk = m(p, k);
          const real qk = m(q, k);
          m(p, k) = c * pk - s * qk;
          m(q, k) = s * pk + c * qk;
        }
      }
    }
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<double>(m(i, i)));
  std::sort(values.begin(), values.end());
  return values;
}

double conditioning(Outcome& o, const Question& q) {
  pass(o);
  const Tensor& a = layer_of(o, q).a;
  Tensor moment;
  multiply(transposed(a), a, moment);  // n E[a aᵀ]
  const std::vector<double> values = eigenvalues(moment);
  return values.front() <= 0 ? infinity : values.back() / values.front();
}

// ∂L/∂wⱼₖ = δⱼ aₖ of one sample: the gradients of a unit's weights share one sign where all aₖ do.
double same_sign(Outcome& o, const Question& q) {
  pass(o);
  const Tensor& a = layer_of(o, q).a;
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    const auto [low, high] = std::minmax_element(a.row(i).begin(), a.row(i).end());
    count += *low >= 0 || *high <= 0 ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(a.rows());
}

double mean_over_spread(Outcome& o, const Question& q) {
  pass(o);
  const Tensor& a = layer_of(o, q).a;
  const auto n = static_cast<double>(a.size());
  const double mean = static_cast<double>(sum(a.values())) / n;
  return std::abs(mean) / std::sqrt(static_cast<double>(sum_of_squares(a.values())) / n - mean * mean);
}

// A prelu's α, and how far it is from where it started, which its name tells.
double alpha_of(Activation& activation) {
  const auto parameter = activation.parameter();
  if (!parameter) throw std::invalid_argument(activation.name() + " has no learned alpha; use prelu");
  return static_cast<double>((*parameter->value)(0, 0));
}
double alpha_change(Outcome& o, const Question& q) {
  Activation& prelu = *layer_of(o, q).activation;
  return std::abs(alpha_of(prelu) - alpha_of(*make_activation(prelu.name())));
}

double parameter_count(Outcome& o) {
  std::size_t count = 0;
  for (const Parameter& p : o.network.parameters()) count += p.value->size();
  return static_cast<double>(count);
}

// ---- of formulas ---------------------------------------------------------------------------------------------------

// σ and σ′ on a grid.
struct Curve {
  Tensor z, a, slope;
};
Curve curve(const std::string& activation, double low, double high, std::size_t steps) {
  Curve c{Tensor(steps + 1, 1), {}, {}};
  for (std::size_t i = 0; i <= steps; ++i) {
    c.z(i, 0) = static_cast<real>(low + (high - low) * static_cast<double>(i) / static_cast<double>(steps));
  }
  make_activation(activation)->forward(c.z, c.a, c.slope);
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
  const auto limit = static_cast<real>(0.05 * steepest_slope(*make_activation(q.activation)));
  std::size_t i = c.z.size();
  while (i > 0 && std::abs(c.slope(i - 1, 0)) < limit) --i;
  return i == c.z.size() ? infinity : static_cast<double>(c.z(i, 0));
}

// Nanoseconds for value and slope of one element: the best of many passes over a tensor that stays in the cache.
double time_of(const std::string& activation) {
  const auto sigma = make_activation(activation);
  Tensor z(64, 64);
  for (std::size_t i = 0; i < z.size(); ++i) z.data()[i] = static_cast<real>(i % 97) / 16 - 3;
  Tensor a;
  Tensor slope;
  double best = infinity;
  for (int pass = 0; pass < 300; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    sigma->forward(z, a, slope);
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
  Tensor slope;
  make_activation("softmax")->forward(z, a, slope);
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
  Tensor slope;
  for (int i = -80; i <= 80; ++i) {
    for (int j = -80; j <= 80; ++j) {
      z(0, 0) = static_cast<real>(i) / 4;
      z(0, 1) = static_cast<real>(j) / 4;
      make_activation("softmax")->forward(z, a, slope);
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
  Tensor slope;
  for (int row = 0; row < rows; ++row) {
    for (real& v : z.values()) v = static_cast<real>(3 * random.normal());
    const std::size_t right = random.below(10);
    make_activation("softmax")->forward(z, a, slope);
    double diff2 = 0;
    double true2 = 0;
    double wrong2 = 0;
    double dot = 0;
    for (std::size_t j = 0; j < 10; ++j) {
      const auto a_j = static_cast<double>(a(0, j));
      const double truth = a_j - (j == right ? 1 : 0);
      const double wrong = j == right ? -1 / a_j * static_cast<double>(slope(0, j)) : 0;  // ∂L/∂aⱼ = −yⱼ / aⱼ
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

// ---- the table -----------------------------------------------------------------------------------------------------

using O = Outcome&;
using Q = const Question&;

std::vector<Measurement> make_table() {
  const auto run = [](std::string_view name, std::string_view uses, std::string_view says, double (*f)(O, Q)) {
    return Measurement{name, uses, says, f, nullptr};
  };
  const auto formula = [](std::string_view name, std::string_view uses, std::string_view says, double (*f)(Q)) {
    return Measurement{name, uses, says, nullptr, f};
  };
  return {
      run("train_loss", "", "loss on the training rows", [](O o, Q) { return scores_on(o, o.data->train).loss; }),
      run("train_accuracy", "", "accuracy on the training rows",
          [](O o, Q) { return scores_on(o, o.data->train).metric; }),
      run("test_loss", "", "loss on the test rows", [](O o, Q) { return scores_on(o, o.data->test).loss; }),
      run("test_accuracy", "", "accuracy on the test rows", [](O o, Q) { return scores_on(o, o.data->test).metric; }),
      run("train_rmse", "", "root of the mean squared error on the training rows",
          [](O o, Q) { return rmse(o, o.data->train); }),
      run("test_rmse", "", "root of the mean squared error on the test rows",
          [](O o, Q) { return rmse(o, o.data->test); }),
      run("solved", "", "1 if every training row is classified right",
          [](O o, Q) { return scores_on(o, o.data->train).metric == 1 ? 1.0 : 0.0; }),
      run("diverged", "", "1 if a number stopped being finite", [](O o, Q) { return o.diverged ? 1.0 : 0.0; }),
      run("epochs_to_loss", "at", "first epoch with a training loss below `at`", epochs_to_loss),
      run("parameters", "", "number of parameters", [](O o, Q) { return parameter_count(o); }),

      run("a_norm", "", "‖a‖", [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.a_norm; }); }),
      run("a_mean", "", "mean a", [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.a_mean; }); }),
      run("slope_mean", "", "mean |σ′(z)|",
          [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.slope_mean; }); }),
      run("saturated", "", "share of σ′ below a twentieth of its maximum",
          [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.saturated; }); }),
      run("off", "", "share of z ≤ 0 in a rectifier",
          [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.off.value_or(not_a_number); }); }),
      run("dead", "", "share of units with σ′ = 0 on all training rows",
          [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.dead; }); }),
      run("dL_dW_norm", "", "‖∂L/∂W‖", [](O o, Q q) { return flow_mean(o, q, [](auto& r) { return r.dL_dW_norm; }); }),
      run("delta_ratio", "", "‖δ¹‖/‖δᴴ‖: the gradient at the first hidden layer over that at the last",
          [](O o, Q) { return split(o).ratio; }),
      run("sigma_part", "", "what the slopes did to that ratio", [](O o, Q) { return split(o).sigma_part; }),
      run("W_part", "", "what the weights did to that ratio", [](O o, Q) { return split(o).W_part; }),
      run("dL_dW_ratio", "", "‖∂L/∂W¹‖/‖∂L/∂Wᴴ‖",
          [](O o, Q) { return o.flow.front().dL_dW_norm / o.flow[o.flow.size() - 2].dL_dW_norm; }),
      run("a_ratio", "", "‖aᴴ‖/‖a¹‖", [](O o, Q) { return o.flow[o.flow.size() - 2].a_norm / o.flow.front().a_norm; }),
      run("seen_dead", "layer", "units that were dead in some epoch",
          [](O o, Q q) { return layer_of(o, q), static_cast<double>(o.seen_dead[q.layer - 1]); }),
      run("revived", "layer", "of these, units that were alive in a later one",
          [](O o, Q q) { return layer_of(o, q), static_cast<double>(o.revived[q.layer - 1]); }),

      run("collapse_difference", "", "network against one affine map, relative", collapse_difference),
      run("collapse_rank", "", "rank of that map", [](O o, Q) { return rank_of(collapse(o.network).Wt); }),
      run("conditioning", "layer", "largest over smallest eigenvalue of E[a aᵀ]", conditioning),
      run("same_sign", "layer", "share of samples whose gradients into a unit share one sign", same_sign),
      run("mean_over_spread", "layer", "|mean a| over the standard deviation of a", mean_over_spread),
      run("alpha_change", "layer", "how far the α of a prelu has gone", alpha_change),
      run("constant_output", "", "1 if the output is the same for every row",
          [](O o, Q) { return constant_output(o) ? 1.0 : 0.0; }),
      run("outputs_zero", "", "share of outputs that are exactly 0",
          [](O o, Q) { return share_of_outputs(o, [](real a, real) { return a == 0; }); }),
      run("outputs_above_1", "", "share of outputs above 1",
          [](O o, Q) { return share_of_outputs(o, [](real a, real) { return a > 1; }); }),
      run("right_at_half", "", "share of outputs on their target's side of ½",
          [](O o, Q) {
            return share_of_outputs(o, [](real a, real y) { return (a >= real(0.5)) == (y >= real(0.5)); });
          }),
      run("naive_loss_broken", "", "share of rows where −y ln a − (1−y) ln(1−a) is no finite number",
          [](O o, Q) { return share_of_outputs(o, [](real a, real y) { return !naive_loss_is_finite(a, y); }); }),
      run("output_sum_error", "", "largest |Σ a − 1| over the rows", [](O o, Q) { return largest_sum_error(o); }),

      formula("value", "activation at", "σ(z)", [](Q q) { return static_cast<double>(point(q).a(0, 0)); }),
      formula("slope", "activation at", "σ′(z)", [](Q q) { return static_cast<double>(point(q).slope(0, 0)); }),
      formula("lowest_value", "activation", "min σ over ±16", [](Q q) { return lowest(wide_curve(q.activation).a); }),
      formula("lowest_value_at", "activation", "where it is", lowest_value_at),
      formula("lowest_slope", "activation", "min σ′ over ±16",
              [](Q q) { return lowest(wide_curve(q.activation).slope); }),
      formula("highest_slope", "activation", "max σ′ over ±16",
              [](Q q) { return highest(wide_curve(q.activation).slope); }),
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

}  // namespace

Outcome run_to_the_end(Network network, const Data& data, Task task, const TrainOptions& options, std::uint64_t seed,
                       std::size_t observe_every) {
  Outcome o{std::move(network), &data, task, options, false, {}, {}, {}, {}};
  Training training(o.network, data, options, seed, observe_every);
  Lives lives;
  Training::Hooks hooks;
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>&) {
    o.losses.push_back(record.train.loss);
    lives.see(training.flow);
  };
  try {
    training.run(hooks);
  } catch (const Divergence&) {
    o.diverged = true;
  }
  o.seen_dead = lives.seen_dead();
  o.revived = lives.revived();
  o.flow = flow_now(o.network, data, options);
  return o;
}

const std::vector<Measurement>& measurements() {
  static const std::vector<Measurement> table = make_table();
  return table;
}

const Measurement* find_measurement(std::string_view name) {
  for (const Measurement& m : measurements()) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

double measure(const Measurement& measurement, Outcome& outcome, const Question& question) {
  if (outcome.diverged && measurement.name != "diverged") return not_a_number;
  return measurement.of_run(outcome, question);
}

}  // namespace primer
