// Data in memory: from rows with named columns to the tensors that training needs. Targets are encoded for the loss,
// rows are split into training, validation and test, and inputs are standardised.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "primer/core/loss.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// A column of texts. It keeps each distinct text once, in the order of first occurrence, and an index for every row.
class TextColumn {
 public:
  TextColumn() = default;
  TextColumn(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) add(std::string(text));
  }
  void add(const std::string& text);  // in a new row
  bool empty() const { return index_.empty(); }
  std::size_t size() const { return index_.size(); }
  const std::string& operator[](std::size_t row) const { return distinct_[index_[row]]; }
  std::size_t index(std::size_t row) const { return index_[row]; }  // in distinct()
  const std::vector<std::string>& distinct() const { return distinct_; }

 private:
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<std::string> distinct_;
  std::vector<std::uint32_t> index_;
};

// One target column: numbers or texts.
struct Target {
  std::string name;
  std::vector<double> numbers;
  TextColumn labels;  // empty if the column contains numbers

  std::size_t size() const { return labels.empty() ? numbers.size() : labels.size(); }
};

// Rows as they come from a generator or a file.
struct Samples {
  std::vector<std::string> columns;  // names of the inputs
  Tensor x;                          // rows × inputs
  std::vector<Target> targets;       // each with as many values as x has rows
};

// x is rows × inputs and y rows × outputs.
struct Dataset {
  Tensor x, y;
  std::size_t size() const { return x.rows(); }
};

// x ← (x − mean) / deviation. mean and deviation are 1 × inputs; the deviation of a constant column is 1.
struct Standardizer {
  Tensor mean, deviation;
};

struct Data {
  Dataset train, validation, test;
  std::vector<std::string> columns;  // names of the columns of x
  std::vector<std::string> targets;  // names of the target columns
  std::vector<std::string> classes;  // the name of each column of y, or of the classes 0 and 1; empty without classes
  std::optional<Standardizer> standardizer;         // of the inputs
  std::optional<Standardizer> target_standardizer;  // of the targets of a regression
  bool shuffle = true;                              // whether every epoch draws its batches in a new random order
};

// Both are fractions of all rows, from 0 to 1. If the target is one column of classes and shuffle is true, the split is
// stratified: every class is divided in these proportions and keeps at least one row in training.
struct SplitOptions {
  double test_fraction = 0;
  double validation_fraction = 0;
  bool standardize = false;
  bool standardize_targets = false;
  bool shuffle = true;  // false: rows stay in order, training rows first, then validation, then test
};

// Thrown for a target value that the loss cannot use. `row` and `target` count from 0.
class TargetError : public std::invalid_argument {
 public:
  TargetError(std::size_t in_row, std::size_t in_target, const std::string& text)
      : std::invalid_argument(text), row(in_row), target(in_target) {}
  std::size_t row, target;
};

// Returns the classes of a column, each in its first spelling. Two labels belong to the same class if they are the same
// text or the same plain integer: 1, 1.0 and 1.00 are the same integer, but 01 and 1e0 are only texts. If all labels
// are plain integers, the classes are in numeric order; otherwise they are in the order of their bytes.
std::vector<std::string> classes_of(const Target& target);

// Returns y for a task. One column of classes becomes one-hot rows (multiclass) or 0 and 1 (binary). If `classes` is
// empty, the columns are taken as they are: probabilities that sum to 1 (multiclass), probabilities (binary), any
// numbers (regression). Throws TargetError for a value that does not fit, and std::invalid_argument if there is no
// target column or the columns differ in length.
Tensor encode_targets(const std::vector<Target>& targets, Task task, const std::vector<std::string>& classes);

// Returns the classes in the order of their indices, or no classes if the targets are numbers or probabilities. `asked`
// = K > 0 means the classes 0 … K − 1. `asked` = 0 means the classes that occur in the column. Throws
// std::invalid_argument if the task needs more or fewer classes.
std::vector<std::string> find_classes(const std::vector<Target>& targets, Task task, std::size_t asked);

// Encodes, splits and standardises `samples`, and reuses their memory. If `validation` is given, it replaces the
// validation rows of the split. Throws std::invalid_argument if no row is left to train on or a fraction is not from 0
// to 1, and TargetError if a target in `samples` does not fit the task.
Data prepare(Samples&& samples, const std::optional<Dataset>& validation, Task task,
             const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed);
inline Data prepare(const Samples& samples, const std::optional<Dataset>& validation, Task task,
                    const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed) {
  return prepare(Samples(samples), validation, task, classes, options, seed);
}

// Returns a power of two for numbers with |x| ≤ most. After a multiplication by it, sums of squares of these numbers
// neither overflow nor underflow. The power is 1 if `most` has a common size.
double scale_for_squares(double most);

// Mean and biased standard deviation of each column; 0 and 1 if x has no rows.
Standardizer standardizer_of(const Tensor& x);
void standardize(const Standardizer& by, Tensor& x);
void unstandardize(const Standardizer& by, Tensor& x);  // the inverse: x ← x · deviation + mean

// Copies rows order[first] … order[last − 1] into `to`; if `order` is empty, rows first … last − 1.
void select_rows(const Dataset& from, std::span<const std::size_t> order, std::size_t first, std::size_t last,
                 Dataset& to);

}  // namespace primer
