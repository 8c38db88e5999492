// Makes a text with a row for each layer. A last line compares the gradients of the first and the last hidden layer.
#include "primer/views/flow_table.hpp"

#include <cmath>

#include "primer/formats/number.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

std::string cell(double value, FlowUnit unit) {
  if (std::isnan(value)) return "–";
  if (unit == FlowUnit::count) return std::to_string(static_cast<std::uint64_t>(value));
  return unit == FlowUnit::fraction ? percent(value) : short_number(value);
}

}  // namespace

std::string flow_table(const std::vector<FlowRow>& rows, std::size_t width) {
  if (rows.empty()) return {};
  std::vector<std::vector<std::string>> cells{{"layer", "σ"}};
  for (const FlowQuantity& q : flow_quantities) cells.front().emplace_back(q.title);
  for (const FlowRow& r : rows) {
    std::vector<std::string>& line = cells.emplace_back();
    line = {std::to_string(r.layer), r.activation};
    for (const FlowQuantity& q : flow_quantities) line.push_back(cell(r.*q.member, q.unit));
  }
  std::string text = table(cells, 2, width, 2);
  // If σ′ is 0 in a whole layer, the factors are ∞ or NaN.
  if (const auto split = split_of(rows); split && std::isfinite(split->W_part)) {
    const std::string H = std::to_string(rows.size() - 1);
    text += wrapped("‖∂L/∂z‖ of layer 1 / ‖∂L/∂z‖ of layer " + H + ": " + short_number(split->ratio) + " = " +
                        short_number(split->sigma_part) + " (factor from σ′) × " + short_number(split->W_part) +
                        " (factor from W)",
                    width);
  }
  return text;
}

}  // namespace primer
