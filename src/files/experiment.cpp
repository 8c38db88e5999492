// Reading the data of a config, and what of a config can only be judged with the data at hand.
#include "primer/files/experiment.hpp"

#include <algorithm>
#include <stdexcept>

#include "primer/files/csv.hpp"
#include "primer/files/input.hpp"
#include "primer/files/number.hpp"

namespace primer {
namespace {

std::vector<std::size_t> target_columns(const CsvReader& csv, const DataOptions& data) {
  if (data.target.empty()) return {csv.columns().size() - 1};
  std::vector<std::size_t> found;
  for (const std::string& name : data.target) {
    const auto column = csv.column(name);
    if (!column) {
      const std::vector<std::string_view> names(csv.columns().begin(), csv.columns().end());
      const std::string_view best = nearest(name, names);
      throw InputError(Place{csv.file(), 1, 0},
                       "there is no column '" + printable(name) + "' for data.target" +
                           (best.empty() ? "" : "; did you mean '" + std::string(best) + "'?"));
    }
    found.push_back(*column);
  }
  return found;
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

// y of a data file; the place of a wrong target is its line.
Tensor encode(const Samples& samples, Task task, const std::vector<std::string>& classes, const std::string& file,
              const std::vector<std::size_t>& lines) {
  try {
    return encode_targets(samples.targets, task, classes);
  } catch (const TargetError& e) {
    const std::string column = "column '" + samples.targets[e.target].name + "': ";
    throw InputError(Place{file, lines.empty() ? 0 : lines[e.row], 0}, printable(column + e.what()));
  }
}

void resolve_layers(Experiment& experiment) {
  Config& config = experiment.config;
  LayerOptions& output = config.layers.back();
  const std::string key = "layer." + std::to_string(config.layers.size());
  const std::size_t outputs = experiment.data.train.y.cols();
  const std::string why = !experiment.data.classes.empty() && experiment.task == Task::classes
                              ? std::to_string(outputs) + " classes"
                              : std::to_string(outputs) + (outputs == 1 ? " target column" : " target columns");
  if (output.units == 0) output.units = outputs;
  if (output.units != outputs) {
    throw InputError(config.place(key + ".units"),
                     "the last layer has " + std::to_string(output.units) + " units, but the data have " + why +
                         "; write units = " + std::to_string(outputs) + ", or leave units out");
  }
  std::size_t inputs = experiment.data.train.x.cols();
  for (std::size_t l = 0; l < config.layers.size(); ++l) {
    const LayerOptions& layer = config.layers[l];
    const std::string at = "layer." + std::to_string(l + 1);
    if (layer.residual && layer.units != inputs) {
      throw InputError(config.place(at + ".residual"), "residual adds the layer's input to its output, so it needs " +
                                                           std::to_string(inputs) + " units, not " +
                                                           std::to_string(layer.units));
    }
    if (layer.activation == "softmax" && layer.units == 1) {
      throw InputError(config.place(at + ".activation"),
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
  Tensor slope;
  make_activation(activation)->forward(z, a, slope);
  const auto [low, high] = std::minmax_element(a.values().begin(), a.values().end());
  return {static_cast<double>(*low), static_cast<double>(*high)};
}

void check_output(const Experiment& experiment) {
  const Config& config = experiment.config;
  const LayerOptions& output = config.layers.back();
  const Place place = config.place("layer." + std::to_string(config.layers.size()) + ".activation");
  const std::string said = config.train.loss + " needs ";
  if (experiment.task == Task::classes && output.activation != "softmax") {
    throw InputError(place,
                     said + "softmax at the output, not " + output.activation + "; write activation = \"softmax\"");
  }
  if (experiment.task == Task::binary) {
    const auto [low, high] = output_range(output.activation);
    if (low < 0 || high > 1) {
      throw InputError(place, said + "probabilities at the output, and " + output.activation +
                                  " leaves [0, 1]; write activation = \"sigmoid\"");
    }
  }
  if (experiment.task != Task::regression && (output.residual || output.dropout > 0)) {
    throw InputError(place, said + "probabilities at the output; residual and dropout belong in hidden layers");
  }
}

}  // namespace

Samples read_samples(const std::string& path, const DataOptions& data, Task task, std::vector<std::size_t>& lines,
                     const std::vector<std::string>& columns) {
  std::ifstream stream = open_input(path);
  CsvReader csv(stream, path);
  const std::vector<std::size_t> targets = target_columns(csv, data);
  const bool one_label = targets.size() == 1 && task != Task::regression;

  std::vector<CsvColumn> kinds(csv.columns().size(), columns.empty() ? CsvColumn::number : CsvColumn::ignored);
  for (const std::string& name : columns) {
    const auto column = csv.column(name);
    if (!column)
      throw InputError(Place{path, 1, 0}, "there is no column '" + printable(name) + "', which the model needs");
    kinds[*column] = CsvColumn::number;
  }
  for (const std::size_t t : targets) kinds[t] = one_label ? CsvColumn::text : CsvColumn::number;
  CsvTable table = read_rows(csv, kinds);
  lines = table.lines;

  // Numbers lie row by row in the order of the header; each goes to an input or to a target.
  std::vector<std::size_t> numbers;
  for (std::size_t c = 0; c < kinds.size(); ++c) {
    if (kinds[c] == CsvColumn::number) numbers.push_back(c);
  }
  Samples samples;
  std::vector<std::size_t> inputs;  // positions among the numbers
  for (const std::size_t t : targets) samples.targets.push_back({csv.columns()[t], {}, {}});
  const auto is_target = [&](std::size_t c) { return std::find(targets.begin(), targets.end(), c) != targets.end(); };
  if (columns.empty()) {
    for (std::size_t p = 0; p < numbers.size(); ++p) {
      if (!is_target(numbers[p])) inputs.push_back(p);
    }
  } else {
    for (const std::string& name : columns) {
      inputs.push_back(
          static_cast<std::size_t>(std::find(numbers.begin(), numbers.end(), *csv.column(name)) - numbers.begin()));
    }
  }
  if (inputs.empty())
    throw InputError(Place{path, 1, 0}, "every column is a target; there must be at least one input column");
  samples.x = Tensor(table.rows, inputs.size());
  for (const std::size_t p : inputs) samples.columns.push_back(csv.columns()[numbers[p]]);
  for (std::size_t i = 0; i < table.rows; ++i) {
    const double* const row = table.numbers.data() + i * numbers.size();
    for (std::size_t j = 0; j < inputs.size(); ++j) samples.x(i, j) = static_cast<real>(row[inputs[j]]);
    for (std::size_t t = 0; t < targets.size() && !one_label; ++t) {
      const auto p = std::find(numbers.begin(), numbers.end(), targets[t]) - numbers.begin();
      samples.targets[t].numbers.push_back(row[p]);
    }
    if (one_label) samples.targets[0].labels.push_back(std::move(table.texts[i].text));
  }
  if (one_label) settle(samples.targets[0]);
  return samples;
}

Experiment load_experiment(const std::string& config_path, const std::vector<Override>& overrides) {
  Experiment experiment{read_config(config_path, overrides), {}, {}};
  const Config& config = experiment.config;
  const DataOptions& data = config.data;
  experiment.task = task_of(config.train.loss);

  std::vector<std::size_t> lines;
  Samples samples =
      data.file.empty() ? generate(data, config.seed) : read_samples(data.file, data, experiment.task, lines);
  const std::string source = data.file.empty() ? config.path : data.file;
  try {
    const std::vector<std::string> classes = find_classes(samples.targets, experiment.task, data.classes);
    encode(samples, experiment.task, classes, source, lines);
    std::optional<Dataset> validation;
    if (!data.validation_file.empty()) {
      DataOptions named = data;
      named.target.clear();
      for (const Target& target : samples.targets) named.target.push_back(target.name);
      Samples rows = read_samples(data.validation_file, named, experiment.task, lines, samples.columns);
      Tensor y = encode(rows, experiment.task, classes, data.validation_file, lines);
      validation = Dataset{std::move(rows.x), std::move(y)};
    }
    experiment.data = prepare(samples, validation, experiment.task, classes, data, config.seed);
  } catch (const InputError&) {
    throw;
  } catch (const std::invalid_argument& e) {
    throw InputError(Place{source, 0, 0}, printable(e.what()));
  }
  resolve_layers(experiment);
  check_output(experiment);
  return experiment;
}

}  // namespace primer
