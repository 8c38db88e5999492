// The measures of finished runs.
#include "primer/claims/measure.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "primer/claims/linear_algebra.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/product.hpp"
#include "primer/core/sum.hpp"
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
  check_layer(q.layer, run.network.layers.size());
  return run.network.layers[q.layer - 1];
}

// a of the last layer for all training rows, in evaluation mode. The other layers keep their a and z of this pass, too.
const Tensor& outputs(FinishedRun& run) { return run.network.forward(run.data->train.x); }

// a of one layer for all training rows.
const Tensor& activations(FinishedRun& run, const Quantity& q) {
  outputs(run);
  return layer_of(run, q).a;
}

Scores training_scores(FinishedRun& run) {
  return evaluate(run.network, *make_loss(run.options), run.data->train, run.task);
}

double train_accuracy(FinishedRun& run, const Quantity&) {
  if (run.task == Task::regression) refuse("the run is a regression, which has no accuracy; use train_rmse");
  return training_scores(run).metric;
}
double train_loss(FinishedRun& run, const Quantity&) { return training_scores(run).loss; }
double solved(FinishedRun& run, const Quantity& q) { return train_accuracy(run, q) == 1 ? 1 : 0; }

double rmse(FinishedRun& run, const Dataset& rows) {
  if (rows.size() == 0) refuse("the run has no test rows; set data.test_fraction");
  const Tensor& a = run.network.forward(rows.x);
  const real squares = lane_sum(
      a.size(), [&](std::size_t i) { return (a.data()[i] - rows.y.data()[i]) * (a.data()[i] - rows.y.data()[i]); });
  return std::sqrt(static_cast<double>(squares) / static_cast<double>(a.size()));
}

double train_rmse(FinishedRun& run, const Quantity&) { return rmse(run, run.data->train); }
double test_rmse(FinishedRun& run, const Quantity&) { return rmse(run, run.data->test); }

double epochs_to_loss(const FinishedRun& run, const Quantity& q) {
  for (const EpochRecord& record : run.history) {
    if (record.train.loss < q.at) return static_cast<double>(record.epoch);
  }
  refuse("the training loss is never below ", number(q.at), "; raise `at` or train.epochs");
}

// The column of flow.csv that the measure names.
double flow_column(FinishedRun& run, const Quantity& q) {
  const std::string_view column = std::string_view(q.measure->name).substr(std::string_view("flow.").size());
  const auto observed = std::ranges::find_if(run.flow, [&](auto& rows) { return rows.front().epoch == q.epoch; });
  if (q.epoch && observed == run.flow.end())
    refuse("the run recorded no gradient flow in epoch ", *q.epoch, "; ", observe_it);
  const std::vector<FlowRow>& rows = q.epoch ? *observed : run.flow_at_end;
  const auto of_layer = [&](std::size_t layer) {
    check_layer(layer, rows.size());
    const double value = flow_value(rows[layer - 1], column).value();
    if (std::isnan(value))
      refuse("layer ", layer, " (", rows[layer - 1].activation, ") has no such value at that time");
    return value;
  };
  if (q.over_layer > 0) return of_layer(q.layer) / of_layer(q.over_layer);
  if (q.layer > 0) return of_layer(q.layer);
  const std::size_t hidden = rows.size() - 1;
  if (hidden == 0) refuse("the network has no hidden layer to take the mean over; give the key 'layer'");
  double sum = 0;
  for (std::size_t layer = 1; layer <= hidden; ++layer) sum += of_layer(layer);
  return sum / static_cast<double>(hidden);
}

FlowSplit flow_split(const FinishedRun& run) {
  const auto split = split_of(run.flow_at_end);
  if (!split) refuse("the network needs at least two hidden layers");
  return *split;
}

