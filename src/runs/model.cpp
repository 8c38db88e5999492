// The names and the layouts of a network's tensors in a model file.
#include "primer/runs/model.hpp"

#include <algorithm>

#include "primer/formats/json.hpp"
#include "primer/runs/named_tensor.hpp"

namespace primer {
namespace {

std::string full_name(std::size_t l, const Parameter& p) { return concat("layers.", l + 1, ".", p.name); }

Layout layout_of(const Parameter& p) { return p.transposed ? Layout::transpose : Layout::vector; }

std::string metadatum(const Safetensors& contents, const std::string& file, const char* key) {
  const std::string* const text = contents.metadatum(key);
  if (text != nullptr) return *text;
  throw UserError({file}, "there is no metadata \"", key,
                  "\"; without it primer can use the file for --init, but not to predict");
}

// Checks the sizes of the layers before memory is taken for the network.
void check_sizes(const Safetensors& contents, const std::string& file, std::size_t inputs,
                 const std::vector<LayerOptions>& layers) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    find_tensor(contents, file, concat("layers.", l + 1, ".weight"), {layers[l].units, inputs});
    inputs = layers[l].units;
  }
}

std::optional<Standardizer> read_standardizer(const Safetensors& contents, const std::string& file, std::size_t inputs,
                                              bool wanted) {
  const bool has_mean = contents.tensor("input.mean") != nullptr;
  const bool has_std = contents.tensor("input.std") != nullptr;
  if (has_mean != wanted || has_std != wanted) {
    throw UserError({file},
                    "a model must have input.mean and input.std if its config sets standardize = true, and "
                    "must not have them otherwise");
  }
  if (!wanted) return {};
  Standardizer standardizer{Tensor(1, inputs), Tensor(1, inputs)};
  read_tensor(contents, file, "input.mean", Layout::vector, standardizer.mean);
  read_tensor(contents, file, "input.std", Layout::vector, standardizer.deviation);
  return standardizer;
}

void check_classes(const Model& model, const std::string& file) {
  const std::size_t outputs = model.network.outputs();
  const std::size_t named_classes = model.classes.size();
  const bool fits = model.task == Task::multiclass ? named_classes == outputs
                    : model.task == Task::binary   ? named_classes == 0 || (named_classes == 2 && outputs == 1)
                                                   : named_classes == 0;
  if (!fits) {
    throw UserError({file}, "the model names ", named_classes, " classes, but has ", outputs, " outputs and the loss ",
                    model.config.train.loss);
  }
  const std::size_t targets = model.config.data.target.size();
  if (named_classes == 0 && targets != outputs) {
    throw UserError({file}, "the model's config names ", targets, " target columns, but the network has ", outputs,
                    " outputs");
  }
}

}  // namespace

Safetensors model_contents(Network& network, const Experiment& experiment) {
  Safetensors contents;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (const Parameter& p : network.layers[l].tensors()) {
      contents.tensors.push_back(named(full_name(l, p), *p.value, layout_of(p)));
    }
  }
  if (const auto& s = experiment.data.standardizer) {
    contents.tensors.push_back(named("input.mean", s->mean, Layout::vector));
    contents.tensors.push_back(named("input.std", s->deviation, Layout::vector));
  }
  contents.metadata = {{"primer", "1"},
                       {"config", to_toml(experiment.config, "")},
                       {"columns", json::string_array(experiment.data.columns)},
                       {"classes", json::string_array(experiment.data.classes)}};
  return contents;
}

Model read_model(const std::string& path) {
  const Safetensors contents = read_safetensors(path);
  Config config = parse_model_config(metadatum(contents, path, "config"), path);
  std::vector<std::string> columns = json::parse_string_array(metadatum(contents, path, "columns"), {path});
  std::vector<std::string> classes = json::parse_string_array(metadatum(contents, path, "classes"), {path});
  if (columns.empty()) throw UserError({path}, "the metadata \"columns\" names no input column");
  check_sizes(contents, path, columns.size(), config.layers);
  std::optional<Standardizer> standardizer = read_standardizer(contents, path, columns.size(), config.data.standardize);
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
      known.push_back(full_name(l, p));
      read_tensor(contents, file, known.back(), layout_of(p), *p.value);
    }
  }
  for (const NamedTensor& tensor : contents.tensors) {
    if (!tensor.name.starts_with("layers.") || std::ranges::find(known, tensor.name) != known.end()) continue;
    throw UserError({file}, "tensor ", printable(tensor.name), " does not belong to this network");
  }
}

}  // namespace primer
