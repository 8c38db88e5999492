// One line a layer, and the headline split in words.
#include "primer/views/flow_table.hpp"

#include "primer/formats/number.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

std::string percent(double share) { return short_number(100 * share) + "%"; }

}  // namespace

std::string flow_table(const std::vector<FlowRow>& rows) {
  if (rows.empty()) return {};
  std::vector<std::vector<std::string>> cells{{"layer", "σ", "‖a‖", "mean a", "mean |σ′|", "saturated", "off", "dead",
                                               "revived", "‖∂L/∂a‖", "‖∂L/∂z‖", "‖∂L/∂W‖", "‖ΔW‖/‖W‖"}};
  for (const FlowRow& r : rows) {
    cells.push_back({std::to_string(r.layer), r.activation, short_number(r.a_norm), short_number(r.a_mean),
                     short_number(r.slope_mean), percent(r.saturated), r.off ? percent(*r.off) : "–", percent(r.dead),
                     std::to_string(r.revived), short_number(r.dL_da_norm), short_number(r.dL_dz_norm),
                     short_number(r.dL_dW_norm), r.update_ratio ? short_number(*r.update_ratio) : "–"});
  }
  std::string text = table(cells, 2);
  if (const auto split = split_of(rows)) {
    const std::string H = std::to_string(rows.size() - 1);
    text += "‖∂L/∂z‖ of layer 1 over layer " + H + ": " + short_number(split->ratio) + " = " +
            short_number(split->sigma_part) + " by σ′ × " + short_number(split->W_part) + " by W\n";
  }
  return text;
}

}  // namespace primer