// The column of history.csv that the measure names.
double history_column(FinishedRun& run, const Quantity& q) {
  const std::string_view name = q.measure->name;
  const std::size_t epoch = q.epoch.value_or(run.history.size());
  if (epoch < 1 || epoch > run.history.size()) refuse("epoch must be from 1 to ", run.history.size(), ", not ", epoch);
  const EpochRecord& record = run.history[epoch - 1];
  const std::optional<Scores> scores = name.find("train") != name.npos  ? record.train
                                       : name.find("test") != name.npos ? record.test
                                                                        : record.validation;
  const bool metric = name.ends_with(run.task == Task::regression ? "r2" : "accuracy");
  if (!scores || !(metric || name.ends_with("loss"))) refuse("this run has no such value at epoch ", epoch);
  return metric ? scores->metric : scores->loss;
}

double units_of(const FinishedRun& run, const Quantity& q, const std::vector<std::size_t>& of_layer) {
  check_layer(q.layer, of_layer.size());
  if (run.flow.empty() || run.flow.back().front().epoch == 0) refuse("the run recorded no gradient flow; ", observe_it);
  return static_cast<double>(of_layer[q.layer - 1]);
}

double collapse_difference(FinishedRun& run, const Quantity&) {
  outputs(run);
  const Tensor& z = run.network.layers.back().z;
  const AffineMap map = collapse(run.network);
  Tensor flat;
  multiply_add(run.data->train.x, map.Wt, map.b, flat);
  double worst = 0;
  double largest = 0;
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
    refuse("E[a aᵀ] of layer ", q.layer, " is singular; use more training rows or fewer units");
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
  const auto [low, high] = std::ranges::minmax(a.values());
  if (low == high) refuse("all activations of layer ", q.layer, " are equal, so their standard deviation is 0");
  const auto n = static_cast<double>(a.size());
  const double mean = static_cast<double>(sum(a.values())) / n;
  const real squares = lane_sum(a.size(), [&](std::size_t i) {
    const real deviation = a.data()[i] - static_cast<real>(mean);
    return deviation * deviation;
  });
  return std::abs(mean) / std::sqrt(static_cast<double>(squares) / n);
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

double parameter_count(FinishedRun& run, const Quantity&) {
  std::size_t count = 0;
  for (const Parameter& p : run.network.parameters()) count += p.value->size();
  return static_cast<double>(count);
}

double constant_output(FinishedRun& run, const Quantity&) {
  const Tensor& a = outputs(run);
  for (std::size_t i = 1; i < a.rows(); ++i) {
    if (!std::ranges::equal(a.row(i), a.row(0))) return 0;
  }
  return 1;
}

// The fraction of the outputs for which holds(a, y).
RunFunction fraction(bool (*holds)(real, real)) {
  return [holds](FinishedRun& run, const Quantity&) {
    const Tensor& a = outputs(run);
    const Tensor& y = run.data->train.y;
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += holds(a.data()[i], y.data()[i]) ? 1 : 0;
    return static_cast<double>(count) / static_cast<double>(a.size());
  };
}

bool same_side_of_half(real a, real y) { return (a >= real(0.5)) == (y >= real(0.5)); }
bool naive_loss_is_broken(real a, real y) {  // −y ln a − (1 − y) ln(1 − a), as it is written
  return !std::isfinite(static_cast<double>(-y * log(a) - (1 - y) * log(1 - a)));
}

double output_sum_error(FinishedRun& run, const Quantity&) {
  const Tensor& a = outputs(run);
  double worst = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) worst = std::max(worst, std::abs(static_cast<double>(sum(a.row(i))) - 1));
  return worst;
}

