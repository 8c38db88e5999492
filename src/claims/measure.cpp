// The measures. Each measure computes one number from a finished training run.
#include "primer/claims/measure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "primer/core/elementary.hpp"
#include "primer/core/product.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"

namespace primer {
namespace {

[[noreturn]] void refuse(const auto&... parts) { throw std::invalid_argument(concat(parts...)); }

void check_layer(std::size_t layer, std::size_t layers) {
  if (layer < 1 || layer > layers) refuse("layer must be from 1 to ", layers, ", not ", layer);
}

Dense& layer_of(FinishedRun& run, const Quantity& q) {
  if (q.layer.from != q.layer.to) refuse("layer must be a number");
  check_layer(q.layer.from, run.network.layers.size());
  return run.network.layers[q.layer.from - 1];
}

// Pairs (layer, value) or (epoch, value), in ascending order of the layer or epoch. A missing value is NaN.
using Series = std::vector<std::pair<std::uint64_t, double>>;

// Combines the values of the picked layers or epochs into one number; NaN if there is no value.
double combined(const Pick& pick, const Series& series) {
  std::vector<double> values;
  for (const auto& [at, value] : series) {
    if (pick.from <= at && at <= pick.to && !std::isnan(value)) values.push_back(value);
  }
  if (values.empty()) return std::nan("");
  if (pick.way == "first") return values.front();
  if (pick.way == "last") return values.back();
  if (pick.way == "min") return std::ranges::min(values);
  if (pick.way == "max") return std::ranges::max(values);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return pick.way == "sum" ? sum : sum / static_cast<double>(values.size());
}

const std::vector<FlowRow>& flow_at_end(FinishedRun& run) {
  if (!run.flow_at_end.empty()) return run.flow_at_end;
  TrainOptions options = run.experiment.config.train;
  options.epochs = options.batch_size = 0;  // one pass over all rows, without an update
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) { run.flow_at_end = rows; };
  Training(run.network, run.experiment.data, options, run.experiment.config.seed, 1).run(hooks);
  for (FlowRow& row : run.flow_at_end) row.revived = FlowRow::no_value;  // comparing the dead units needs two epochs
  return run.flow_at_end;
}

// The value of a column of flow.csv in one epoch: of a single layer, or combined over the hidden layers.
double over_layers(const std::vector<FlowRow>& rows, std::string_view column, const Pick& layer) {
  const bool one = layer.from == layer.to;
  if (one) check_layer(layer.from, rows.size());
  if (!one && rows.size() == 1) refuse("the network has only layer 1, no hidden layer; measure layer 1");
  Series series;
  for (const FlowRow& row : rows) {
    if (one || row.layer < rows.size()) series.emplace_back(row.layer, flow_value(row, column).value());
  }
  return combined(layer, series);
}

// The measure "flow.COLUMN": the quantity in the column COLUMN of flow.csv, for the chosen layers and epochs.
double flow_column(FinishedRun& run, const Quantity& q) {
  const std::string_view column = std::string_view(q.measure->name).substr(std::string_view("flow.").size());
  const auto value_of = [&](const std::vector<FlowRow>& rows) {
    const double value = over_layers(rows, column, q.layer);
    return q.over_layer.text.empty() ? value : value / over_layers(rows, column, q.over_layer);
  };
  if (q.epoch.text.empty()) return value_of(flow_at_end(run));
  Series series;
  for (const std::vector<FlowRow>& rows : run.flow) series.emplace_back(rows.front().epoch, value_of(rows));
  return combined(q.epoch, series);
}

void check_epochs(const FinishedRun& run) {
  if (run.experiment.config.train.epochs == 0) refuse("train.epochs is 0; set it to 1 or more");
}

// The value of a column of history.csv in an epoch. If no epoch is given, the score of the trained network is computed.
double history_column(FinishedRun& run, const Quantity& q) {
  const TrainOptions& options = run.experiment.config.train;
  const Task task = run.experiment.task;
  const std::string_view name = q.measure->name, score = name.substr(name.rfind('_') + 1);
  const bool train = name.find("train") != name.npos, test = name.find("test") != name.npos;
  if ((score == "rmse" && options.loss != "mse") || (score == "r2" && task != Task::regression) ||
      (score == "accuracy" && task == Task::regression)) {
    refuse(score, " cannot be measured with the loss ", options.loss);
  }
  const auto value_of = [&](const Scores& scores) {
    return score == "loss" ? scores.loss : score == "rmse" ? std::sqrt(scores.loss) : scores.metric;
  };
  if (q.epoch.text.empty()) {
    const Data& data = run.experiment.data;
    const Dataset& rows = train ? data.train : test ? data.test : data.validation;
    if (rows.size() == 0)
      refuse("there are no ",
             test ? "test rows; set data.test_fraction" : "validation rows; set data.validation_fraction");
    return value_of(evaluate(run.network, *make_loss(options), rows, task));
  }
  check_epochs(run);
  Series series;
  for (const EpochRecord& record : run.history) {
    const std::optional<Scores> scores = train ? record.train : test ? record.test : record.validation;
    if (scores) series.emplace_back(record.epoch, value_of(*scores));
  }
  return combined(q.epoch, series);
}

// The first epoch with a training loss below the threshold; unknown (nullopt) if training ends before such an epoch.
std::optional<double> epochs_to_loss(const FinishedRun& run, const Quantity& q) {
  check_epochs(run);
  const auto below = [&](const EpochRecord& record) { return record.train.loss < q.at; };
  const auto first = std::ranges::find_if(run.history, below);
  if (first == run.history.end()) return {};
  return static_cast<double>(first->epoch);
}

const Tensor& last_z(FinishedRun& run, const Tensor& x) {
  run.network.forward(x);
  return run.network.layers.back().z;
}

// An affine map x Wᵀ + b of a network: b is z of the last layer at x = 0; row i of Wᵀ is z − b at the i-th unit vector.
struct AffineMap {
  Tensor Wt, b;  // Wᵀ is inputs × outputs, b is 1 × outputs
};
AffineMap affine_map(FinishedRun& run) {
  const std::size_t inputs = run.experiment.data.train.x.cols();
  Tensor unit_vectors(inputs, inputs);
  for (std::size_t i = 0; i < inputs; ++i) unit_vectors(i, i) = 1;
  AffineMap map{last_z(run, unit_vectors), last_z(run, Tensor(1, inputs))};
  for (std::size_t i = 0; i < map.Wt.size(); ++i) map.Wt[i] -= map.b[i % map.b.size()];
  return map;
}

double largest(const Tensor& t) {
  const auto magnitude = [](real v) { return std::abs(v); };
  return static_cast<double>(magnitude(std::ranges::max(t.values(), {}, magnitude)));
}

double collapse_difference(FinishedRun& run, const Quantity&) {
  const AffineMap map = affine_map(run);
  Tensor difference;
  multiply_add(run.experiment.data.train.x, map.Wt, map.b, difference);
  const Tensor& z = last_z(run, run.experiment.data.train.x);
  for (std::size_t i = 0; i < z.size(); ++i) difference[i] -= z[i];
  return largest(difference) == 0 ? 0 : largest(difference) / largest(z);
}

// The singular values of m, one for each column, the largest first, by one-sided Jacobi rotations (M. R. Hestenes,
// "Inversion of matrices by biorthogonalization and related results", 1958; Golub & Van Loan, "Matrix computations",
// §8.6.3). If m is symmetric without negative eigenvalues, its singular values are its eigenvalues.
std::vector<double> singular_values(Tensor m) {
  constexpr real epsilon = std::numeric_limits<real>::epsilon();
  const auto dot = [&](std::size_t p, std::size_t q) {  // the dot product of columns p and q
    real sum = 0;
    for (std::size_t i = 0; i < m.rows(); ++i) sum += m(i, p) * m(i, q);
    return sum;
  };
  bool rotated = true;
  for (int sweep = 0; sweep < 60 && rotated; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p < m.cols(); ++p) {
      for (std::size_t q = p + 1; q < m.cols(); ++q) {
        const real pp = dot(p, p), qq = dot(q, q), pq = dot(p, q);
        if (std::abs(pq) <= epsilon * std::sqrt(pp) * std::sqrt(qq)) continue;
        rotated = true;
        const real tau = (qq - pp) / (2 * pq);
        const real t = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
        const real c = 1 / std::sqrt(1 + t * t);
        const real s = t * c;
        for (std::size_t i = 0; i < m.rows(); ++i) {
          const real ip = m(i, p), iq = m(i, q);
          m(i, p) = c * ip - s * iq;
          m(i, q) = s * ip + c * iq;
        }
      }
    }
  }
  std::vector<double> values;
  for (std::size_t q = 0; q < m.cols(); ++q) values.push_back(std::sqrt(static_cast<double>(dot(q, q))));
  std::ranges::sort(values, std::greater());
  return values;
}

