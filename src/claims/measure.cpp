// The measures of finished runs.
#include "primer/claims/measure.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "primer/claims/linear_algebra.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/product.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"

namespace primer {
namespace {

[[noreturn]] void refuse(const auto&... parts) { throw std::invalid_argument(concat(parts...)); }

constexpr std::string_view observe_it = "set diagnostics.every and train.epochs";

void check_layer(std::size_t layer, std::size_t layers) {
  if (layer < 1 || layer > layers) refuse("layer must be from 1 to ", layers, ", not ", layer);
}

Dense& layer_of(FinishedRun& run, const Quantity& q) {
  if (q.layer.from != q.layer.to) refuse("layer must be a number");
  check_layer(q.layer.from, run.network.layers.size());
  return run.network.layers[q.layer.from - 1];
}

// a of the last layer for all training rows, in evaluation mode. The other layers keep their a and z of this pass, too.
const Tensor& outputs(FinishedRun& run) { return run.network.forward(run.data->train.x); }

// a of one layer for all training rows.
const Tensor& activations(FinishedRun& run, const Quantity& q) {
  outputs(run);
  return layer_of(run, q).a;
}

// The values that have been picked, which must not be empty, become one.
double combined(std::string_view way, const std::vector<double>& values) {
  if (way == "first") return values.front();
  if (way == "last") return values.back();
  if (way == "min") return std::ranges::min(values);
  if (way == "max") return std::ranges::max(values);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return way == "sum" ? sum : sum / static_cast<double>(values.size());
}

// A column of flow.csv in one epoch, over the picked layers; NaN if none of them has a value.
double flow_over_layers(const std::vector<FlowRow>& rows, std::string_view column, const Pick& layer) {
  const bool one = layer.from == layer.to;
  if (one) check_layer(layer.from, rows.size());
  const std::size_t last = one ? layer.to : std::min(layer.to, rows.size() - 1);
  const std::size_t first = std::max<std::size_t>(layer.from, 1);
  if (rows.size() == 1 && !one) refuse("the network has no hidden layer; give the key 'layer' a number");
  if (last < first) refuse("the network has ", rows.size() - 1, " hidden layers, none of them from ", first, " on");
  std::vector<double> values;
  for (std::size_t l = first; l <= last; ++l) {
    const double value = flow_value(rows[l - 1], column).value();
    if (!std::isnan(value)) values.push_back(value);
  }
  return values.empty() ? FlowRow::no_value : combined(layer.way, values);
}

// The column of flow.csv that the measure names.
double flow_column(FinishedRun& run, const Quantity& q) {
  const std::string_view column = std::string_view(q.measure->name).substr(std::string_view("flow.").size());
  std::vector<double> values;
  const auto observe = [&](const std::vector<FlowRow>& rows) {
    double value = flow_over_layers(rows, column, q.layer);
    if (!q.over_layer.text.empty()) value /= flow_over_layers(rows, column, q.over_layer);
    if (!std::isnan(value)) values.push_back(value);
  };
  bool observed = q.epoch.text.empty();
  if (observed) observe(run.flow_at_end);
  for (const std::vector<FlowRow>& rows : run.flow) {
    const std::uint64_t epoch = rows.front().epoch;
    if (q.epoch.text.empty() || epoch < q.epoch.from || epoch > q.epoch.to) continue;
    observed = true;
    observe(rows);
  }
  if (!observed) refuse("the run recorded no gradient flow in epoch ", q.epoch.text, "; ", observe_it);
  if (values.empty()) refuse("the layer has no such value at that time");
  return combined(q.epoch.text.empty() ? "last" : q.epoch.way, values);
}

FlowSplit flow_split(const FinishedRun& run) {
  const auto split = split_of(run.flow_at_end);
  if (!split) refuse("the network needs at least two hidden layers");
  return *split;
}

void check_epochs(const FinishedRun& run) {
  if (run.options.epochs == 0) refuse("train.epochs is 0, so the run has no history");
}

// The column of history.csv that the measure names. At the end of training the rows are evaluated anew.
double history_column(FinishedRun& run, const Quantity& q) {
  const std::string_view name = q.measure->name;
  const bool train = name.find("train") != name.npos;
  const bool test = name.find("test") != name.npos;
  if (name.ends_with("rmse") && run.options.loss != "mse") refuse("only a run with the loss mse has it");
  if (name.ends_with(run.task == Task::regression ? "accuracy" : "r2")) {
    refuse(run.task == Task::regression ? "a regression has no accuracy" : "only a regression has it");
  }
  const auto value_of = [&](const Scores& scores) {
    return name.ends_with("loss") ? scores.loss : name.ends_with("rmse") ? std::sqrt(scores.loss) : scores.metric;
  };
  if (q.epoch.text.empty()) {
    const Dataset& rows = train ? run.data->train : test ? run.data->test : run.data->validation;
    if (rows.size() == 0) refuse("the run has no such rows; set data.", test ? "test" : "validation", "_fraction");
    return value_of(evaluate(run.network, *make_loss(run.options), rows, run.task));
  }
  check_epochs(run);
  std::vector<double> values;
  for (const EpochRecord& record : run.history) {
    const std::optional<Scores> scores = train ? record.train : test ? record.test : record.validation;
    if (scores && record.epoch >= q.epoch.from && record.epoch <= q.epoch.to) values.push_back(value_of(*scores));
  }
  if (values.empty())
    refuse("no epoch from 1 to ", run.history.size(), " in epoch ", q.epoch.text, " has such a value");
  return combined(q.epoch.way, values);
}

double epochs_to_loss(const FinishedRun& run, const Quantity& q) {
  check_epochs(run);
  for (const EpochRecord& record : run.history) {
    if (record.train.loss < q.at) return static_cast<double>(record.epoch);
  }
  refuse("the training loss is never below ", number(q.at), "; raise `at` or train.epochs");
}

// The affine map x Wt + b that agrees with the network up to z of its last layer at 0 and at the unit vectors. If the
// network is an affine map, then it is this one.
struct AffineMap {
  Tensor Wt, b;
};
AffineMap affine_map(FinishedRun& run) {
  const std::size_t inputs = run.data->train.x.cols();
  Tensor x(inputs + 1, inputs);
  for (std::size_t i = 0; i < inputs; ++i) x(i, i) = 1;
  run.network.forward(x);
  const Tensor& z = run.network.layers.back().z;
  AffineMap map{Tensor(inputs, z.cols()), Tensor(1, z.cols())};
  for (std::size_t j = 0; j < z.cols(); ++j) {
    map.b(0, j) = z(inputs, j);
    for (std::size_t i = 0; i < inputs; ++i) map.Wt(i, j) = z(i, j) - z(inputs, j);
  }
  return map;
}

double collapse_difference(FinishedRun& run, const Quantity&) {
  const AffineMap map = affine_map(run);
  Tensor flat;
  multiply_add(run.data->train.x, map.Wt, map.b, flat);
  outputs(run);
  const Tensor& z = run.network.layers.back().z;
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(z.data()[i] - flat.data()[i])));
    largest = std::max(largest, static_cast<double>(std::abs(z.data()[i])));
  }
  return worst == 0 ? 0 : worst / largest;
}

