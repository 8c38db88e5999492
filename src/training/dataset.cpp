// Encodes the targets, splits the rows of each class into training, validation and test rows, and standardises inputs.
#include "primer/training/dataset.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "primer/core/random.hpp"

namespace primer {
namespace {

// Reads a label such as 7, -12 or 7.0 as an integer. Returns std::nullopt for all other labels, such as 07, 7.5 or red.
// Labels with the same integer belong to the same class: 7 and 7.0, but not 07.
std::optional<long long> as_integer(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point != text.npos) {
    if (point + 1 == text.size() || text.find_first_not_of('0', point + 1) != text.npos) return {};
    text = text.substr(0, point);
  }
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.size() > 1 && digits.starts_with('0')) return {};
  long long number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return {};
  return number;
}

std::optional<double> as_number(const std::string& text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return {};
  return number;
}

std::string text_of(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

// Returns one text for all labels that mean the same class: "1" for 1, 1.0 and 1.00.
std::string class_key(const std::string& label) {
  const std::optional<long long> integer = as_integer(label);
  return integer ? std::to_string(*integer) : label;
}

TextColumn labels_of(const Target& target) {
  if (!target.labels.empty()) return target.labels;
  TextColumn labels;
  for (const double number : target.numbers) labels.add(text_of(number));
  return labels;
}

std::vector<std::size_t> class_indices(const Target& target, const std::vector<std::string>& classes) {
  std::map<std::string, std::size_t> index;
  for (std::size_t k = 0; k < classes.size(); ++k) index[class_key(classes[k])] = k;
  const TextColumn labels = labels_of(target);
  std::vector<std::size_t> of_label;
  for (const std::string& label : labels.distinct()) {
    const auto found = index.find(class_key(label));
    of_label.push_back(found == index.end() ? classes.size() : found->second);
  }
  std::vector<std::size_t> indices(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    indices[i] = of_label[labels.index(i)];
    if (indices[i] < classes.size()) continue;
    throw TargetError(i, 0,
                      "class '" + labels[i] + "' is not one of the " + std::to_string(classes.size()) + " classes, " +
                          classes.front() + " … " + classes.back());
  }
  return indices;
}

void check_probability(double value, std::size_t row, std::size_t target, Task task) {
  if (task == Task::regression || (value >= 0 && value <= 1)) return;
  throw TargetError(row, target,
                    text_of(value) + " is not a probability; " +
                        (task == Task::binary ? "binary_cross_entropy needs targets from 0 to 1"
                                              : "cross_entropy needs targets from 0 to 1 that sum to 1 in each row"));
}

enum class Part : std::uint8_t { train, validation, test };

// Returns how many rows each stratum (the rows of one class) gives to a part of the data, such as the test rows. The
// part gets the share `fraction` of all rows. First, fraction · (size of the stratum) is rounded down. Then the strata
// with the largest remainders give one more row each, until the part is full. Stratum s gives at most room[s] rows.
std::vector<std::size_t> shares(const std::vector<std::size_t>& sizes, const std::vector<std::size_t>& room,
                                double fraction) {
  std::vector<std::size_t> share(sizes.size());
  std::vector<std::pair<double, std::size_t>> remainders;
  std::size_t left = 0;
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    const double exact = fraction * static_cast<double>(sizes[s]);
    share[s] = std::min(static_cast<std::size_t>(exact), room[s]);
    remainders.emplace_back(exact - std::floor(exact), s);
    left += sizes[s];
  }
  left = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(left) + 0.5));
  left -= std::min(left, std::accumulate(share.begin(), share.end(), std::size_t{0}));
  std::ranges::stable_sort(remainders, std::greater<>(), &std::pair<double, std::size_t>::first);
  for (const auto& [remainder, s] : remainders) {
    if (left == 0 || share[s] == room[s]) continue;
    ++share[s];
    --left;
  }
  return share;
}

