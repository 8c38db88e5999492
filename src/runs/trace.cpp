// Collecting what the layers keep.
#include "primer/runs/trace.hpp"

namespace primer {
namespace {

NamedTensor matrix(const std::string& name, const Tensor& t) {
  return {name, {t.rows(), t.cols()}, {t.values().begin(), t.values().end()}};
}

NamedTensor vector(const std::string& name, const Tensor& t) {
  return {name, {t.size()}, {t.values().begin(), t.values().end()}};
}

NamedTensor transposed_matrix(const std::string& name, const Tensor& t) {
  NamedTensor out{name, {t.cols(), t.rows()}, {}};
  for (std::size_t j = 0; j < t.cols(); ++j) {
    for (std::size_t k = 0; k < t.rows(); ++k) out.values.push_back(static_cast<double>(t(k, j)));
  }
  return out;
}

}  // namespace

Safetensors trace_contents(Network& network, const Loss& loss, const Tensor& y) {
  Safetensors contents;
  std::vector<NamedTensor>& list = contents.tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Dense& layer = network.layers[l];
    const std::string at = std::to_string(l + 1) + ".";
    list.push_back(matrix(at + "x", *layer.x));
    if (layer.batch_norm) list.push_back(matrix(at + "u", layer.batch_norm->u));
    list.push_back(matrix(at + "z", layer.z));
    list.push_back(matrix(at + "slope", layer.derivative));
    if (layer.residual) list.push_back(matrix(at + "s", layer.s));
    if (layer.dropout) list.push_back(matrix(at + "mask", layer.dropout->mask));
    list.push_back(matrix(at + "a", layer.a));
    list.push_back(matrix(at + "dL_da", *layer.dL_da));
    list.push_back(matrix(at + "dL_dz", layer.dL_dz));
    if (const auto alpha = layer.activation->parameter()) {
      list.push_back(vector(at + "dL_dalpha", *alpha->gradient));
    }
    if (layer.batch_norm) {
      list.push_back(matrix(at + "dL_du", layer.batch_norm->dL_du));
      list.push_back(vector(at + "dL_dgamma", layer.batch_norm->dL_dgamma));
      list.push_back(vector(at + "dL_dbeta", layer.batch_norm->dL_dbeta));
    }
    list.push_back(transposed_matrix(at + "dL_dW", layer.dL_dWt));
    list.push_back(vector(at + "dL_db", layer.dL_db));
    list.push_back(matrix(at + "dL_dx", layer.dL_dx));
  }
  list.push_back({"loss", {1}, {static_cast<double>(network.loss(loss, y))}});
  list.push_back(matrix("y", y));
  return contents;
}

}  // namespace primer
