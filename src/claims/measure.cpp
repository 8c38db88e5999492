// The runs, what is measured of them, and the table of all measurements.
#include "primer/claims/measure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "primer/core/elementary.hpp"
#include "primer/core/product.hpp"
#include "primer/core/sum.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

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

// The column of the flow that q.measure names: of one layer, or its mean over the hidden layers.
double flow_mean(Outcome& o, const Question& q) {
  const auto of = [&](const FlowRow& row) { return flow_value(row, q.measure).value(); };
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

using O = Outcome&;
using Q = const Question&;

std::vector<Measurement> of_runs() {
  const auto run = [](std::string_view name, std::string_view uses, std::string_view says, double (*f)(O, Q)) {
    return Measurement{name, uses, says, f, nullptr};
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

      run("a_norm", "", "‖a‖", flow_mean),
      run("a_mean", "", "mean a", flow_mean),
      run("slope_mean", "", "mean |σ′(z)|", flow_mean),
      run("saturated", "", "share of σ′ below a twentieth of its maximum", flow_mean),
      run("off", "", "share of z ≤ 0 in a rectifier", flow_mean),
      run("dead", "", "share of units with σ′ = 0 on all training rows", flow_mean),
      run("dL_dW_norm", "", "‖∂L/∂W‖", flow_mean),
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
  static const std::vector<Measurement> table = [] {
    std::vector<Measurement> all = of_runs();
    const std::vector<Measurement> formulas = measurements_of_formulas();
    all.insert(all.end(), formulas.begin(), formulas.end());
    return all;
  }();
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
