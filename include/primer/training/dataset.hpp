// Data in memory. Converts rows with named columns to the tensors that training needs: encodes the targets for the
// loss, splits the rows into training, validation and test rows, and standardises the inputs.
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
  void add(const std::string& text);  // appends `text` as the next row
  bool empty() const { return index_.empty(); }
  std::size_t size() const { return index_.size(); }
  const std::string& operator[](std::size_t row) const { return distinct_[index_[row]]; }
  std::size_t index(std::size_t row) const { return index_[row]; }  // the text of the row is distinct()[index(row)]
  const std::vector<std::string>& distinct() const { return distinct_; }

 private:
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<std::string> distinct_;
  std::vector<std::uint32_t> index_;
};

struct Target {
  std::string name;
  std::vector<double> numbers;  // one number for each row; empty for a column of texts
  TextColumn labels;            // one text for each row; empty for a column of numbers

  std::size_t size() const { return labels.empty() ? numbers.size() : labels.size(); }
};

// Rows from a generator or a file, before the targets are encoded and the rows are split.
struct Samples {
  std::vector<std::string> columns;  // names of the inputs
  Tensor x;                          // rows × inputs
  std::vector<Target> targets;       // the target columns; each has one value per row of x
};

struct Dataset {
  Tensor x, y;  // inputs x (rows × inputs) and targets y (rows × outputs)
  std::size_t size() const { return x.rows(); }
};

// x ← (x − mean) / deviation. mean and deviation are 1 × columns; the deviation of a constant column is 1.
struct Standardizer {
  Tensor mean, deviation;
};

struct Data {
  Dataset train, validation, test;
  std::vector<std::string> columns;  // names of the columns of x
  std::vector<std::string> targets;  // names of the target columns
  std::vector<std::string> classes;  // class names: of each column of y (multiclass), or of 0 and 1 (binary); or empty
  std::optional<Standardizer> standardizer;         // mean and standard deviation of the inputs
  std::optional<Standardizer> target_standardizer;  // mean and standard deviation of the targets of a regression
  bool shuffle = true;                              // whether the training rows get a new random order in each epoch
};

// Options of prepare(). The two fractions (0 … 1) are fractions of all rows. With `shuffle` and a single target column
// of classes, each class is split by these fractions, but keeps at least one training row.
struct SplitOptions {
  double test_fraction = 0;
  double validation_fraction = 0;
  bool standardize = false;
  bool standardize_targets = false;
  bool shuffle = true;  // false: the first rows are for training, the next rows for validation, the last rows for test
};

// Thrown for a target value that the loss cannot use, with the indices (from 0) of its row and of its target column.
class TargetError : public std::invalid_argument {
 public:
  TargetError(std::size_t in_row, std::size_t in_target, const std::string& text)
      : std::invalid_argument(text), row(in_row), target(in_target) {}
  std::size_t row, target;
};

// Returns the classes of a column, each as it was first written. Two labels belong to the same class if they are the
// same text or the same plain integer: 1, 1.0 and 1.00 are the same integer, but 01 and 1e0 are only texts. If all
// labels are plain integers, the classes are in numeric order; otherwise they are in the order of their bytes.
std::vector<std::string> classes_of(const Target& target);

// Returns y for a task. One column of classes becomes one-hot rows (multiclass) or 0 and 1 (binary). Several columns,
// or one column if `classes` is empty, are copied unchanged: probabilities that sum to 1 (multiclass), probabilities
// (binary), any numbers (regression). Throws TargetError for a value that does not fit, and std::invalid_argument if
// there is no target column or the columns differ in length.
Tensor encode_targets(const std::vector<Target>& targets, Task task, const std::vector<std::string>& classes);

// Returns the names of the classes. One target column with classes: the different labels; but if the config asks for
// K classes (asked = K, otherwise 0): the numbers 0 … K − 1. Several target columns of a multiclass task: the names of
// the columns. Otherwise: no names. Throws std::invalid_argument if the number of classes does not fit the task.
std::vector<std::string> find_classes(const std::vector<Target>& targets, Task task, std::size_t asked);

// Encodes, splits and standardises `samples`, and reuses the memory of `samples`. If `validation` is given, it replaces
// the validation rows of the split. Throws std::invalid_argument if a fraction is not from 0 to 1, or if no training
// row is left. Throws TargetError if a target value does not fit the task (binary, multiclass or regression).
Data prepare(Samples&& samples, const std::optional<Dataset>& validation, Task task,
             const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed);
inline Data prepare(const Samples& samples, const std::optional<Dataset>& validation, Task task,
                    const std::vector<std::string>& classes, const SplitOptions& options, std::uint64_t seed) {
  return prepare(Samples(samples), validation, task, classes, options, seed);
}

// Returns a power of two s such that Σ (s x)² neither overflows nor underflows. `most` is the largest |x|. If `most` is
// between 1e-100 and 1e100, s is 1.
double scale_for_squares(double most);

// Mean and biased standard deviation of each column; a deviation of 0 is replaced by 1. Without rows: 0 and 1.
Standardizer standardizer_of(const Tensor& x);
void standardize(const Standardizer& by, Tensor& x);
void unstandardize(const Standardizer& by, Tensor& x);  // undoes standardize(): x ← x · deviation + mean

// Copies rows order[first] … order[last − 1] into `to`; if `order` is empty, rows first … last − 1.
void select_rows(const Dataset& from, std::span<const std::size_t> order, std::size_t first, std::size_t last,
                 Dataset& to);

}  // namespace primer
