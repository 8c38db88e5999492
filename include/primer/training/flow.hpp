// The diagnostics that give primer its name: what each layer did to the signal on the way up and to the gradient on the
// way down, observed while training runs. Every number is defined here and nowhere else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "primer/core/network.hpp"

namespace primer {

// One layer in one epoch: means over the observed steps, each of the pass before that step's update. Norms are
// Frobenius norms over the batch.
struct FlowRow {
  std::uint64_t epoch = 0;  // 0: the state at initialisation, on the first batch
  std::size_t layer = 0;    // from 1
  std::string activation;
  double a_norm = 0;                   // ‖a‖
  double a_mean = 0;                   // mean a
  double slope_mean = 0;               // mean |σ′(z)|
  double saturated = 0;                // share of (sample, unit) with |σ′| < 0.05 · max|σ′|; 1 for step
  std::optional<double> off;           // share with z ≤ 0, of a rectifier
  double dead = 0;                     // share of units with σ′ exactly 0 on every sample observed in this row
  std::uint64_t revived = 0;           // units dead in the previous row and not in this one
  double dL_da_norm = 0;               // ‖∂L/∂a‖
  double dL_dz_norm = 0;               // ‖∂L/∂z‖
  double dL_dW_norm = 0;               // ‖∂L/∂W‖, before clipping and weight decay
  std::optional<double> update_ratio;  // ‖ΔW‖ / ‖W before‖; none at epoch 0
};

// How the gradient changed on its way from the last hidden layer H to layer 1: ‖δ¹‖/‖δᴴ‖ with δ = ∂L/∂z, split exactly
// into what the derivatives took, Π_{l<H} ‖δˡ‖/‖∂L/∂aˡ‖, and what the weights took, Π_{l<H} ‖∂L/∂aˡ‖/‖δˡ⁺¹‖.
struct FlowSplit {
  double ratio, sigma_part, W_part;
};
// `rows` are the layers of one epoch; nothing for fewer than two hidden layers.
std::optional<FlowSplit> split_of(const std::vector<FlowRow>& rows);

class Flow {
 public:
  explicit Flow(const Network& network);

  // Around an observed step: after backward() and before clipping; then after the update.
  void before_update(const Network& network);
  void after_update(const Network& network);

  // The rows of the epoch, one a layer; the next epoch starts empty. Units that are dead now are remembered for
  // `revived`. Needs at least one observed step.
  std::vector<FlowRow> finish(std::uint64_t epoch, const Network& network);
  bool empty() const { return state.steps == 0; }

  // Everything that is remembered between steps, for checkpoints.
  struct LayerState {
    std::vector<double> sums;         // of the averaged quantities, in the order of FlowRow
    std::vector<std::uint8_t> alive;  // a unit: σ′ ≠ 0 was seen in this row
    std::vector<std::uint8_t> dead;   // a unit: dead in the previous row
    real saturation_limit;            // of |σ′|, which moves with a learned α from row to row
  };
  struct State {
    std::uint64_t steps = 0;    // observed in this epoch
    std::uint64_t updates = 0;  // of them, those that went on to an update
    std::vector<LayerState> layers;
  };
  State state;

 private:
  std::vector<Tensor> W_before_;  // a layer
};

}  // namespace primer
