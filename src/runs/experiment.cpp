// Combines a config and its samples in an experiment, and does those checks of the config that need the data.
#include "primer/runs/experiment.hpp"

#include <algorithm>
#include <cmath>

#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/training/properties.hpp"
#include "primer/training/weighted_loss.hpp"

namespace primer {
namespace {

void resolve_layers(Experiment& experiment) {
  Config& config = experiment.config;
  LayerOptions& output = config.layers.back();
  const std::size_t outputs = experiment.data.train.y.cols();
  if (output.units == 0) output.units = outputs;
  if (output.units != outputs) {
    const bool classes = !experiment.data.classes.empty() && experiment.task == Task::multiclass;
    throw UserError(config.location(concat("layer.", config.layers.size(), ".units")), "the last layer has ",
                    output.units, " units, but the data have ", outputs,
                    classes        ? " classes"
                    : outputs == 1 ? " target column"
                                   : " target columns",
                    "; write units = ", outputs, ", or leave units out");
  }
  std::size_t inputs = experiment.data.train.x.cols();
  for (std::size_t l = 0; l < config.layers.size(); ++l) {
    const LayerOptions& layer = config.layers[l];
    const std::string at = concat("layer.", l + 1);
    if (layer.residual && layer.units != inputs) {
      throw UserError(config.location(at + ".residual"),
                      "residual adds the layer's input to its output, so the layer needs ", inputs, " units, not ",
                      layer.units);
    }
    if (layer.units == 1 && make_activation(layer.activation)->traits.distribution) {
      throw UserError(config.location(at + ".activation"), layer.activation, " over one unit always outputs 1; ",
                      l + 1 < config.layers.size() ? "use another activation in a hidden layer"
                      : experiment.task == Task::regression
                          ? concat("for the loss ", config.train.loss,
                                   ", use identity; for a class as the target, set train.loss to cross_entropy")
                          : "for one probability, use sigmoid with the loss binary_cross_entropy; for several classes, "
                            "use one unit for each class");
    }
    inputs = layer.units;
  }
}

void resolve_class_weights(Experiment& experiment) {
  TrainOptions& train = experiment.config.train;
  const Location location = experiment.config.location("train.class_weights");
  const std::size_t classes = experiment.data.classes.size();
  if (train.class_weights.empty() && !train.balanced_weights) return;
  if (classes == 0) throw UserError(location, "class_weights needs one target column of classes");
  if (train.balanced_weights) {
    locate_errors(
        [&] { train.class_weights = balanced_weights(experiment.data.train.y); },
        [&](const std::logic_error& e) { return UserError(location, e.what(), "; write a list of weights"); });
    train.balanced_weights = false;
  }
  if (train.class_weights.size() == classes) return;
  throw UserError(location, "there are ", classes, " classes, but ", train.class_weights.size(), " weights");
}

// Throws UserError if the two formulas of a canonical loss, from z and from a = σ(z), give different values.
void check_canonical_pair(const Activation& sigma, const Loss& loss, const Tensor& targets, const Location& location) {
  if (!loss.pairs_with(sigma)) return;
  const std::size_t outputs = targets.cols();
  Tensor z(1, outputs), y(1, outputs), a, scratch;
  for (std::size_t k = 0; k < outputs; ++k) z[k] = static_cast<real>(k % 3) / 2 - real(0.25);
  std::ranges::copy(targets.row(0), y.data());
  sigma.value(z, a);
  const auto of_a = static_cast<double>(loss.value(a, y));
  double of_z = 0;
  locate_errors([&] { of_z = static_cast<double>(loss.value_from_logits(z, y, scratch)); },
                [&](const std::logic_error& e) {
                  return UserError(location, "the activation ", sigma.name(), " has the trait canonical_loss, but ",
                                   e.what(), "; remove this trait from the C++ code of the activation");
                });
  if (std::abs(of_z - of_a) <= 1e-4 * std::max(1.0, std::abs(of_a))) return;
  throw UserError(location, "the activation ", sigma.name(), " names the canonical loss ", loss.name(),
                  ". Computed from a = σ(z), this loss is ", short_number(of_a), "; computed from z, it is ",
                  short_number(of_z), ". Both must be equal; remove canonical_loss from the traits of the activation");
}

void check_output(const Experiment& experiment) {
  const Config& config = experiment.config;
  const LayerOptions& output = config.layers.back();
  const Location location = config.location("layer." + std::to_string(config.layers.size()) + ".activation");
  const std::string& loss = config.train.loss;
  const auto sigma = make_activation(output.activation);
  if (experiment.task == Task::multiclass && !sigma->traits.distribution) {
    throw UserError(
        location, loss + " needs softmax at the output, not " + output.activation + "; write activation = \"softmax\"");
  }
  if (experiment.task == Task::binary) {
    const Range range = properties_of(*sigma).value;
    if (range.low < 0 || range.high > 1) {
      throw UserError(location, loss + " needs probabilities at the output, but " + output.activation +
                                    " has values outside [0, 1]; write activation = \"sigmoid\"");
    }
  }
  if (experiment.task != Task::regression && (output.residual || output.dropout > 0)) {
    throw UserError(location,
                    loss + " needs outputs that are probabilities; remove residual and dropout from the last layer");
  }
  check_canonical_pair(*sigma, *make_loss(config.train), experiment.data.train.y, location);
}

void check_image(const Experiment& experiment) {
  const std::vector<std::size_t>& image = experiment.config.data.image;
  const std::size_t inputs = experiment.data.train.x.cols();
  if (image.empty() || image[0] * image[1] == inputs) return;
  throw UserError(experiment.config.location("data.image"), "a picture of ", image[0], " × ", image[1],
                  " pixels needs ", image[0] * image[1], " inputs, but the data have ", inputs);
}

FileSamples generated(const Config& config) {
  FileSamples samples;
  static_cast<Samples&>(samples) = generate(config.data, config.seed);
  samples.file = config.path;
  return samples;
}

std::vector<std::string> names_of(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets) names.push_back(target.name);
  return names;
}

}  // namespace

