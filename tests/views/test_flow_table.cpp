#include "primer/views/flow_table.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "primer/formats/utf8.hpp"
#include "primer/views/table.hpp"

namespace {

primer::FlowRow row(std::size_t layer, const char* activation, double dL_da, double dL_dz) {
  primer::FlowRow r;
  r.layer = layer;
  r.activation = activation;
  r.dL_da_norm = dL_da;
  r.dL_dz_norm = dL_dz;
  return r;
}

}  // namespace

TEST_CASE("the last line splits the ratio of the gradients into the parts of the derivatives and of the weights") {
  // ‖δ¹‖/‖δ³‖ = 0.5/8 = 1/16; derivatives: (0.5/2)(2/4) = 1/8; weights: (2/2)(4/8) = 1/2
  const std::vector<primer::FlowRow> rows{row(1, "tanh", 2, 0.5), row(2, "tanh", 4, 2), row(3, "tanh", 9, 8),
                                          row(4, "softmax", 1, 1)};
  const std::string text = primer::flow_table(rows);
  CHECK(text.ends_with(
      "‖∂L/∂z‖ of layer 1 / ‖∂L/∂z‖ of layer 3: 0.0625 = 0.125 (factor from σ′) × 0.5 (factor from W)\n"));
  const std::vector<primer::FlowRow> flat{row(1, "tanh", 2, 0.5), row(2, "step", 4, 0), row(3, "softmax", 1, 1)};
  CHECK(primer::flow_table(flat).find("factor from") == std::string::npos);
}

TEST_CASE("a layer without an off fraction or an update shows a dash, and one hidden layer has no ratio") {
  primer::FlowRow relu = row(1, "relu", 1, 1);
  relu.off = 0.5;
  relu.update_ratio = 0.001;
  const std::string text = primer::flow_table({relu, row(2, "softmax", 1, 1)});
  CHECK(text.find("50%") != std::string::npos);
  CHECK(text.find("0.001") != std::string::npos);
  CHECK(text.find("–") != std::string::npos);
  CHECK(text.find("from W") == std::string::npos);
  CHECK(primer::flow_table({}).empty());
}

TEST_CASE("the rows of the table are as wide as its head") {
  const std::string text = primer::flow_table({row(1, "leaky_relu(0.2)", 1, 1e-12), row(2, "softmax", 123456, 1)});
  const std::string head = text.substr(0, text.find('\n'));
  const std::string first = text.substr(head.size() + 1, text.find('\n', head.size() + 1) - head.size() - 1);
  CHECK(primer::count_characters(head) == primer::count_characters(first));
}

TEST_CASE("the table of ten layers fits into 80 columns and keeps every quantity") {
  std::vector<primer::FlowRow> rows;
  for (std::size_t l = 1; l <= 10; ++l)
    rows.push_back(row(l, l < 10 ? "leaky_relu(0.2)" : "softmax", 1.23e-12, 4.56e-7));
  const std::string text = primer::flow_table(rows, 80);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(primer::count_characters(line) <= 80);
  for (const primer::FlowQuantity& q : primer::flow_quantities) CHECK(text.find(q.title) != std::string::npos);
  CHECK(text.find("\n\nlayer  σ ") != std::string::npos);
}
