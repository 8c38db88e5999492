// Copies the tensors of the last forward and backward pass (x, z, a, ∂L/∂z, ∂L/∂W, …) from the layers, with names.
#include "primer/runs/trace.hpp"

#include "primer/runs/named_tensor.hpp"

namespace primer {

Safetensors trace_contents(Network& network, const Loss& loss, const Tensor& y) {
  Safetensors contents;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Dense& layer = network.layers[l];
    const auto add = [&](const char* name, const Tensor& tensor, Layout layout = Layout::matrix) {
      contents.tensors.push_back(named(concat(l + 1, ".", name), tensor, layout));
    };
    add("x", *layer.x);
    if (layer.batch_norm) add("u", layer.batch_norm->u);
    add("z", layer.z);
    add("slope", layer.derivative);
    if (layer.residual) add("s", layer.s);
    if (layer.dropout) add("mask", layer.dropout->mask);
    add("a", layer.a);
    add("dL_da", network.dL_da(l, loss, y));
    add("dL_dz", layer.dL_dz);
    if (const auto alpha = layer.activation->parameter()) add("dL_dalpha", *alpha->gradient, Layout::vector);
    if (layer.batch_norm) {
      add("dL_du", layer.batch_norm->dL_du);
      add("dL_dgamma", layer.batch_norm->dL_dgamma, Layout::vector);
      add("dL_dbeta", layer.batch_norm->dL_dbeta, Layout::vector);
    }
    add("dL_dW", layer.dL_dWt, Layout::transpose);
    add("dL_db", layer.dL_db, Layout::vector);
    add("dL_dx", layer.dL_dx);
  }
  contents.tensors.push_back({"loss", {1}, {static_cast<double>(network.loss(loss, y))}});
  contents.tensors.push_back(named("y", y, Layout::matrix));
  return contents;
}

}  // namespace primer
