// Measures the values and gradients of each layer in a training step, and averages them over the steps of an epoch.
#include "primer/training/flow.hpp"

#include <cmath>
#include <limits>

#include "primer/core/sum.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

// Returns the index at which LayerState::sums has the sum for `member` of FlowRow. nullptr gives the number of sums.
constexpr std::size_t sum_index(double FlowRow::*member) {
  std::size_t index = 0;
  for (const FlowQuantity& q : flow_quantities) {
    if (q.member == member) break;
    index += q.mean == FlowMean::none ? 0 : 1;
  }
  return index;
}
constexpr std::size_t averaged = sum_index(nullptr);

// Computes Q sums over n elements in one pass, because reading the elements takes most of the time. Q is at most three,
// because more sums do not fit into the registers. For element i, terms(i, add) calls add(q, term) once for each sum q.
// Each sum is split into sixteen partial sums. At the end, the partial sums are added in pairs, in a fixed order.
template <std::size_t Q, typename Terms>
std::array<double, Q> sums_in_one_pass(std::size_t n, Terms terms) {
  constexpr std::size_t lanes = 16, width = 32 / sizeof(real);
  real lane[Q][lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma GCC unroll 16  // only in an unrolled loop, the partial sums stay in registers
    for (std::size_t v = 0; v < lanes; v += width) {
#pragma GCC unroll 1  // GCC vectorises this loop only if it is not unrolled
      for (std::size_t k = v; k < v + width; ++k) terms(i + k, [&](std::size_t q, real term) { lane[q][k] += term; });
    }
  }
  for (std::size_t k = 0; i < n; ++i, ++k) terms(i, [&](std::size_t q, real term) { lane[q][k] += term; });
  std::array<double, Q> sums{};
  for (std::size_t q = 0; q < Q; ++q) {
    for (std::size_t half = lanes / 2; half > 0; half /= 2) {
      for (std::size_t k = 0; k < half; ++k) lane[q][k] += lane[q][k + half];
    }
    sums[q] = lane[q][0];
  }
  return sums;
}

real saturation_limit(const Activation& activation) {
  return static_cast<real>(saturation_threshold * largest_derivative(activation));
}

}  // namespace

Flow::Flow(const Network& network) : W_before_(network.layers.size()) {
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const std::size_t units = network.layers[l].Wt.cols();
    Activation& activation = *network.layers[l].activation;
    const bool as_below =  // whether layer l − 1 has the same function: its limit is used again, without a scan of σ′
        l > 0 && activation.name() == network.layers[l - 1].activation->name() && !activation.parameter();
    state.layers.push_back({std::vector<double>(averaged), std::vector<std::uint8_t>(units),
                            std::vector<std::uint8_t>(units),
                            as_below ? state.layers.back().saturation_limit : saturation_limit(activation)});
  }
}

void Flow::before_update(Network& network, const Loss& loss, const Tensor& y) {
  ++state.steps;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Dense& layer = network.layers[l];
    LayerState& into = state.layers[l];
    const std::size_t size = layer.z.size();
    const auto n = static_cast<double>(size);
    const real *const a = layer.a.data(), *const z = layer.z.data(), *const derivative = layer.derivative.data();
    const real *const dL_da = network.dL_da(l, loss, y).data(), *const dL_dz = layer.dL_dz.data();
    // An entry of z is saturated if |σ′(z)| < limit. σ′ of "step" is always 0, so its limit must not be 0, but ∞.
    const real limit = into.saturation_limit == 0 ? std::numeric_limits<real>::infinity() : into.saturation_limit;
    const auto [a_squares, a_sum] = sums_in_one_pass<2>(size, [=](std::size_t i, auto add) {
      add(0, a[i] * a[i]);
      add(1, a[i]);
    });
    const auto [slopes, saturated, zeros] = sums_in_one_pass<3>(size, [=](std::size_t i, auto add) {
      const real slope = std::abs(derivative[i]);
      add(0, slope);
      add(1, slope < limit ? real(1) : real(0));
      add(2, slope == 0 ? real(1) : real(0));
    });
    const auto [dL_da_squares, dL_dz_squares] = sums_in_one_pass<2>(size, [=](std::size_t i, auto add) {
      add(0, dL_da[i] * dL_da[i]);
      add(1, dL_dz[i] * dL_dz[i]);
    });
    const auto add = [&](double FlowRow::*quantity, double value) { into.sums[sum_index(quantity)] += value; };
    add(&FlowRow::a_norm, std::sqrt(a_squares));
    add(&FlowRow::a_mean, a_sum / n);
    add(&FlowRow::slope_mean, slopes / n);
    add(&FlowRow::saturated, saturated / n);
    if (layer.activation->traits.rectifier) {
      add(&FlowRow::off, lane_sum(size, [=](std::size_t i) { return z[i] <= 0 ? real(1) : real(0); }) / n);
    }
    add(&FlowRow::dL_da_norm, std::sqrt(dL_da_squares));
    add(&FlowRow::dL_dz_norm, std::sqrt(dL_dz_squares));
    add(&FlowRow::dL_dW_norm, std::sqrt(double{sum_of_squares(layer.dL_dWt.values())}));
    std::uint8_t* const alive = into.alive.data();
    const std::size_t units = into.alive.size(), rows = zeros == 0 ? 1 : layer.z.rows();
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < units; ++j) alive[j] |= derivative[i * units + j] != 0 ? 1 : 0;
    }
    W_before_[l] = layer.Wt;
  }
}

