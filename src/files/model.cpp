// The names and shapes of a network's tensors on disk.
#include "primer/files/model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "primer/files/json.hpp"

namespace primer {
namespace {

// The engine keeps W as inputs × units; every other tensor is a row.
NamedTensor stored(const std::string& name, const Tensor& t, bool is_weight) {
  NamedTensor out{name, {}, {}};
  if (is_weight) {
    out.shape = {t.cols(), t.rows()};
    for (std::size_t j = 0; j < t.cols(); ++j) {
      for (std::size_t k = 0; k < t.rows(); ++k) out.values.push_back(static_cast<double>(t(k, j)));
    }
  } else {
    out.shape = {t.size()};
    for (const real v : t.values()) out.values.push_back(static_cast<double>(v));
  }
  return out;
}

std::string full_name(std::size_t l, const Parameter& p) {
  return "layers." + std::to_string(l + 1) + "." + std::string(p.name);
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t n : shape) text += (text.empty() ? "" : " × ") + std::to_string(n);
  return text.empty() ? "one number" : text;
}

}  // namespace

Safetensors model_contents(Network& network, const Experiment& experiment) {
  Safetensors contents;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (const Parameter& p : network.layers[l].tensors()) {
      contents.tensors.push_back(stored(full_name(l, p), *p.value, p.name == "weight"));
    }
  }
  if (const auto& s = experiment.data.standardization) {
    contents.tensors.push_back(stored("input.mean", s->mean, false));
    contents.tensors.push_back(stored("input.std", s->std, false));
  }
  contents.metadata = {{"primer", "1"},
                       {"config", to_toml(experiment.config, "")},
                       {"columns", json::string_array(experiment.data.columns)},
                       {"classes", json::string_array(experiment.data.classes)}};
  return contents;
}

Dtype own_dtype() { return sizeof(real) == sizeof(double) ? Dtype::F64 : Dtype::F32; }

void load_tensors(const Safetensors& contents, const std::string& file, Network& network) {
  std::vector<std::string> known;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (const Parameter& p : network.layers[l].tensors()) {
      const std::string name = full_name(l, p);
      known.push_back(name);
      const NamedTensor* const found = contents.tensor(name);
      if (found == nullptr) throw InputError(Place{file, 0, 0}, "there is no tensor " + name);
      const NamedTensor wanted = stored(name, *p.value, p.name == "weight");
      if (found->shape != wanted.shape) {
        throw InputError(Place{file, 0, 0}, "tensor " + name + " is " + shape_text(found->shape) +
                                                ", but the network needs " + shape_text(wanted.shape));
      }
      Tensor& t = *p.value;
      for (std::size_t i = 0; i < found->values.size(); ++i) {
        const auto v = static_cast<real>(found->values[i]);
        if (p.name == "weight") {
          t(i % t.rows(), i / t.rows()) = v;
        } else {
          t.data()[i] = v;
        }
      }
    }
  }
  for (const NamedTensor& tensor : contents.tensors) {
    if (!tensor.name.starts_with("layers.")) continue;
    if (std::find(known.begin(), known.end(), tensor.name) != known.end()) continue;
    throw InputError(Place{file, 0, 0}, "tensor " + printable(tensor.name) + " has no place in the network");
  }
}

std::uint64_t signature(Network& network) {
  using Bits = std::conditional_t<sizeof(real) == 8, std::uint64_t, std::uint32_t>;
  std::uint64_t hash = 0xcbf29ce484222325;  // Fowler, Noll, Vo: offset basis and prime for 64 bits
  for (Dense& layer : network.layers) {
    for (const Parameter& p : layer.parameters()) {
      for (const double value : stored("", *p.value, p.name == "weight").values) {
        const real v = std::isnan(value) ? std::numeric_limits<real>::quiet_NaN() : static_cast<real>(value);
        auto bits = std::bit_cast<Bits>(v);
        for (std::size_t byte = 0; byte < sizeof bits; ++byte, bits >>= 8)
          hash = (hash ^ (bits & 0xFF)) * 0x100000001b3;
      }
    }
  }
  return hash;
}

}  // namespace primer
