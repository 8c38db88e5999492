// Turns the cells of CSV rows into inputs and targets.
#include "primer/runs/samples.hpp"

#include <algorithm>

#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/named_tensor.hpp"

namespace primer {
namespace {

// All columns but the targets, in the order of the file.
std::vector<std::size_t> other_columns(const CsvReader& csv, const std::vector<std::size_t>& targets) {
  std::vector<std::size_t> others;
  for (std::size_t c = 0; c < csv.columns().size(); ++c) {
    if (std::ranges::find(targets, c) == targets.end()) others.push_back(c);
  }
  if (others.empty()) throw UserError({csv.file(), 1, 0}, "every column is a target; there must be an input column");
  return others;
}

// Converts the column to numbers if every cell is a number.
void convert_to_numbers(Target& target) {
  std::vector<double> numbers;
  for (const std::string& label : target.labels) {
    const auto value = parse_number(label);
    if (!value) return;
    numbers.push_back(*value);
  }
  target.numbers = std::move(numbers);
  target.labels.clear();
}

// Throws UserError if `real` cannot hold the number in a cell of the current row.
double number_at(const CsvReader& csv, std::size_t column) {
  const double number = csv.number(column);
  if (!fits_real(number)) throw UserError(csv.location(column), "is beyond the largest float; scale the column");
  return number;
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
    const bool can_be_misspelt = name.size() > 1;
    throw UserError({csv.file(), 1, 0}, "there is no column ", in_quotes(name), ", ", whose,
                    can_be_misspelt ? did_you_mean(name, known) : "");
  }
  return found;
}

real real_at(const CsvReader& csv, std::size_t column) { return static_cast<real>(number_at(csv, column)); }

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
        samples.targets[t].numbers.push_back(number_at(csv, targets[t]));
      }
    }
  }
  if (x.empty()) throw UserError({path}, "has a header but no rows");
  samples.x = Tensor(x.size() / inputs.size(), inputs.size());
  std::ranges::copy(x, samples.x.data());
  if (one_label) convert_to_numbers(samples.targets[0]);
  return samples;
}

UserError located(const TargetError& error, const FileSamples& samples) {
  const std::size_t k = error.row * samples.targets.size() + error.target;
  const auto [line, column] = samples.positions.empty() ? FileSamples::Position{0, 0} : samples.positions[k];
  return {Location{samples.file, line, column},
          printable(concat("column '", samples.targets[error.target].name, "': ", error.what()))};
}

Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes) {
  try {
    return encode_targets(samples.targets, task, classes);
  } catch (const TargetError& e) {
    throw located(e, samples);
  }
}

}  // namespace primer
