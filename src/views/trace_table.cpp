// Makes a text: first a table of the forward pass for each layer, then a table of the backward pass for each layer.
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

// The index of the sample that is shown, and the width of the printed text in characters.
struct Page {
  std::size_t sample, width;
};

// Row i of t as a text: "(0.5, -1, … 62 more)".
std::string row_text(const Tensor& t, std::size_t i) {
  std::string list;
  for (std::size_t j = 0; j < std::min(t.cols(), most_inputs); ++j) list += (j == 0 ? "" : ", ") + text(t(i, j));
  if (t.cols() > most_inputs) list += ", … " + std::to_string(t.cols() - most_inputs) + " more";
  return "(" + list + ")";
}

std::string layer_line(const Dense& layer, std::size_t l) {
  return "layer " + std::to_string(l + 1) + ": " + layer.activation->name() + ", " + std::to_string(layer.Wt.rows()) +
         " → " + std::to_string(layer.Wt.cols()) + "\n";
}

// A table with a row per unit of a layer. column() adds a column; matrix() adds a column per input (first most_inputs).
class UnitTable {
 public:
  UnitTable(std::size_t units, std::size_t inputs, Page page)
      : page_(page),
        units_(std::min(units, most_units)),
        inputs_(std::min(inputs, most_inputs)),
        left_out_(units - units_) {
    rows_.push_back({"unit"});
    for (std::size_t j = 0; j < units_; ++j) rows_.push_back({std::to_string(j + 1)});
  }
  void column(const std::string& name, const Tensor& t) {  // tensor t: one row per sample, or one row for all samples
    rows_[0].push_back(name);
    const std::size_t i = t.rows() == 1 ? 0 : page_.sample;
    for (std::size_t j = 0; j < units_; ++j) rows_[j + 1].push_back(text(t(i, j)));
  }
  void matrix(const std::string& name, const Tensor& t) {
    for (std::size_t k = 0; k < inputs_; ++k) {
      rows_[0].push_back(name + std::to_string(k + 1));
      for (std::size_t j = 0; j < units_; ++j) rows_[j + 1].push_back(text(t(k, j)));
    }
    if (t.rows() > inputs_) rows_[0].push_back("… " + std::to_string(t.rows() - inputs_) + " more");
  }
  std::string str() const {
    return table(rows_, 1, page_.width) + (left_out_ == 0 ? "" : "… " + std::to_string(left_out_) + " more units\n");
  }

 private:
  Page page_;
  std::size_t units_, inputs_, left_out_;
  Rows rows_;
};

std::string forward(const Dense& layer, std::size_t l, Page page) {
  UnitTable units(layer.Wt.cols(), layer.Wt.rows(), page);
  units.matrix("W·", layer.Wt);
  units.column("b", layer.b);
  if (layer.batch_norm) units.column("u = x Wᵀ + b", layer.batch_norm->u);
  units.column(layer.batch_norm ? "z = batch_norm(u)" : "z = x Wᵀ + b", layer.z);
  units.column("σ′(z)", layer.derivative);
  if (layer.residual || layer.dropout) units.column("σ(z)", layer.sigma_of_z());
  if (layer.dropout) units.column("mask", layer.dropout->mask);
  units.column(layer.residual ? "a = … + x" : "a = σ(z)", layer.a);
  return layer_line(layer, l) + wrapped("x = " + row_text(*layer.x, page.sample), page.width, 2) + units.str();
}

std::string backward(const Dense& layer, const Tensor& dL_da, std::size_t l, bool canonical, bool many, const Tensor& y,
                     Page page) {
  UnitTable units(layer.Wt.cols(), layer.Wt.rows(), page);
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
  return layer_line(layer, l) + units.str() + wrapped("∂L/∂x = " + row_text(layer.dL_dx, page.sample), page.width, 2);
}

}  // namespace

std::string trace_table(Network& network, const Loss& loss, const Tensor& y, std::size_t width) {
  const std::vector<Dense>& layers = network.layers;
  const std::string n = std::to_string(y.rows());
  const Tensor& x = *layers.front().x;
  const auto has_input = [&](std::size_t i) { return std::ranges::any_of(x.row(i), [](real v) { return v != 0; }); };
  Page page{0, width};
  while (page.sample + 1 < x.rows() && !has_input(page.sample)) ++page.sample;
  if (!has_input(page.sample)) page.sample = 0;
  const std::string which = "sample " + std::to_string(page.sample + 1) + " of " + n;
  std::string out = "forward, " + which + "\n\n";
  for (std::size_t l = 0; l < layers.size(); ++l) out += forward(layers[l], l, page) + "\n";
  out += "target y = " + row_text(y, page.sample) + "\n" + std::string(loss.name()) +
         " L = " + text(network.loss(loss, y)) + (y.rows() > 1 ? ", the mean over all " + n + " samples" : "") +
         "\n\nbackward, " + which + (y.rows() > 1 ? "; ∂L/∂b and ∂L/∂W are sums over all samples" : "") + "\n\n";
  for (std::size_t l = layers.size(); l-- > 0;) {
    const bool canonical = l + 1 == layers.size() && network.canonical(loss);
    out += backward(layers[l], network.dL_da(l, loss, y), l, canonical, y.rows() > 1, y, page) + (l > 0 ? "\n" : "");
  }
  return out;
}

}  // namespace primer