// The rank of a matrix with these singular values: the number of values above 1000 ε times the largest one.
std::size_t rank_of(const std::vector<double>& values) {
  const double limit = 1000 * static_cast<double>(std::numeric_limits<real>::epsilon()) * values.front();
  return static_cast<std::size_t>(std::ranges::count_if(values, [&](double v) { return v > limit; }));
}

double conditioning(FinishedRun& run, const Quantity& q) {
  run.network.forward(run.experiment.data.train.x);
  const Tensor& a = layer_of(run, q).a;
  Tensor moment;
  multiply(transposed(a), a, moment);  // n E[a aᵀ]
  const std::vector<double> eigenvalues = singular_values(moment);
  if (rank_of(eigenvalues) < eigenvalues.size()) {
    refuse("E[a aᵀ] of layer ", q.layer.text, " is singular; use more training rows or fewer units");
  }
  return eigenvalues.front() / eigenvalues.back();
}

double outputs_above(FinishedRun& run, const Quantity& q) {
  const Tensor& a = run.network.forward(run.experiment.data.train.x);
  const auto above = [&](real v) { return static_cast<double>(v) > q.at; };
  return static_cast<double>(std::ranges::count_if(a.values(), above)) / static_cast<double>(a.size());
}

// Returns |learned α − initial α| of a prelu layer. The name of the activation, "prelu(0.25)", contains the initial α.
double alpha_change(FinishedRun& run, const Quantity& q) {
  Activation& prelu = *layer_of(run, q).activation;
  if (!prelu.parameter()) refuse(prelu.name(), " has no learned α; use prelu");
  const auto alpha_of = [](Activation& a) { return static_cast<double>((*a.parameter()->value)(0, 0)); };
  return std::abs(alpha_of(prelu) - alpha_of(*make_activation(prelu.name())));
}

