// Data in memory: from rows with named columns to the tensors that training wants: targets encoded for the loss, rows
// split into training, validation and test, inputs standardised.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "primer/core/tensor.hpp"

namespace primer {

// One target column: numbers, or text where a value is no number.
struct Target {
  std::string name;
  std::vector<double> numbers;
  std::vector<std::string> labels;  // empty when the column is numbers

  std::size_t size() const { return labels.empty() ? numbers.size() : labels.size(); }
};

// Rows as they come from a generator or a file.
struct Samples {
  std::vector<std::string> columns;  // names of the inputs
  Tensor x;                          // rows × inputs
  std::vector<Target> targets;
};

// x and y, rows × inputs and rows × outputs.
struct Dataset {
  Tensor x, y;
  std::size_t size() const { return x.rows(); }
};

// x ← (x − mean) / std with 1 × inputs each; a constant column has std 1.
struct Standardizer {
  Tensor mean, std;
};

struct Data {
  Dataset train, validation, test;
  std::vector<std::string> columns;  // of x
  std::vector<std::string> targets;  // names of the target columns
  std::vector<std::string> classes;  // in the order of y's columns (or 0 and 1 of a sigmoid); empty for regression
  std::optional<Standardizer> standardizer;
  bool shuffle = true;  // whether batches are drawn in random order
};

// What y means, which follows from the loss.
enum class Task { regression, binary, multiclass };
Task task_of(const std::string& loss);

struct SplitOptions {
  double test_fraction = 0;  // of all rows; stratified when the target is one column of classes
  double validation_fraction = 0;
  bool standardize = false;
  bool shuffle = true;  // false: training rows first, then validation, then test, in the order given
};

// A target value that does not fit. Rows and targets count from 0.
class TargetError : public std::invalid_argument {
 public:
  TargetError(std::size_t in_row, std::size_t in_target, const std::string& text)
      : std::invalid_argument(text), row(in_row), target(in_target) {}
  std::size_t row, target;
};

// The classes that occur in a column: numeric order if every label is an integer, else byte order.
std::vector<std::string> classes_of(const Target& target);

// y for a task: one-hot rows or K columns that sum to 1 for classes, columns in [0, 1] for binary, the numbers
// themselves for regression. Throws TargetError.
Tensor encode_targets(const std::vector<Target>& targets, Task task, const std::vector<std::string>& classes);

// The classes of the data in the order of their numbers, or none where y holds numbers. `asked` = K means 0 … K − 1,
// and 0 those that occur. Throws std::invalid_argument where their number does not fit the task.
std::vector<std::string> find_classes(const std::vector<Target>& targets, Task task, std::size_t asked);

// Splits and standardises `samples`; `validation` holds the rows of a validation file of one's own. Throws
// std::invalid_argument where no row is left to train on, and TargetError for a value in `samples`.
Data prepare(const Samples& samples, const std::optional<Dataset>& validation, Task task,
             const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed);

Standardizer standardizer_of(const Tensor& x);
void standardize(const Standardizer& by, Tensor& x);

// Rows order[first] … order[last − 1], or rows first … last − 1 when order is empty, gathered into `to`.
void select_rows(const Dataset& from, const std::vector<std::size_t>& order, std::size_t first, std::size_t last,
                 Dataset& to);

}  // namespace primer
