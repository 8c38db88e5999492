// Builds a network from its description, and runs the two passes through it.
#include "primer/core/network.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace primer {
namespace {

Dense make_layer(std::size_t inputs, const LayerOptions& options, std::uint64_t seed, std::uint64_t l) {
  if (options.residual && inputs != options.units)
    throw std::invalid_argument("layer " + std::to_string(l) + ": residual needs as many units as inputs; units: " +
                                std::to_string(options.units) + ", inputs: " + std::to_string(inputs));
  Dense layer(inputs, options.units, make_activation(options.activation));
  initialize(initializer_of(options, *layer.activation, inputs), Random(seed, Stream::initialization, l), layer.Wt);
  if (options.batch_norm) layer.batch_norm.emplace(options.units);
  if (options.dropout > 0) layer.dropout = Dropout{static_cast<real>(options.dropout), seed, l, {}, {}};
  layer.residual = options.residual;
  return layer;
}

}  // namespace

Initializer initializer_of(const LayerOptions& layer, const Activation& sigma, std::size_t fan_in) {
  const std::string_view spec = layer.init == "auto" ? sigma.traits.initializer : std::string_view(layer.init);
  return make_initializer(spec, fan_in, layer.units, static_cast<double>(sigma.leak()));
}

Network::Network(std::size_t inputs, std::span<const LayerOptions> options, std::uint64_t seed) {
  if (options.empty()) throw std::invalid_argument("a network needs at least one layer");
  for (const LayerOptions& layer : options) {
    layers.push_back(make_layer(inputs, layer, seed, layers.size() + 1));
    inputs = layer.units;
  }
}

const Tensor& Network::pass(const Tensor& x, std::optional<std::uint64_t> step) {
  const Tensor* a = &x;
  for (Dense& layer : layers) {
    layer.forward(*a, step);
    a = &layer.a;
  }
  return *a;
}

const Tensor& Network::predict(const Tensor& x, Prediction& p) const {
  const Tensor* in = &x;
  for (std::size_t left = layers.size(); left > 0; --left) {
    Tensor& a = left % 2 == 1 ? p.a : p.other;  // layers alternate between two buffers: no layer overwrites its input
    layers[layers.size() - left].predict(*in, p.z, a);
    in = &a;
  }
  return *in;
}

bool Network::canonical(const Loss& loss) const {
  const Dense& output = layers.back();
  return loss.pairs_with(*output.activation) && !output.residual && !output.dropout;
}

real Network::loss(const Loss& loss, const Tensor& y) {
  const Dense& output = layers.back();
  return canonical(loss) ? loss.value_from_logits(output.z, y, scratch_) : loss.value(output.a, y);
}

real Network::loss(const Loss& loss, const Tensor& y, Prediction& p) const {
  return canonical(loss) ? loss.value_from_logits(p.z, y, p.scratch) : loss.value(p.a, y);
}

void Network::backward(const Loss& loss, const Tensor& y, bool wants_dL_dx) {
  Dense& output = layers.back();
  if (canonical(loss)) {
    loss.gradient_from_logits(output.a, y, output.dL_dz);
    output.backward_from_dL_dz(layers.size() > 1 || wants_dL_dx);
  } else {
    loss.gradient(output.a, y, dL_da_);
    output.backward(dL_da_, layers.size() > 1 || wants_dL_dx);
  }
  for (std::size_t l = layers.size() - 1; l-- > 0;) layers[l].backward(layers[l + 1].dL_dx, l > 0 || wants_dL_dx);
}

const Tensor& Network::dL_da(std::size_t l, const Loss& loss, const Tensor& y) {
  if (l + 1 < layers.size()) return layers[l + 1].dL_dx;
  loss.gradient(layers.back().a, y, dL_da_);
  return dL_da_;
}

std::vector<Parameter> Network::parameters() {
  std::vector<Parameter> list;
  for (Dense& layer : layers) std::ranges::copy(layer.parameters(), std::back_inserter(list));
  return list;
}

}  // namespace primer