std::vector<Part> split(const Samples& samples, bool by_class, const SplitOptions& options, std::uint64_t seed) {
  for (const double fraction : {options.test_fraction, options.validation_fraction}) {
    if (!(fraction >= 0 && fraction <= 1))
      throw std::invalid_argument("test_fraction and validation_fraction must be from 0 to 1");
  }
  const bool stratified = by_class && options.shuffle;
  std::map<std::string, std::vector<std::size_t>> strata;  // row indices, grouped by class; or one group with all rows
  if (stratified) {
    const TextColumn labels = labels_of(samples.targets.front());
    std::vector<std::vector<std::size_t>*> of_label;
    for (const std::string& label : labels.distinct()) of_label.push_back(&strata[class_key(label)]);
    for (std::size_t i = 0; i < labels.size(); ++i) of_label[labels.index(i)]->push_back(i);
  } else {
    strata[""].resize(samples.x.rows());
    std::iota(strata[""].begin(), strata[""].end(), std::size_t{0});
  }
  std::vector<std::size_t> sizes, room;
  for (const auto& [label, rows] : strata) {
    sizes.push_back(rows.size());
    room.push_back(rows.size() - (stratified ? 1 : 0));
  }
  const std::vector<std::size_t> tests = shares(sizes, room, options.test_fraction);
  for (std::size_t s = 0; s < room.size(); ++s) room[s] -= tests[s];
  const std::vector<std::size_t> validations = shares(sizes, room, options.validation_fraction);

  std::vector<Part> parts(samples.x.rows());
  std::size_t stratum = 0;
  for (auto& [label, rows] : strata) {
    if (options.shuffle) Random(seed, Stream::split, stratum).shuffle(std::span(rows));
    const std::size_t train = rows.size() - tests[stratum] - validations[stratum];
    for (std::size_t i = train; i < rows.size(); ++i) {
      parts[rows[i]] = i < train + validations[stratum] ? Part::validation : Part::test;
    }
    ++stratum;
  }
  return parts;
}

Dataset rows_in(Part part, const std::vector<Part>& parts, const Dataset& all) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == part) rows.push_back(i);
  }
  Dataset found;
  select_rows(all, rows, 0, rows.size(), found);
  return found;
}

// Removes all rows of t except the training rows. Works in the memory of t, without a second tensor.
void keep_training_rows(const std::vector<Part>& parts, Tensor& t) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == Part::train) std::ranges::copy(t.row(i), t.row(kept++).begin());
  }
  t.resize(kept, t.cols());
}

// The number of rows, which must be the same for all columns.
std::size_t rows_of(const std::vector<Target>& targets) {
  if (targets.empty()) throw std::invalid_argument("there is no target column");
  const std::size_t n = targets.front().size();
  if (!std::ranges::all_of(targets, [n](const Target& t) { return t.size() == n; }))
    throw std::invalid_argument("the target columns differ in their number of rows");
  return n;
}

}  // namespace

void TextColumn::add(const std::string& text) {
  const auto [found, is_new] = known_.try_emplace(text, static_cast<std::uint32_t>(distinct_.size()));
  if (is_new) distinct_.push_back(text);
  index_.push_back(found->second);
}

std::vector<std::string> classes_of(const Target& target) {
  std::map<std::string, std::string> by_key;  // first text of each class; the texts 1 and 1.0 are the same class
  const TextColumn labels = labels_of(target);
  for (const std::string& label : labels.distinct()) by_key.try_emplace(class_key(label), label);
  std::vector<std::string> classes;
  for (const auto& [key, label] : by_key) classes.push_back(label);
  std::ranges::sort(classes);
  if (std::ranges::all_of(classes, [](const std::string& c) { return as_integer(c).has_value(); })) {
    std::ranges::sort(classes, {}, [](const std::string& c) { return *as_integer(c); });
  }
  return classes;
}

std::vector<std::string> find_classes(const std::vector<Target>& targets, Task task, std::size_t asked) {
  std::vector<std::string> classes;
  if (task == Task::regression) return classes;
  if (rows_of(targets) == 0) throw std::invalid_argument("there are no rows to find classes in");
  if (targets.size() > 1) {
    for (const Target& target : targets) classes.push_back(target.name);
    return task == Task::multiclass ? classes : std::vector<std::string>{};
  }
  const std::string column = "column '" + targets.front().name + "' has ";
  if (asked > 0) {
    for (std::size_t k = 0; k < asked; ++k) classes.push_back(std::to_string(k));
  } else {
    classes = classes_of(targets.front());
  }
  if (task == Task::binary && asked == 0) {
    const auto is_probability = [](const std::string& label) {
      const std::optional<double> p = as_number(label);
      return p && *p >= 0 && *p <= 1;
    };
    const auto is_certain = [](const std::string& label) { return *as_number(label) == 0 || *as_number(label) == 1; };
    const bool all_numbers = std::ranges::all_of(classes, is_probability);
    if (all_numbers && !std::ranges::all_of(classes, is_certain)) return {};  // probabilities
    if (classes.size() == 1 && as_integer(classes[0]) == 0) classes.emplace_back("1");
    if (classes.size() == 1 && as_integer(classes[0]) == 1) classes.insert(classes.begin(), "0");
  }
  if (task == Task::binary && classes.size() != 2) {
    throw std::invalid_argument(column + std::to_string(classes.size()) +
                                (classes.size() == 1 ? " class" : " classes") +
                                "; a sigmoid separates two classes; for more classes, use softmax with cross_entropy");
  }
  if (classes.size() < 2) {
    throw std::invalid_argument(column + "one class only ('" + classes.front() + "'); cross_entropy needs two or more");
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
      const bool is_text = !targets[k].labels.empty();
      const std::optional<double> number = is_text ? as_number(targets[k].labels[i]) : targets[k].numbers[i];
      if (!number) throw TargetError(i, k, "'" + targets[k].labels[i] + "' is not a number");
      const double value = *number;
      check_probability(value, i, k, task);
      y(i, k) = static_cast<real>(value);
      sum += value;
    }
    if (task == Task::multiclass && std::abs(sum - 1) > 1e-6) {
      throw TargetError(i, 0, "the row's targets sum to " + text_of(sum) + "; for cross_entropy they must sum to 1");
    }
  }
  return y;
}