std::vector<Measure> table() {
  using enum Key;
  using Run = FinishedRun;
  using Q = Quantity;
  std::vector<Measure> all;
  const auto add = [&all](const char* name, std::vector<Key> needs, const char* says, RunFunction function) {
    all.push_back({name, std::move(needs), says, std::move(function)});
  };
  add("train_loss", {}, "loss on the training rows, after training", train_loss);
  add("train_accuracy", {}, "accuracy on the training rows, after training", train_accuracy);
  add("train_rmse", {}, "root of the mean squared error on the training rows", train_rmse);
  add("test_rmse", {}, "root of the mean squared error on the test rows", test_rmse);
  add("solved", {}, "1 if every training row is classified correctly", solved);
  add("diverged", {}, "1 if a number stopped being finite", [](Run& r, const Q&) { return r.diverged ? 1.0 : 0.0; });
  add("epochs_to_loss", {at}, "first epoch with a training loss below `at`", epochs_to_loss);
  add("parameters", {}, "number of parameters", parameter_count);
  add("delta_ratio", {}, "‖δ¹‖/‖δᴴ‖: the gradient at the first over that at the last hidden layer",
      [](Run& r, const Q&) { return flow_split(r).ratio; });
  add("sigma_part", {}, "the factor of delta_ratio that σ′ makes",
      [](Run& r, const Q&) { return flow_split(r).sigma_part; });
  add("W_part", {}, "the factor of delta_ratio that the weights make",
      [](Run& r, const Q&) { return flow_split(r).W_part; });
  add("seen_dead", {layer}, "number of units that were dead in an observed epoch",
      [](Run& r, const Q& q) { return units_of(r, q, r.seen_dead); });
  add("revived", {layer}, "number of those units that were alive in a later epoch",
      [](Run& r, const Q& q) { return units_of(r, q, r.revived); });
  add("collapse_difference", {}, "network against the product of its layers, relative", collapse_difference);
  add("collapse_rank", {}, "rank of the product of all weight matrices",
      [](Run& r, const Q&) { return static_cast<double>(rank_of(collapse(r.network).Wt)); });
  add("conditioning", {layer}, "largest over smallest eigenvalue of E[a aᵀ]", conditioning);
  add("same_sign", {layer}, "fraction of samples whose gradients into a unit share one sign", same_sign);
  add("mean_over_spread", {layer}, "|mean a| over the standard deviation of a", mean_over_spread);
  add("alpha_change", {layer}, "distance of a prelu's α from its start", alpha_change);
  add("constant_output", {}, "1 if the output is the same for every training row", constant_output);
  add("outputs_zero", {}, "fraction of outputs that are exactly 0", fraction([](real a, real) { return a == 0; }));
  add("outputs_above_1", {}, "fraction of outputs above 1", fraction([](real a, real) { return a > 1; }));
  add("right_at_half", {}, "fraction of outputs on the same side of ½ as their target", fraction(same_side_of_half));
  add("naive_loss_broken", {}, "fraction of outputs whose −y ln a − (1−y) ln(1−a) is not finite",
      fraction(naive_loss_is_broken));
  add("output_sum_error", {}, "largest |Σ a − 1| over the training rows", output_sum_error);
  for (const FlowQuantity& column : flow_quantities) {
    all.push_back(
        {concat("flow.", column.name), {}, std::string(column.title), flow_column, {layer, over_layer, epoch}});
  }
  for (const char* set : {"train", "validation", "test"}) {
    for (const char* score : {"loss", "accuracy", "r2"}) {
      all.push_back(
          {concat("history.", set, "_", score), {}, concat(score, " on the ", set, " rows"), history_column, {epoch}});
    }
  }
  for (Measure& formula : formulas()) all.push_back(std::move(formula));
  return all;
}

}  // namespace

const std::vector<Measure>& measures() {
  static const std::vector<Measure> all = table();
  return all;
}

const Measure* find_measure(std::string_view name) {
  const auto found = std::ranges::find(measures(), name, &Measure::name);
  return found == measures().end() ? nullptr : &*found;
}

std::optional<double> measure(const Quantity& quantity, FinishedRun& run) {
  if (run.diverged && quantity.measure->name != "diverged") return {};
  const double value = std::get<RunFunction>(quantity.measure->function)(run, quantity);
  if (!std::isfinite(value)) refuse("the result is ", number(value), ", which is not a finite number");
  return value;
}

double evaluate(const Quantity& quantity) {
  const double value = std::get<FormulaFunction>(quantity.measure->function)(quantity);
  if (std::isnan(value)) refuse("the result is not a number");
  return value;
}

}  // namespace primer
