// The gradient flow, measured during training: how each layer changes the signal on the way forward and the gradient on
// the way back. flow.csv, the terminal, the report, the web page and the claims use the table flow_quantities.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/network.hpp"

namespace primer {

// The measurements of one layer in one epoch: means over the measured steps, except the fraction `dead` and the count
// `revived`. ‖…‖ is the Frobenius norm over all rows of the batch. A value that cannot be measured is NaN.
struct FlowRow {
  static constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

  std::uint64_t epoch = 0;  // epoch 0 is the state at initialisation, measured on the first batch
  std::size_t layer = 0;    // from 1
  std::string activation;
  double a_norm = 0;      // ‖a‖
  double a_mean = 0;      // mean a
  double slope_mean = 0;  // mean |σ′(z)|
  double saturated = 0;  // fraction of z with |σ′(z)| < saturation_threshold · max |σ′|; set to 1 for "step" (σ′ = 0)
  double off = no_value;           // fraction of all z that are ≤ 0; only for a rectifier
  double dead = 0;                 // fraction of units with σ′ exactly 0 on every sample observed in this epoch
  double revived = 0;              // number of units that were dead in the previous epoch and are not dead in this one
  double dL_da_norm = 0;           // ‖∂L/∂a‖
  double dL_dz_norm = 0;           // ‖∂L/∂z‖
  double dL_dW_norm = 0;           // ‖∂L/∂W‖, before clipping and weight decay
  double update_ratio = no_value;  // ‖ΔW‖ / ‖W before the update‖; NaN in epoch 0
};

enum class FlowUnit { number, fraction, count, ratio };
enum class FlowMean { over_steps, over_updates, none };

struct FlowQuantity {
  std::string_view name;   // name of the column in flow.csv
  std::string_view title;  // title of the column in the table on the terminal
  FlowUnit unit;
  FlowMean mean;  // how the quantity is averaged: over training steps, over weight updates, or not at all (`none`)
  double FlowRow::*member;
};

// Every quantity, in the order of the columns of flow.csv. A new quantity needs a line in this table, a member in
// FlowRow, and a formula in flow.cpp.
inline constexpr auto flow_quantities = std::to_array<FlowQuantity>({
    {"a_norm", "‖a‖", FlowUnit::number, FlowMean::over_steps, &FlowRow::a_norm},
    {"a_mean", "mean a", FlowUnit::number, FlowMean::over_steps, &FlowRow::a_mean},
    {"slope_mean", "mean |σ′|", FlowUnit::number, FlowMean::over_steps, &FlowRow::slope_mean},
    {"saturated", "saturated", FlowUnit::fraction, FlowMean::over_steps, &FlowRow::saturated},
    {"off", "off", FlowUnit::fraction, FlowMean::over_steps, &FlowRow::off},
    {"dead", "dead", FlowUnit::fraction, FlowMean::none, &FlowRow::dead},
    {"revived", "revived", FlowUnit::count, FlowMean::none, &FlowRow::revived},
    {"dL_da_norm", "‖∂L/∂a‖", FlowUnit::number, FlowMean::over_steps, &FlowRow::dL_da_norm},
    {"dL_dz_norm", "‖∂L/∂z‖", FlowUnit::number, FlowMean::over_steps, &FlowRow::dL_dz_norm},
    {"dL_dW_norm", "‖∂L/∂W‖", FlowUnit::number, FlowMean::over_steps, &FlowRow::dL_dW_norm},
    {"update_ratio", "‖ΔW‖/‖W‖", FlowUnit::ratio, FlowMean::over_updates, &FlowRow::update_ratio},
});

// Returns the value of the quantity `name` in `row`: NaN if it was not measured, std::nullopt for an unknown name.
std::optional<double> flow_value(const FlowRow& row, std::string_view name);

// How the gradient δ = ∂L/∂z changes from layer l + 1 to layer l: ‖δˡ‖ / ‖δˡ⁺¹‖ = W_factor() · sigma_factor().
// W_factor() = ‖∂L/∂aˡ‖ / ‖δˡ⁺¹‖ is the effect of the weights of layer l + 1. sigma_factor() = ‖δˡ‖ / ‖∂L/∂aˡ‖ is the
// effect of σ′ in layer l. `row` has the measurements of layer l, and `above` those of layer l + 1.
inline double sigma_factor(const FlowRow& row) { return row.dL_dz_norm / row.dL_da_norm; }
inline double W_factor(const FlowRow& row, const FlowRow& above) { return row.dL_da_norm / above.dL_dz_norm; }

// ratio = ‖δ¹‖ / ‖δᴴ‖ = sigma_part · W_part, where δ = ∂L/∂z and H is the last hidden layer. Products over l < H:
// sigma_part = Π ‖δˡ‖ / ‖∂L/∂aˡ‖ is the effect of σ′, and W_part = Π ‖∂L/∂aˡ‖ / ‖δˡ⁺¹‖ is the effect of the weights.
struct FlowSplit {
  double ratio, sigma_part, W_part;
};
// Computes the three numbers of FlowSplit from the measurements of one epoch: `rows` has one row for each layer.
// Returns std::nullopt if the network has fewer than two hidden layers.
std::optional<FlowSplit> split_of(const std::vector<FlowRow>& rows);

class Flow {
 public:
  explicit Flow(const Network& network);

  // Measure a training step. Call before_update() between backward() and clipping, and after_update() after the update.
  void before_update(Network& network, const Loss& loss, const Tensor& y);
  void after_update(const Network& network);

  // Ends the epoch. Returns one FlowRow for each layer, or no rows if no step of the epoch was measured. Sets the sums
  // of the epoch to 0. Stores the dead units, so that the next epoch can count the units that are no longer dead.
  std::vector<FlowRow> finish(std::uint64_t epoch, const Network& network);

  // The state of a Flow between two steps, as a checkpoint stores it.
  struct LayerState {
    std::vector<double> sums;         // one sum for each averaged quantity, in the order of flow_quantities
    std::vector<std::uint8_t> alive;  // for each unit: whether σ′ ≠ 0 was observed in this epoch
    std::vector<std::uint8_t> dead;   // for each unit: whether it was dead in the previous epoch
    real saturation_limit;  // σ is saturated where |σ′| < saturation_limit; recomputed each epoch if α is learned
  };
  struct State {
    std::uint64_t steps = 0;    // number of steps of this epoch that Flow measured
    std::uint64_t updates = 0;  // number of weight updates that Flow measured in this epoch; 0 in epoch 0
    std::vector<LayerState> layers;
  };
  State state;

 private:
  std::vector<Tensor> W_before_;  // W of each layer before the update
};

}  // namespace primer
