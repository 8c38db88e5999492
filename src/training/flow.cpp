// Observing a pass, adding up over the epoch, and the headline split.
#include "primer/training/flow.hpp"

#include <cmath>

#include "primer/core/sum.hpp"
#include "primer/training/facts.hpp"

namespace primer {
namespace {

// The places of FlowRow's averaged quantities in LayerState::sums.
enum Quantity {
  a_norm,
  a_mean,
  slope_mean,
  saturated,
  off,
  dL_da_norm,
  dL_dz_norm,
  dL_dW_norm,
  update_ratio,
  quantities
};

double norm(const Tensor& t) { return std::sqrt(static_cast<double>(sum_of_squares(t.values()))); }

template <typename Holds>
double share(std::size_t n, Holds holds) {
  return static_cast<double>(lane_sum(n, [&](std::size_t i) { return holds(i) ? real(1) : real(0); })) /
         static_cast<double>(n);
}

real saturation_limit(const Activation& activation) { return static_cast<real>(0.05 * steepest_slope(activation)); }

}  // namespace

Flow::Flow(const Network& network) : W_before_(network.layers.size()) {
  for (const Dense& layer : network.layers) {
    const std::size_t units = layer.Wt.cols();
    state.layers.push_back({std::vector<double>(quantities), std::vector<std::uint8_t>(units),
                            std::vector<std::uint8_t>(units), saturation_limit(*layer.activation)});
  }
}

void Flow::before_update(const Network& network) {
  ++state.steps;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Dense& layer = network.layers[l];
    LayerState& into = state.layers[l];
    const std::size_t n = layer.z.size();
    const real* const z = layer.z.data();
    const real* const slope = layer.slope.data();
    const real limit = into.saturation_limit;

    into.sums[a_norm] += norm(layer.a);
    into.sums[a_mean] += static_cast<double>(sum(layer.a.values())) / static_cast<double>(n);
    into.sums[slope_mean] +=
        static_cast<double>(lane_sum(n, [=](std::size_t i) { return std::abs(slope[i]); })) / static_cast<double>(n);
    // step has σ′ = 0 everywhere, so its limit is 0 and all of it counts as saturated.
    into.sums[saturated] += share(n, [=](std::size_t i) { return std::abs(slope[i]) < limit || limit == 0; });
    into.sums[off] += share(n, [=](std::size_t i) { return z[i] <= 0; });
    into.sums[dL_da_norm] += norm(*layer.dL_da);
    into.sums[dL_dz_norm] += norm(layer.dL_dz);
    into.sums[dL_dW_norm] += norm(layer.dL_dWt);
    for (std::size_t i = 0; i < layer.z.rows(); ++i) {
      const real* const row = layer.slope.row(i).data();
      for (std::size_t j = 0; j < layer.z.cols(); ++j) into.alive[j] |= row[j] != 0 ? 1 : 0;
    }
    W_before_[l] = layer.Wt;
  }
}

void Flow::after_update(const Network& network) {
  ++state.updates;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const real* const W = network.layers[l].Wt.data();
    const real* const before = W_before_[l].data();
    const real change =
        lane_sum(W_before_[l].size(), [=](std::size_t i) { return (W[i] - before[i]) * (W[i] - before[i]); });
    const double size = norm(W_before_[l]);
    state.layers[l].sums[update_ratio] += size == 0 ? 0 : std::sqrt(static_cast<double>(change)) / size;
  }
}

std::vector<FlowRow> Flow::finish(std::uint64_t epoch, const Network& network) {
  std::vector<FlowRow> rows;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Activation& activation = *network.layers[l].activation;
    LayerState& layer = state.layers[l];
    const auto mean = [&](Quantity q) { return layer.sums[q] / static_cast<double>(state.steps); };
    FlowRow row{epoch,
                l + 1,
                activation.name(),
                mean(a_norm),
                mean(a_mean),
                mean(slope_mean),
                mean(saturated),
                {},
                0,
                0,
                mean(dL_da_norm),
                mean(dL_dz_norm),
                mean(dL_dW_norm),
                {}};
    if (activation.rectifier()) row.off = mean(off);
    if (state.updates > 0) row.update_ratio = layer.sums[update_ratio] / static_cast<double>(state.updates);
    std::size_t dead = 0;
    for (std::size_t j = 0; j < layer.alive.size(); ++j) {
      const bool now_dead = layer.alive[j] == 0;
      dead += now_dead ? 1 : 0;
      row.revived += layer.dead[j] != 0 && !now_dead ? 1 : 0;
      layer.dead[j] = now_dead ? 1 : 0;
    }
    row.dead = static_cast<double>(dead) / static_cast<double>(layer.alive.size());
    rows.push_back(row);
    layer.sums.assign(quantities, 0);
    layer.alive.assign(layer.alive.size(), 0);
    if (network.layers[l].activation->parameter())
      layer.saturation_limit = saturation_limit(activation);  // α has moved
  }
  state.steps = state.updates = 0;
  return rows;
}

std::optional<FlowSplit> split_of(const std::vector<FlowRow>& rows) {
  if (rows.size() < 3) return {};
  const std::size_t H = rows.size() - 1;  // hidden layers; rows[H] is the output layer
  FlowSplit split{rows[0].dL_dz_norm / rows[H - 1].dL_dz_norm, 1, 1};
  for (std::size_t l = 0; l + 1 < H; ++l) {
    split.sigma_part *= rows[l].dL_dz_norm / rows[l].dL_da_norm;
    split.W_part *= rows[l].dL_da_norm / rows[l + 1].dL_dz_norm;
  }
  return split;
}

}  // namespace primer
