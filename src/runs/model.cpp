// Turns a network into the tensors and metadata of a model file, and back.
#include "primer/runs/model.hpp"

#include <algorithm>

#include "primer/formats/json.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/runs/signature.hpp"

namespace primer {
namespace {

std::string full_name(std::size_t l, const Parameter& p) { return concat("layers.", l + 1, ".", p.name); }

std::string metadatum(const Safetensors& contents, const std::string& file, const char* key) {
  const std::string* const text = contents.metadatum(key);
  if (text != nullptr) return *text;
  throw UserError({file}, "there is no metadata \"", key,
                  "\"; without it primer can use the file for --init, but not to predict");
}

// Checks that the weights in the file fit the layers, before memory is allocated for the network.
void check_sizes(const Safetensors& contents, const std::string& file, std::size_t inputs,
                 const std::vector<LayerOptions>& layers) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    find_tensor(contents, file, concat("layers.", l + 1, ".weight"), {layers[l].units, inputs});
    inputs = layers[l].units;
  }
}

// Reads the tensors `what`.mean and `what`.std from a model file. They must exist if `wanted` is true, and only then.
std::optional<Standardizer> read_standardizer(const Safetensors& contents, const std::string& file,
                                              const std::string& what, const char* key, std::size_t columns,
                                              bool wanted) {
  const std::string mean = what + ".mean", deviation = what + ".std";
  if ((contents.tensor(mean) != nullptr) != wanted || (contents.tensor(deviation) != nullptr) != wanted) {
    throw UserError({file}, "a model must have the standardisation tensors ", mean, " and ", deviation,
                    " if its config sets ", key, " = true, and must not have these tensors otherwise");
  }
  if (!wanted) return {};
  Standardizer standardizer{Tensor(1, columns), Tensor(1, columns)};
  read_tensor(contents, file, mean, Layout::vector, standardizer.mean);
  read_tensor(contents, file, deviation, Layout::vector, standardizer.deviation);
  return standardizer;
}