// The largest over the smallest eigenvalue of E[a aᵀ].
double conditioning(FinishedRun& run, const Quantity& q) {
  const Tensor& a = activations(run, q);
  Tensor moment;
  multiply(transposed(a), a, moment);  // n E[a aᵀ]
  if (rank_of(moment) < moment.cols()) {
    refuse("E[a aᵀ] of layer ", q.layer.text, " is singular; use more training rows or fewer units");
  }
  const std::vector<double> eigenvalues = singular_values(moment);
  return eigenvalues.front() / eigenvalues.back();
}

// ∂L/∂wⱼₖ = δⱼ aₖ for one sample, so the gradients of a unit's weights share one sign if all aₖ do.
double same_sign(FinishedRun& run, const Quantity& q) {
  const Tensor& a = activations(run, q);
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    const auto [low, high] = std::ranges::minmax(a.row(i));
    count += low >= 0 || high <= 0 ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(a.rows());
}

double mean_over_spread(FinishedRun& run, const Quantity& q) {
  const Tensor& a = activations(run, q);
  const auto n = static_cast<double>(a.size());
  double mean = 0, variance = 0;
  for (const real v : a.values()) mean += static_cast<double>(v) / n;
  for (const real v : a.values()) variance += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) / n;
  const auto [low, high] = std::ranges::minmax(a.values());
  if (low == high) refuse("all activations of layer ", q.layer.text, " are equal, so their standard deviation is 0");
  return std::abs(mean) / std::sqrt(variance);
}