Data prepare(Samples&& samples, const std::optional<Dataset>& validation, Task task,
             const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed) {
  if (samples.x.rows() == 0) throw std::invalid_argument("there are no rows to train on");
  if (rows_of(samples.targets) != samples.x.rows())
    throw std::invalid_argument("inputs and targets differ in their number of rows");
  Tensor y = encode_targets(samples.targets, task, classes);
  const bool by_class = samples.targets.size() == 1 && !classes.empty();
  for (std::size_t t = 0; t < samples.targets.size() && !by_class; ++t) {
    samples.targets[t].numbers = std::vector<double>();  // frees the memory of the targets; y has a copy
  }
  const std::vector<Part> parts = split(samples, by_class, options, seed);
  if (std::ranges::count(parts, Part::train) == 0)
    throw std::invalid_argument("test_fraction and validation_fraction leave no row to train on");
  Data data;
  data.shuffle = options.shuffle;
  for (const Target& target : samples.targets) data.targets.push_back(target.name);
  data.columns = std::move(samples.columns);
  data.classes = classes;
  data.train = {std::move(samples.x), std::move(y)};
  samples.targets.clear();
  data.validation = rows_in(Part::validation, parts, data.train);
  data.test = rows_in(Part::test, parts, data.train);
  keep_training_rows(parts, data.train.x);
  keep_training_rows(parts, data.train.y);
  if (validation) data.validation = *validation;

  if (options.standardize) {
    data.standardizer = standardizer_of(data.train.x);
    for (Dataset* part : {&data.train, &data.validation, &data.test}) standardize(*data.standardizer, part->x);
  }
  if (options.standardize_targets) {
    data.target_standardizer = standardizer_of(data.train.y);
    for (Dataset* part : {&data.train, &data.validation, &data.test}) standardize(*data.target_standardizer, part->y);
  }
  return data;
}

double scale_for_squares(double most) {
  if (!(most > 0) || (most > 1e-100 && most < 1e100) || !std::isfinite(most)) return 1;
  return std::exp2(-std::clamp(std::ilogb(most), -1000, 1000));
}

Standardizer standardizer_of(const Tensor& x) {
  Standardizer s{Tensor(1, x.cols()), Tensor(1, x.cols(), 1)};
  if (x.rows() == 0) return s;
  const auto n = static_cast<double>(x.rows());
  for (std::size_t j = 0; j < x.cols(); ++j) {
    bool constant = true;  // whether all entries are equal; a test for deviation = 0 could fail because of rounding
    double most = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      constant = constant && x(i, j) == x(0, j);
      most = std::max(most, std::abs(double{x(i, j)}));
    }
    const double scale = scale_for_squares(most);
    double sum = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) sum += scale * x(i, j);
    const double mean = sum / n;
    double squares = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const double d = scale * x(i, j) - mean;
      squares += d * d;
    }
    const auto deviation = static_cast<real>(std::sqrt(squares / n) / scale);
    s.mean(0, j) = constant ? x(0, j) : static_cast<real>(mean / scale);
    s.deviation(0, j) = constant || deviation == 0 ? real(1) : deviation;
  }
  return s;
}

void standardize(const Standardizer& by, Tensor& x) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      const real difference = x(i, j) - by.mean(0, j);
      x(i, j) = std::isfinite(difference) ? difference / by.deviation(0, j)
                                          : x(i, j) / by.deviation(0, j) - by.mean(0, j) / by.deviation(0, j);
    }
  }
}

void unstandardize(const Standardizer& by, Tensor& x) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) x(i, j) = x(i, j) * by.deviation(0, j) + by.mean(0, j);
  }
}

void select_rows(const Dataset& from, std::span<const std::size_t> order, std::size_t first, std::size_t last,
                 Dataset& to) {
  const auto rows = [&](const Tensor& all, Tensor& part) {
    const std::size_t n = all.cols();
    part.resize(last - first, n);
    if (order.empty()) {
      std::copy_n(all.data() + first * n, part.size(), part.data());
    } else if (n < 8) {  // plain loops: for short rows, they are faster than one copy_n() per row
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
