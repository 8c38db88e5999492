// Reading the data of a config, and what of a config can only be judged with the data at hand.
#include "primer/runs/experiment.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "primer/formats/csv.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"

namespace primer {
namespace {

// All columns but the targets, in the order of the file.
std::vector<std::size_t> other_columns(const CsvReader& csv, const std::vector<std::size_t>& targets) {
  std::vector<std::size_t> others;
  for (std::size_t c = 0; c < csv.columns().size(); ++c) {
    if (std::find(targets.begin(), targets.end(), c) == targets.end()) others.push_back(c);
  }
  if (others.empty()) {
    throw UserError(Location{csv.file(), 1, 0}, "every column is a target; there must be at least one input column");
  }
  return others;
}

// Text becomes numbers where every cell of the column is one.
void settle(Target& target) {
  std::vector<double> numbers;
  for (const std::string& label : target.labels) {
    const auto value = parse_number(label);
    if (!value) return;
    numbers.push_back(*value);
  }
  target.numbers = std::move(numbers);
  target.labels.clear();
}

void resolve_layers(Experiment& experiment) {
  Config& config = experiment.config;
  LayerOptions& output = config.layers.back();
  const std::string key = "layer." + std::to_string(config.layers.size());
  const std::size_t outputs = experiment.data.train.y.cols();
  const std::string why = !experiment.data.classes.empty() && experiment.task == Task::multiclass
                              ? std::to_string(outputs) + " classes"
                              : std::to_string(outputs) + (outputs == 1 ? " target column" : " target columns");
  if (output.units == 0) output.units = outputs;
  if (output.units != outputs) {
    throw UserError(config.location(key + ".units"),
                    "the last layer has " + std::to_string(output.units) + " units, but the data have " + why +
                        "; write units = " + std::to_string(outputs) + ", or leave units out");
  }
  std::size_t inputs = experiment.data.train.x.cols();
  for (std::size_t l = 0; l < config.layers.size(); ++l) {
    const LayerOptions& layer = config.layers[l];
    const std::string at = "layer." + std::to_string(l + 1);
    if (layer.residual && layer.units != inputs) {
      throw UserError(config.location(at + ".residual"), "residual adds the layer's input to its output, so it needs " +
                                                             std::to_string(inputs) + " units, not " +
                                                             std::to_string(layer.units));
    }
    if (layer.activation == "softmax" && layer.units == 1) {
      throw UserError(config.location(at + ".activation"),
                      "softmax of one unit is always 1; use sigmoid, or one unit for each class");
    }
    inputs = layer.units;
  }
}

// What the output activation can give, looked at from outside: [low, high] over a wide scan.
std::pair<double, double> output_range(const std::string& activation) {
  Tensor z(4097, 2);
  for (std::size_t i = 0; i < z.rows(); ++i) z(i, 0) = (static_cast<real>(i) - 2048) / 32;
  Tensor a;
  Tensor derivative;
  make_activation(activation)->forward(z, a, derivative);
  const auto [low, high] = std::minmax_element(a.values().begin(), a.values().end());
  return {static_cast<double>(*low), static_cast<double>(*high)};
}

void check_output(const Experiment& experiment) {
  const Config& config = experiment.config;
  const LayerOptions& output = config.layers.back();
  const Location location = config.location("layer." + std::to_string(config.layers.size()) + ".activation");
  const std::string said = config.train.loss + " needs ";
  if (experiment.task == Task::multiclass && output.activation != "softmax") {
    throw UserError(location,
                    said + "softmax at the output, not " + output.activation + "; write activation = \"softmax\"");
  }
  if (experiment.task == Task::binary) {
    const auto [low, high] = output_range(output.activation);
    if (low < 0 || high > 1) {
      throw UserError(location, said + "probabilities at the output, and " + output.activation +
                                    " leaves [0, 1]; write activation = \"sigmoid\"");
    }
  }
  if (experiment.task != Task::regression && (output.residual || output.dropout > 0)) {
    throw UserError(location, said + "probabilities at the output; residual and dropout belong in hidden layers");
  }
}

}  // namespace

std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose) {
  const std::vector<std::string_view> known(csv.columns().begin(), csv.columns().end());
  std::vector<std::size_t> found;
  for (const std::string& name : names) {
    const auto column = csv.column(name);
    if (column) {
      found.push_back(*column);
      continue;
    }
    const std::string_view best = name.size() > 1 ? nearest(name, known) : "";  // x is no misspelt y
    throw UserError(Location{csv.file(), 1, 0},
                    "there is no column " + quoted(name) + ", " + whose +
                        (best.empty() ? std::string() : "; did you mean " + quoted(best) + "?"));
  }
  return found;
}