double alpha_of(Activation& activation) {
  const auto parameter = activation.parameter();
  if (!parameter) refuse(activation.name(), " has no learned α; use prelu");
  return static_cast<double>((*parameter->value)(0, 0));
}

// How far the α of a prelu is from where it started, which its name tells.
double alpha_change(FinishedRun& run, const Quantity& q) {
  Activation& prelu = *layer_of(run, q).activation;
  return std::abs(alpha_of(prelu) - alpha_of(*make_activation(prelu.name())));
}

// The fraction of the outputs for which holds(a, y).
double fraction_of_outputs(FinishedRun& run, const std::function<bool(real, real)>& holds) {
  const Tensor& a = outputs(run);
  const Tensor& y = run.data->train.y;
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += holds(a.data()[i], y.data()[i]) ? 1 : 0;
  return static_cast<double>(count) / static_cast<double>(a.size());
}

bool naive_loss_is_broken(real a, real y) {  // −y ln a − (1 − y) ln(1 − a), as it is written
  return !std::isfinite(static_cast<double>(-y * log(a) - (1 - y) * log(1 - a)));
}

std::vector<Measure> table() {
  using Run = FinishedRun;
  using Q = Quantity;
  std::vector<Measure> all{
      {"diverged", "", "1 if a number stopped being finite", [](Run& r, const Q&) { return r.diverged ? 1.0 : 0.0; }},
      {"epochs_to_loss", "at", "first epoch with a training loss below `at`", epochs_to_loss},
      {"sigma_part", "", "what σ′ does to ‖∂L/∂z‖, last to first layer",
       [](Run& r, const Q&) { return flow_split(r).sigma_part; }},
      {"W_part", "", "what the weights do to it", [](Run& r, const Q&) { return flow_split(r).W_part; }},
      {"collapse_difference", "", "network against an affine map, relative", collapse_difference},
      {"collapse_rank", "", "rank of that affine map",
       [](Run& r, const Q&) { return static_cast<double>(rank_of(affine_map(r).Wt)); }},
      {"conditioning", "layer", "largest over smallest eigenvalue of E[a aᵀ]", conditioning},
      {"same_sign", "layer", "fraction of samples whose a have one sign", same_sign},
      {"mean_over_spread", "layer", "|mean a| over the standard deviation of a", mean_over_spread},
      {"alpha_change", "layer", "distance of a prelu's α from its start", alpha_change},
      {"outputs_above", "at", "fraction of outputs above `at`",
       [](Run& r, const Q& q) {
         return fraction_of_outputs(r, [&](real a, real) { return static_cast<double>(a) > q.at; });
       }},
      {"right_at_half", "", "fraction of outputs on their target's side of ½",
       [](Run& r, const Q&) {
         return fraction_of_outputs(r, [](real a, real y) { return (a >= real(0.5)) == (y >= real(0.5)); });
       }},
      {"naive_loss_broken", "", "fraction with −y ln a − (1−y) ln(1−a) not finite",
       [](Run& r, const Q&) { return fraction_of_outputs(r, naive_loss_is_broken); }}};
  for (const FlowQuantity& column : flow_quantities) {
    all.push_back(
        {concat("flow.", column.name), {}, std::string(column.title), flow_column, {"layer", "over_layer", "epoch"}});
  }
  for (const char* rows : {"train", "validation", "test"}) {
    for (const char* score : {"loss", "accuracy", "r2", "rmse"}) {
      all.push_back({concat("history.", rows, "_", score),
                     "",
                     concat(score, " on the ", rows, " rows"),
                     history_column,
                     {"epoch"}});
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
  const double value = quantity.measure->function(run, quantity);
  if (!std::isfinite(value)) refuse("the result is ", number(value), ", which is not a finite number");
  return value;
}

}  // namespace primer
