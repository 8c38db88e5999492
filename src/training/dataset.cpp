// Encodes targets, splits rows class by class, and standardises inputs.
#include "primer/training/dataset.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

#include "primer/core/random.hpp"

namespace primer {
namespace {

std::optional<long long> as_integer(const std::string& text) {
  long long number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return {};
  return number;
}

std::string text_of(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

std::string label_at(const Target& target, std::size_t row) {
  return target.labels.empty() ? text_of(target.numbers[row]) : target.labels[row];
}

std::vector<std::size_t> class_indices(const Target& target, const std::vector<std::string>& classes) {
  std::map<std::string, std::size_t> index;
  for (std::size_t k = 0; k < classes.size(); ++k) index[classes[k]] = k;
  std::vector<std::size_t> indices(target.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto found = index.find(label_at(target, i));
    if (found == index.end()) {
      throw TargetError(i, 0,
                        "class '" + label_at(target, i) + "' is not one of the " + std::to_string(classes.size()) +
                            " classes, " + classes.front() + " … " + classes.back());
    }
    indices[i] = found->second;
  }
  return indices;
}

void check_probability(double value, std::size_t row, std::size_t target, Task task) {
  if (task == Task::regression || (value >= 0 && value <= 1)) return;
  throw TargetError(row, target,
                    text_of(value) + " is not a probability; " +
                        (task == Task::binary ? "binary_cross_entropy needs targets from 0 to 1"
                                              : "the target columns of a row must sum to 1 for cross_entropy"));
}

struct Parts {
  std::vector<std::size_t> train, validation, test;  // row numbers, rising
};

Parts split(const Samples& samples, bool by_class, const SplitOptions& options, std::uint64_t seed) {
  for (const double fraction : {options.test_fraction, options.validation_fraction}) {
    if (!(fraction >= 0 && fraction <= 1))
      throw std::invalid_argument("test_fraction and validation_fraction must be from 0 to 1");
  }
  std::map<std::string, std::vector<std::size_t>> strata;  // the rows of each class, or all rows
  for (std::size_t i = 0; i < samples.x.rows(); ++i) {
    strata[by_class && options.shuffle ? label_at(samples.targets.front(), i) : ""].push_back(i);
  }
  Parts parts;
  std::uint64_t stratum = 0;
  for (auto& [label, rows] : strata) {
    if (options.shuffle) Random(seed, Stream::split, stratum++).shuffle(std::span(rows));
    const auto n = static_cast<double>(rows.size());
    const auto part = [n](double fraction) { return static_cast<std::size_t>(std::floor(fraction * n + 0.5)); };
    const std::size_t test = part(options.test_fraction);
    const std::size_t validation = std::min(part(options.validation_fraction), rows.size() - test);
    const std::size_t train = rows.size() - test - validation;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      (i < train ? parts.train : i < train + validation ? parts.validation : parts.test).push_back(rows[i]);
    }
  }
  for (auto* part : {&parts.train, &parts.validation, &parts.test}) std::ranges::sort(*part);
  return parts;
}

// The number of rows, which all columns must have in common.
std::size_t rows_of(const std::vector<Target>& targets) {
  if (targets.empty()) throw std::invalid_argument("there is no target column");
  const std::size_t n = targets.front().size();
  if (!std::ranges::all_of(targets, [n](const Target& t) { return t.size() == n; }))
    throw std::invalid_argument("the target columns differ in their number of rows");
  return n;
}

}  // namespace

std::vector<std::string> classes_of(const Target& target) {
  std::vector<std::string> classes;
  for (std::size_t i = 0; i < target.size(); ++i) classes.push_back(label_at(target, i));
  std::ranges::sort(classes);
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (std::ranges::all_of(classes, [](const std::string& c) { return as_integer(c).has_value(); })) {
    std::ranges::sort(classes, {}, [](const std::string& c) { return *as_integer(c); });
  }
  return classes;
}

std::vector<std::string> find_classes(const std::vector<Target>& targets, Task task, std::size_t asked) {
  std::vector<std::string> classes;
  if (task == Task::regression) return classes;
  if (rows_of(targets) == 0) throw std::invalid_argument("there are no rows to find classes in");
  const Target& first = targets.front();
  if (targets.size() > 1) {
    for (const Target& target : targets) classes.push_back(target.name);
    return task == Task::multiclass ? classes : std::vector<std::string>{};
  }
  if (asked > 0) {
    for (std::size_t k = 0; k < asked; ++k) classes.push_back(std::to_string(k));
  } else if (task == Task::binary) {
    const auto all = [&](auto holds) { return first.labels.empty() && std::ranges::all_of(first.numbers, holds); };
    if (all([](double v) { return v == 0 || v == 1; })) return {"0", "1"};
    if (all([](double v) { return v >= 0 && v <= 1; })) return {};  // probabilities
  }
  if (asked == 0) classes = classes_of(first);
  if (task == Task::binary && classes.size() != 2) {
    throw std::invalid_argument("column '" + first.name + "' has " + std::to_string(classes.size()) +
                                " classes; one sigmoid tells two apart, for more use softmax with cross_entropy");
  }
  if (classes.size() < 2) {
    throw std::invalid_argument("column '" + first.name + "' has one class only ('" + classes.front() +
                                "'); cross_entropy needs two or more");
  }
  return classes;
}

Tensor encode_targets(const std::vector<Target>& targets, Task task, const std::vector<std::string>& classes) {
  const std::size_t n = rows_of(targets);
  if (targets.size() == 1 && !classes.empty()) {
    const std::vector<std::size_t> index = class_indices(targets.front(), classes);
    Tensor y(n, task == Task::multiclass ? classes.size() : 1);
    for (std::size_t i = 0; i < n; ++i) {
      if (task == Task::multiclass) y(i, index[i]) = 1;
      if (task == Task::binary) y(i, 0) = static_cast<real>(index[i]);
    }
    return y;
  }
  Tensor y(n, targets.size());
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < targets.size(); ++k) {
      if (!targets[k].labels.empty()) throw TargetError(i, k, "'" + targets[k].labels[i] + "' is not a number");
      const double value = targets[k].numbers[i];
      check_probability(value, i, k, task);
      y(i, k) = static_cast<real>(value);
      sum += value;
    }
    if (task == Task::multiclass && std::abs(sum - 1) > 1e-6) {
      throw TargetError(i, 0, "the target columns sum to " + text_of(sum) + "; for cross_entropy they must sum to 1");
    }
  }
  return y;
}

