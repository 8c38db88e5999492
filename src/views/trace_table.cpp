// Writes a table for each layer, forward and then backward.
#include "primer/views/trace_table.hpp"

#include <algorithm>

#include "primer/formats/number.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

constexpr std::size_t most_units = 16;
constexpr std::size_t most_inputs = 8;

using Rows = std::vector<std::vector<std::string>>;

std::string text(real v) { return short_number(static_cast<double>(v), 6); }

// The first sample of t: "(0.5, -1, … 62 more)".
std::string first_row(const Tensor& t) {
  std::string list;
  for (std::size_t j = 0; j < std::min(t.cols(), most_inputs); ++j) list += (j == 0 ? "" : ", ") + text(t(0, j));
  if (t.cols() > most_inputs) list += ", … " + std::to_string(t.cols() - most_inputs) + " more";
  return "(" + list + ")";
}

std::string layer_line(const Dense& layer, std::size_t l) {
  return "layer " + std::to_string(l + 1) + ": " + layer.activation->name() + ", " + std::to_string(layer.Wt.rows()) +
         " → " + std::to_string(layer.Wt.cols()) + "\n";
}

// A table with a row for each unit. Its columns are values of the first sample and the rows of inputs × units matrices.
class UnitTable {
 public:
  UnitTable(std::size_t units, std::size_t inputs)
      : units_(std::min(units, most_units)), inputs_(std::min(inputs, most_inputs)), left_out_(units - units_) {
    rows_.push_back({"unit"});
    for (std::size_t j = 0; j < units_; ++j) rows_.push_back({std::to_string(j + 1)});
  }
  void column(const std::string& name, const Tensor& t) {
    rows_[0].push_back(name);
    for (std::size_t j = 0; j < units_; ++j) rows_[j + 1].push_back(text(t(0, j)));
  }
  void matrix(const std::string& name, const Tensor& t) {
    for (std::size_t k = 0; k < inputs_; ++k) {
      rows_[0].push_back(name + std::to_string(k + 1));
      for (std::size_t j = 0; j < units_; ++j) rows_[j + 1].push_back(text(t(k, j)));
    }
    if (t.rows() > inputs_) rows_[0].push_back("… " + std::to_string(t.rows() - inputs_) + " more");
  }
  std::string str() const {
    return table(rows_) + (left_out_ == 0 ? "" : "… " + std::to_string(left_out_) + " more units\n");
  }

 private:
  std::size_t units_, inputs_, left_out_;
  Rows rows_;
};

std::string forward(const Dense& layer, std::size_t l) {
  UnitTable units(layer.Wt.cols(), layer.Wt.rows());
  units.matrix("W·", layer.Wt);
  units.column("b", layer.b);
  if (layer.batch_norm) units.column("u = x Wᵀ + b", layer.batch_norm->u);
  units.column(layer.batch_norm ? "z = batch_norm(u)" : "z = x Wᵀ + b", layer.z);
  units.column("σ′(z)", layer.derivative);
  if (layer.residual || layer.dropout) units.column("σ(z)", layer.sigma_of_z());
  if (layer.dropout) units.column("mask", layer.dropout->mask);
  units.column(layer.residual ? "a = … + x" : "a = σ(z)", layer.a);
  return layer_line(layer, l) + "x = " + first_row(*layer.x) + "\n" + units.str();
}

std::string backward(const Dense& layer, const Tensor& dL_da, std::size_t l, bool canonical, bool many,
                     const Tensor& y) {
  UnitTable units(layer.Wt.cols(), layer.Wt.rows());
  if (canonical) {
    units.column("a", layer.a);
    units.column("y", y);
    units.column("∂L/∂z = (a − y)/n", layer.dL_dz);
  } else {
    units.column("∂L/∂a", dL_da);
    if (layer.dropout) units.column("mask", layer.dropout->mask);
    units.column("σ′(z)", layer.derivative);
    units.column(layer.activation->traits.elementwise ? "∂L/∂z = ∂L/∂a ⊙ σ′" : "∂L/∂z by σ's Jacobian", layer.dL_dz);
  }
  if (layer.batch_norm) units.column("∂L/∂u", layer.dL_du());
  units.column(many ? "∂L/∂b = Σ" : "∂L/∂b", layer.dL_db);
  units.matrix("∂L/∂W·", layer.dL_dWt);
  return layer_line(layer, l) + units.str() + "∂L/∂x = " + first_row(layer.dL_dx) + "\n";
}

}  // namespace

std::string trace_table(Network& network, const Loss& loss, const Tensor& y) {
  const std::vector<Dense>& layers = network.layers;
  const std::string n = std::to_string(y.rows());
  std::string page = "forward, sample 1 of " + n + "\n\n";
  for (std::size_t l = 0; l < layers.size(); ++l) page += forward(layers[l], l) + "\n";
  page += "y = " + first_row(y) + "\n" + std::string(loss.name()) + " L = " + text(network.loss(loss, y)) +
          (y.rows() > 1 ? ", the mean over all " + n + " samples" : "") + "\n\nbackward, sample 1 of " + n +
          (y.rows() > 1 ? "; ∂L/∂b and ∂L/∂W are sums over all " + n : "") + "\n\n";
  for (std::size_t l = layers.size(); l-- > 0;) {
    const bool canonical = l + 1 == layers.size() && network.canonical(loss);
    page += backward(layers[l], network.dL_da(l, loss, y), l, canonical, y.rows() > 1, y) + (l > 0 ? "\n" : "");
  }
  return page;
}

}  // namespace primer