void check_classes(const Model& model, const std::string& file) {
  const std::size_t outputs = model.network.outputs();
  const std::size_t named_classes = model.classes.size();
  const bool fits = model.task == Task::multiclass ? named_classes == outputs
                    : model.task == Task::binary   ? named_classes == 0 || (named_classes == 2 && outputs == 1)
                                                   : named_classes == 0;
  if (!fits) {
    throw UserError({file}, "the metadata contain ", named_classes, " classes, but the network has ", outputs,
                    " outputs, and the loss is ", model.config.train.loss);
  }
  const std::size_t targets = model.config.data.target.size();
  if (named_classes == 0 && targets != outputs) {
    throw UserError({file}, "the model's config lists ", targets, " target columns, but the network has ", outputs,
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
  const auto add = [&](const std::string& what, const std::optional<Standardizer>& s) {
    if (!s) return;
    contents.tensors.push_back(named(what + ".mean", s->mean, Layout::vector));
    contents.tensors.push_back(named(what + ".std", s->deviation, Layout::vector));
  };
  add("input", experiment.data.standardizer);
  add("target", experiment.data.target_standardizer);
  contents.metadata = {{"primer", "1"},
                       {"config", to_toml(experiment.config, "")},
                       {"columns", json::string_array(experiment.data.columns)},
                       {"classes", json::string_array(experiment.data.classes)},
                       {"training_rows", fingerprint({&experiment.data.train})}};
  return contents;
}

Model read_model(const std::string& path) {
  const Safetensors contents = read_safetensors(path);
  if (const std::string* const version = contents.metadatum("primer"); version != nullptr && *version != "1") {
    throw UserError({path}, "is a model of format ", in_quotes(*version), ", but this primer reads format \"1\"");
  }
  Config config = parse_model_config(metadatum(contents, path, "config"), path);
  std::vector<std::string> columns = json::parse_string_array(metadatum(contents, path, "columns"), {path});
  std::vector<std::string> classes = json::parse_string_array(metadatum(contents, path, "classes"), {path});
  if (columns.empty()) throw UserError({path}, "the list \"columns\" in the metadata is empty");
  check_sizes(contents, path, columns.size(), config.layers);
  std::optional<Standardizer> standardizer =
      read_standardizer(contents, path, "input", "standardize", columns.size(), config.data.standardize);
  std::optional<Standardizer> target_standardizer = read_standardizer(
      contents, path, "target", "standardize_targets", config.layers.back().units, config.data.standardize_targets);
  const std::string* const rows = contents.metadatum("training_rows");
  Network network(columns.size(), config.layers, config.seed);
  load_tensors(contents, path, network);
  const Task task = task_of(config.train.loss);
  Model model{std::move(config),
              task,
              std::move(columns),
              std::move(classes),
              std::move(standardizer),
              std::move(target_standardizer),
              rows == nullptr ? "" : *rows,
              std::move(network)};
  check_classes(model, path);
  return model;
}

Dataset rows_of(const Model& model, FileSamples samples, const std::string& part) {
  const std::string file = samples.file;
  if (part.empty()) {
    Dataset rows{std::move(samples.x), encode(samples, model.task, model.classes)};
    if (model.standardizer) standardize(*model.standardizer, rows.x);
    if (model.target_standardizer) standardize(*model.target_standardizer, rows.y);
    return rows;
  }
  Config config = model.config;
  config.train.early_stopping = 0;  // off: otherwise experiment_of() throws if `samples` gives no validation rows
  Data data = experiment_of(std::move(config), std::move(samples), {}).data;
  if (!model.training_rows.empty() && fingerprint({&data.train}) != model.training_rows) {
    throw UserError(
        {file}, "is not the data file of the model, so primer cannot tell training from test rows; leave out --rows");
  }
  Dataset& rows = part == "train" ? data.train : part == "test" ? data.test : data.validation;
  if (rows.size() == 0) throw UserError({file}, "no row of this file was in the run's ", part, " set");
  return std::move(rows);
}

std::vector<std::string> differences(const Safetensors& contents, const Experiment& experiment) {
  std::vector<std::string> found;
  const auto compare = [&](const char* key, const std::vector<std::string>& own) {
    const std::string* const text = contents.metadatum(key);
    if (text == nullptr || *text == json::string_array(own)) return;
    found.push_back(concat("the model's ", key, " are ", *text, ", but this run has ", json::string_array(own)));
  };
  compare("columns", experiment.data.columns);
  compare("classes", experiment.data.classes);
  const auto compare_standardizers = [&](const char* what, const std::optional<Standardizer>& own) {
    const NamedTensor* const mean = contents.tensor(concat(what, ".mean"));
    const NamedTensor* const deviation = contents.tensor(concat(what, ".std"));
    const bool has = mean != nullptr && deviation != nullptr;
    const auto equal = [](const NamedTensor& a, const Tensor& b) {
      return std::ranges::equal(a.values, named("", b, Layout::vector).values);
    };
    if (has == own.has_value() && (!has || (equal(*mean, own->mean) && equal(*deviation, own->deviation)))) return;
    found.push_back(concat("the model's ", what, "s are ",
                           has && own ? "standardised with other means or deviations than in this run"
                           : has      ? "standardised, but in this run they are not standardised"
                                      : "not standardised, but in this run they are standardised"));
  };
  if (contents.metadatum("config") != nullptr) {
    compare_standardizers("input", experiment.data.standardizer);
    compare_standardizers("target", experiment.data.target_standardizer);
    const Config config = parse_model_config(*contents.metadatum("config"), "");
    for (std::size_t l = 0; l < std::min(config.layers.size(), experiment.config.layers.size()); ++l) {
      const std::string& its = config.layers[l].activation;
      const std::string& own = experiment.config.layers[l].activation;
      if (its != own)
        found.push_back(concat("layer ", l + 1, " of the model has the activation ", its, ", but this run has ", own));
    }
  }
  return found;
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