std::vector<Measure> table() {
  using Run = FinishedRun;
  using Q = Quantity;
  std::vector<Measure> all{
      {"diverged", "", "1 if a number was not finite, else 0", [](Run& r, const Q&) { return r.diverged ? 1.0 : 0.0; }},
      {"epochs_to_loss", "at", "first epoch with a training loss below `at`", epochs_to_loss},
      {"collapse_difference", "", "max |z − affine map| / max |z| of the last layer for all rows", collapse_difference},
      {"collapse_rank", "", "rank of the affine map that equals z of the last layer at 0 and unit vectors",
       [](Run& r, const Q&) { return static_cast<double>(rank_of(singular_values(affine_map(r).Wt))); }},
      {"conditioning", "layer", "largest / smallest eigenvalue of E[a aᵀ]; a is the output of `layer`", conditioning},
      {"alpha_change", "layer", "|learned α − initial α| of the prelu in `layer`", alpha_change},
      {"outputs_above", "at", "fraction of outputs above `at`", outputs_above}};
  for (const FlowQuantity& column : flow_quantities) {
    all.push_back(
        {concat("flow.", column.name), {}, std::string(column.title), flow_column, {"layer", "over_layer", "epoch"}});
  }
  for (const char* rows : {"train", "validation", "test"}) {
    for (const char* score : {"loss", "accuracy", "r2", "rmse"}) {
      const std::string says = concat(score, " on the ", rows, " rows");
      all.push_back({concat("history.", rows, "_", score), "", says, history_column, {"epoch"}});
    }
  }
  return all;
}

}  // namespace

const std::vector<Measure>& measures() {
  static const std::vector<Measure> all = table();
  return all;
}

std::optional<double> measure(const Quantity& quantity, FinishedRun& run) {
  if (run.diverged && quantity.measure->name != "diverged") return {};
  const std::optional<double> value = quantity.measure->function(run, quantity);
  const std::string& epoch = quantity.epoch.text;
  const auto where = epoch.empty() ? "" : concat("; history.csv or flow.csv gives no number for epoch = ", epoch);
  if (value && std::isnan(*value)) refuse("the measure has no value", where);
  if (value && std::isinf(*value)) refuse("the measure is ", number(*value), ", which is not a finite number");
  return value;
}

}  // namespace primer