real real_at(const CsvReader& csv, std::size_t column) {
  const auto value = static_cast<real>(csv.number(column));
  if (!std::isfinite(value)) throw UserError(csv.location(column), "is beyond the largest float; scale the column");
  return value;
}

FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& columns) {
  std::ifstream stream = open_input(path);
  CsvReader csv(stream, path);
  const std::vector<std::size_t> targets =
      data.target.empty() ? std::vector{csv.columns().size() - 1} : find_columns(csv, data.target, "a target");
  const std::vector<std::size_t> inputs =
      columns.empty() ? other_columns(csv, targets) : find_columns(csv, columns, "an input of the network");
  const bool one_label = targets.size() == 1 && task != Task::regression;

  FileSamples samples;
  samples.file = path;
  for (const std::size_t c : inputs) samples.columns.push_back(csv.columns()[c]);
  for (const std::size_t c : targets) samples.targets.push_back({csv.columns()[c], {}, {}});
  std::vector<real> x;
  while (csv.next()) {
    for (const std::size_t c : inputs) x.push_back(real_at(csv, c));
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const Location at = csv.location(targets[t]);
      samples.positions.push_back({at.line, at.column});
      if (one_label) {
        samples.targets[t].labels.push_back(csv.text(targets[t]));
      } else {
        samples.targets[t].numbers.push_back(csv.number(targets[t]));
      }
    }
  }
  if (x.empty()) throw UserError(Location{path, 0, 0}, "has a header but no rows");
  samples.x = Tensor(x.size() / inputs.size(), inputs.size());
  std::copy(x.begin(), x.end(), samples.x.data());
  if (one_label) settle(samples.targets[0]);
  return samples;
}

Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes) {
  try {
    return encode_targets(samples.targets, task, classes);
  } catch (const TargetError& e) {
    const std::size_t k = e.row * samples.targets.size() + e.target;
    const auto [line, column] = samples.positions.empty() ? FileSamples::Position{0, 0} : samples.positions[k];
    throw UserError(Location{samples.file, line, column},
                    printable("column '" + samples.targets[e.target].name + "': " + e.what()));
  }
}

Dataset read_dataset(const std::string& path, const Experiment& experiment) {
  DataOptions data = experiment.config.data;
  if (data.file.empty()) data.target.clear();  // a generator's names bind no file
  const FileSamples rows = read_samples(path, data, experiment.task);
  const auto check = [&](std::size_t found, const char* columns, std::size_t needed, const char* units) {
    if (found == needed) return;
    throw UserError(Location{path, 1, 0}, std::to_string(found) + columns + ", but the network has " +
                                              std::to_string(needed) + units + "; the last column is the target" +
                                              " unless data.target names others");
  };
  Dataset dataset{rows.x, encode(rows, experiment.task, experiment.data.classes)};
  check(dataset.x.cols(), " input columns", experiment.data.train.x.cols(), " inputs");
  check(dataset.y.cols(), " target columns", experiment.data.train.y.cols(), " outputs");
  if (experiment.data.standardizer) standardize(*experiment.data.standardizer, dataset.x);
  return dataset;
}

Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides) {
  Experiment experiment{read_config(config_path, overrides), {}, {}};
  Config& config = experiment.config;
  DataOptions& data = config.data;
  experiment.task = task_of(config.train.loss);

  FileSamples samples;
  if (data.file.empty()) {
    static_cast<Samples&>(samples) = generate(data, config.seed);
    samples.file = config.path;
  } else {
    samples = read_samples(data.file, data, experiment.task);
  }
  data.target.clear();
  for (const Target& target : samples.targets) data.target.push_back(target.name);
  try {
    const std::vector<std::string> classes = find_classes(samples.targets, experiment.task, data.classes);
    encode(samples, experiment.task, classes);
    std::optional<Dataset> validation;
    if (!data.validation_file.empty()) {
      FileSamples rows = read_samples(data.validation_file, data, experiment.task, samples.columns);
      Tensor y = encode(rows, experiment.task, classes);
      validation = Dataset{std::move(rows.x), std::move(y)};
    }
    experiment.data = prepare(samples, validation, experiment.task, classes, data, config.seed);
  } catch (const UserError&) {
    throw;
  } catch (const std::invalid_argument& e) {
    throw UserError(Location{samples.file, 0, 0}, printable(e.what()));
  }
  if (config.train.early_stopping > 0 && experiment.data.validation.size() == 0) {
    throw UserError(config.location("train.early_stopping"),
                    "early_stopping has no row to watch: a larger data.validation_fraction is needed");
  }
  resolve_layers(experiment);
  check_output(experiment);
  return experiment;
}

}  // namespace primer