Experiment experiment_of(Config config) {
  FileSamples samples = generated(config);
  return experiment_of(std::move(config), std::move(samples), {});
}

Experiment experiment_of(Config config, FileSamples samples, const std::optional<FileSamples>& validation) {
  const Task task = task_of(config.train.loss);
  config.data.target = names_of(samples.targets);
  Experiment experiment{std::move(config), {}, task, samples.dropped};
  const DataOptions& data = experiment.config.data;
  locate_errors(
      [&] {
        const std::vector<std::string> classes = find_classes(samples.targets, task, data.classes);
        std::optional<Dataset> validation_rows;
        if (validation) validation_rows = Dataset{validation->x, encode(*validation, task, classes)};
        experiment.data = prepare(std::move(samples), validation_rows, task, classes, data, experiment.config.seed);
      },
      [&](const std::logic_error& e) { return located(e, samples); });
  if (experiment.config.train.early_stopping > 0 && experiment.data.validation.size() == 0) {
    throw UserError(experiment.config.location("train.early_stopping"),
                    "early_stopping needs validation rows, but there are none; set a larger data.validation_fraction");
  }
  check_image(experiment);
  resolve_layers(experiment);
  resolve_class_weights(experiment);
  check_output(experiment);
  return experiment;
}

Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides) {
  Config config = read_config(config_path, overrides);
  DataOptions data = config.data;
  const Task task = task_of(config.train.loss);
  FileSamples samples = data.file.empty() ? generated(config) : read_samples(data.file, data, task);
  std::optional<FileSamples> validation;
  if (!data.validation_file.empty()) {
    data.target = names_of(samples.targets);
    validation = read_samples(data.validation_file, data, task, samples.columns);
  }
  return experiment_of(std::move(config), std::move(samples), validation);
}

Dataset read_dataset(const std::string& path, const Experiment& experiment) {
  DataOptions data = experiment.config.data;
  std::vector<std::string> inputs = experiment.data.columns;
  if (data.file.empty()) {  // the columns of the file `path` may have other names than those of the generator
    std::ifstream stream = open_input(path);
    const CsvReader csv(stream, path, format_of(data));
    const auto has = [&](const std::string& name) { return csv.column(name).has_value(); };
    if (!std::ranges::all_of(inputs, has) || !std::ranges::all_of(data.target, has)) {
      inputs.clear();
      data.target.clear();
    }
  }
  FileSamples rows = read_samples(path, data, experiment.task, inputs);
  Dataset dataset{std::move(rows.x), encode(rows, experiment.task, experiment.data.classes)};
  const auto check = [&](std::size_t found, const char* columns, std::size_t needed, const char* units) {
    if (found == needed) return;
    throw UserError({path, 1, 0}, counted(found, columns), ", but the network has ", counted(needed, units),
                    "; the last column is the target unless data.target names other columns");
  };
  check(dataset.x.cols(), "input column", experiment.data.train.x.cols(), "input");
  check(dataset.y.cols(), "target column", experiment.data.train.y.cols(), "output");
  if (experiment.data.standardizer) standardize(*experiment.data.standardizer, dataset.x);
  if (experiment.data.target_standardizer) standardize(*experiment.data.target_standardizer, dataset.y);
  return dataset;
}

}  // namespace primer
