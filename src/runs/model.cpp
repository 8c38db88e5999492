// The names and shapes of a network's tensors on disk.
#include "primer/runs/model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "primer/formats/json.hpp"

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

std::string metadatum(const Safetensors& contents, const std::string& file, const char* key) {
  const std::string* const text = contents.metadatum(key);
  if (text != nullptr) return *text;
  throw UserError(Location{file, 0, 0}, std::string("has no metadata \"") + key +
                                            "\", without which it can start a training (--init), but not predict");
}

// A 1 × inputs row, or nothing where the file does not have it.
std::optional<Tensor> input_row(const Safetensors& contents, const std::string& file, const char* name,
                                std::size_t inputs) {
  const NamedTensor* const found = contents.tensor(name);
  if (found == nullptr) return {};
  if (found->shape != std::vector{inputs}) {
    throw UserError(Location{file, 0, 0}, std::string("tensor ") + name + " is " + shape_text(found->shape) +
                                              ", but there are " + std::to_string(inputs) + " columns");
  }
  Tensor row(1, inputs);
  for (std::size_t j = 0; j < inputs; ++j) row(0, j) = static_cast<real>(found->values[j]);
  return row;
}

// Before memory is taken for a network: its layers are as large as the file's tensors.
void check_sizes(const Safetensors& contents, const std::string& file, std::size_t inputs,
                 const std::vector<LayerOptions>& layers) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string name = "layers." + std::to_string(l + 1) + ".weight";
    const NamedTensor* const found = contents.tensor(name);
    if (found == nullptr) throw UserError(Location{file, 0, 0}, "there is no tensor " + name);
    const std::vector<std::size_t> wanted{layers[l].units, inputs};
    if (found->shape != wanted) {
      throw UserError(Location{file, 0, 0}, "tensor " + name + " is " + shape_text(found->shape) +
                                                ", but the metadata need " + shape_text(wanted));
    }
    inputs = layers[l].units;
  }
}

void check_classes(const Model& model, const std::string& file) {
  const std::size_t outputs = model.network.outputs();
  const std::size_t named = model.classes.size();
  const bool fits = model.task == Task::multiclass ? named == outputs
                    : model.task == Task::binary   ? named == 0 || (named == 2 && outputs == 1)
                                                   : named == 0;
  if (!fits) {
    throw UserError(Location{file, 0, 0}, "names " + std::to_string(named) + " classes for " + std::to_string(outputs) +
                                              " outputs and the loss " + model.config.train.loss);
  }
  if (named == 0 && model.config.data.target.size() != outputs) {
    throw UserError(Location{file, 0, 0}, "its config names " + std::to_string(model.config.data.target.size()) +
                                              " target columns for " + std::to_string(outputs) + " outputs");
  }
}

}  // namespace

Safetensors model_contents(Network& network, const Experiment& experiment) {
  Safetensors contents;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (const Parameter& p : network.layers[l].tensors()) {
      contents.tensors.push_back(stored(full_name(l, p), *p.value, p.name == "weight"));
    }
  }
  if (const auto& s = experiment.data.standardizer) {
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

Model read_model(const std::string& path) {
  const Safetensors contents = read_safetensors(path);
  Config config = parse_model_config(metadatum(contents, path, "config"), path);
  std::vector<std::string> columns =
      json::parse_string_array(metadatum(contents, path, "columns"), Location{path, 0, 0});
  std::vector<std::string> classes =
      json::parse_string_array(metadatum(contents, path, "classes"), Location{path, 0, 0});
  if (columns.empty()) throw UserError(Location{path, 0, 0}, "names no input columns");
  check_sizes(contents, path, columns.size(), config.layers);

  std::optional<Standardizer> standardizer;
  auto mean = input_row(contents, path, "input.mean", columns.size());
  auto std = input_row(contents, path, "input.std", columns.size());
  if (mean.has_value() != std.has_value() || mean.has_value() != config.data.standardize) {
    throw UserError(Location{path, 0, 0},
                    "needs input.mean and input.std where its config standardizes, and only there");
  }
  if (mean) standardizer = {std::move(*mean), std::move(*std)};

  Network network(columns.size(), config.layers, config.seed);
  load_tensors(contents, path, network);
  const Task task = task_of(config.train.loss);
  Model model{std::move(config), task, std::move(columns), std::move(classes), std::move(standardizer),
              std::move(network)};
  check_classes(model, path);
  return model;
}

void load_tensors(const Safetensors& contents, const std::string& file, Network& network) {
  std::vector<std::string> known;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (const Parameter& p : network.layers[l].tensors()) {
      const std::string name = full_name(l, p);
      known.push_back(name);
      const NamedTensor* const found = contents.tensor(name);
      if (found == nullptr) throw UserError(Location{file, 0, 0}, "there is no tensor " + name);
      const NamedTensor wanted = stored(name, *p.value, p.name == "weight");
      if (found->shape != wanted.shape) {
        throw UserError(Location{file, 0, 0}, "tensor " + name + " is " + shape_text(found->shape) +
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
    throw UserError(Location{file, 0, 0}, "tensor " + printable(tensor.name) + " has no place in the network");
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