void Flow::after_update(const Network& network) {
  ++state.updates;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const real* const W = network.layers[l].Wt.data();
    const real* const before = W_before_[l].data();
    const auto [change, size] = sums_in_one_pass<2>(W_before_[l].size(), [=](std::size_t i, auto add) {
      add(0, (W[i] - before[i]) * (W[i] - before[i]));
      add(1, before[i] * before[i]);
    });
    if (size != 0) state.layers[l].sums[sum_index(&FlowRow::update_ratio)] += std::sqrt(change) / std::sqrt(size);
  }
}

std::vector<FlowRow> Flow::finish(std::uint64_t epoch, const Network& network) {
  std::vector<FlowRow> rows;
  if (state.steps == 0) return rows;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    Activation& activation = *network.layers[l].activation;
    LayerState& layer = state.layers[l];
    FlowRow row;
    row.epoch = epoch;
    row.layer = l + 1;
    row.activation = activation.name();
    auto sum = layer.sums.begin();
    for (const FlowQuantity& q : flow_quantities) {
      if (q.mean == FlowMean::none) continue;
      const std::uint64_t n = q.mean == FlowMean::over_updates ? state.updates : state.steps;
      row.*q.member = n == 0 ? FlowRow::no_value : *sum / static_cast<double>(n);
      ++sum;
    }
    if (!activation.traits.rectifier) row.off = FlowRow::no_value;
    std::size_t dead = 0;
    for (std::size_t j = 0; j < layer.alive.size(); ++j) {
      const bool now_dead = layer.alive[j] == 0;
      dead += now_dead ? 1 : 0;
      row.revived += layer.dead[j] != 0 && !now_dead ? 1 : 0;
      layer.dead[j] = now_dead ? 1 : 0;
    }
    row.dead = static_cast<double>(dead) / static_cast<double>(layer.alive.size());
    rows.push_back(row);
    layer.sums.assign(averaged, 0);
    layer.alive.assign(layer.alive.size(), 0);
    if (activation.parameter()) layer.saturation_limit = saturation_limit(activation);  // α has changed
  }
  state.steps = state.updates = 0;
  return rows;
}

std::optional<double> flow_value(const FlowRow& row, std::string_view name) {
  for (const FlowQuantity& q : flow_quantities) {
    if (q.name == name) return row.*q.member;
  }
  return {};
}

std::optional<FlowSplit> split_of(const std::vector<FlowRow>& rows) {
  if (rows.size() < 3) return {};
  const std::size_t H = rows.size() - 1;  // number of hidden layers; `rows` has one more row, for the output layer
  FlowSplit split{rows[0].dL_dz_norm / rows[H - 1].dL_dz_norm, 1, 1};
  for (std::size_t l = 0; l + 1 < H; ++l) {
    split.sigma_part *= sigma_factor(rows[l]);
    split.W_part *= W_factor(rows[l], rows[l + 1]);
  }
  return split;
}

}  // namespace primer