Data prepare(const Samples& samples, const std::optional<Dataset>& validation, Task task,
             const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed) {
  if (samples.x.rows() == 0) throw std::invalid_argument("there are no rows to train on");
  if (rows_of(samples.targets) != samples.x.rows())
    throw std::invalid_argument("inputs and targets differ in their number of rows");
  Data data;
  data.shuffle = options.shuffle;
  data.columns = samples.columns;
  for (const Target& target : samples.targets) data.targets.push_back(target.name);
  data.classes = classes;

  const Dataset all{samples.x, encode_targets(samples.targets, task, classes)};
  const Parts parts = split(samples, samples.targets.size() == 1 && !classes.empty(), options, seed);
  if (parts.train.empty())
    throw std::invalid_argument("test_fraction and validation_fraction leave no row to train on");
  select_rows(all, parts.train, 0, parts.train.size(), data.train);
  select_rows(all, parts.validation, 0, parts.validation.size(), data.validation);
  select_rows(all, parts.test, 0, parts.test.size(), data.test);
  if (validation) data.validation = *validation;

  if (options.standardize) {
    data.standardizer = standardizer_of(data.train.x);
    for (Dataset* part : {&data.train, &data.validation, &data.test}) standardize(*data.standardizer, part->x);
  }
  return data;
}

Standardizer standardizer_of(const Tensor& x) {
  Standardizer s{Tensor(1, x.cols()), Tensor(1, x.cols(), 1)};
  if (x.rows() == 0) return s;
  const auto n = static_cast<double>(x.rows());
  for (std::size_t j = 0; j < x.cols(); ++j) {
    bool constant = true;  // found by comparison: rounding may give a constant column a deviation that is not 0
    double sum = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      constant = constant && x(i, j) == x(0, j);
      sum += x(i, j);
    }
    const double mean = sum / n;
    double squares = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const double d = x(i, j) - mean;
      squares += d * d;
    }
    s.mean(0, j) = constant ? x(0, j) : static_cast<real>(mean);
    s.deviation(0, j) = constant ? real(1) : static_cast<real>(std::sqrt(squares / n));
  }
  return s;
}

void standardize(const Standardizer& by, Tensor& x) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) x(i, j) = (x(i, j) - by.mean(0, j)) / by.deviation(0, j);
  }
}

void select_rows(const Dataset& from, std::span<const std::size_t> order, std::size_t first, std::size_t last,
                 Dataset& to) {
  const auto rows = [&](const Tensor& all, Tensor& part) {
    const std::size_t n = all.cols();
    part.resize(last - first, n);
    if (order.empty()) {
      std::copy_n(all.data() + first * n, part.size(), part.data());
    } else if (n < 16) {  // short rows: one call per row would take longer than the copying
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = 0; i < part.rows(); ++i) part(i, j) = all(order[first + i], j);
      }
    } else {
      for (std::size_t i = 0; i < part.rows(); ++i)
        std::copy_n(all.row(order[first + i]).data(), n, part.row(i).data());
    }
  };
  rows(from.x, to.x);
  rows(from.y, to.y);
}

}  // namespace primer
