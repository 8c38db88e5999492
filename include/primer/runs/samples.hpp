// Reads the rows of a CSV file: some columns are inputs, others are targets, as a config's [data] section says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primer/formats/csv.hpp"
#include "primer/runs/config.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// Samples from a file. For classes and probabilities, the location of each target value is kept, because the loss may
// reject the value.
struct FileSamples : Samples {
  struct Position {
    std::uint32_t line, column;
  };
  std::string file;
  std::vector<Position> positions;  // rows × targets; empty for a regression and for a generator
  std::size_t dropped = 0;          // rows that were left out because a value is missing
};

// The columns of a CSV file that become the inputs of a network. A number is taken as it is. A column of texts that
// data.one_hot lists becomes one input for each category: 1 for the category of the row and 0 for the others. The name
// of such an input is COLUMN=CATEGORY.
class InputColumns {
 public:
  // All columns of the file that are inputs according to `data`. learn() collects the categories.
  InputColumns(const CsvReader& csv, const DataOptions& data, const std::vector<std::size_t>& targets);
  // The columns that the inputs of an existing network need, found by their names; other columns are ignored.
  InputColumns(const CsvReader& csv, const std::vector<std::string>& inputs, const std::vector<std::string>& one_hot,
               const char* whose);

  bool any_missing(const CsvReader& csv) const;
  // Adds the categories in the current row; those of an existing network are fixed. Call learn() for all rows before
  // the first read().
  void learn(const CsvReader& csv);

  // The number of inputs, and their names.
  std::size_t size() const;
  std::vector<std::string> names() const;
  // Reads the current row into size() inputs. A text that is not a known category is an error.
  void read(const CsvReader& csv, std::span<real> row);

 private:
  struct Column {
    std::size_t cell;
    std::string name;
    bool is_text = false;
    std::map<std::string, std::size_t, std::less<>> categories{};  // each with its index among the column's inputs
  };
  void number_categories();

  std::vector<Column> columns_;
  bool of_network_ = false;
  bool is_first_row_ = true;
};

// Reads the rows of a file. The targets are the columns in data.target, else the last column. The inputs are the
// columns in data.inputs, else all other columns. If `inputs` is given, it lists the inputs of an existing network: the
// columns are found by these names, and other columns are ignored. For rows from a stream, error messages name `file`.
FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs = {});
FileSamples read_samples(std::istream& stream, const std::string& file, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs = {});

// Sets a function that read_samples calls a few times a second to report its progress: "FILE: row 65536 of 300001", and
// "" at the end.
void watch_reading(void (*watcher)(const std::string& text));

// The targets of the samples as the tensor y. Throws UserError with the location of a target that does not fit.
Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes);
// Makes a UserError of `error`, with the location of the target that is wrong, or else with the name of the file.
UserError located(const std::logic_error& error, const FileSamples& samples);

// The separator of cells and the decimal mark in the files of `data`.
CsvFormat format_of(const DataOptions& data);

// The positions of the columns with these names. Throws UserError if a column is missing; `whose` says what the column
// is for, such as "a target".
std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose);

}  // namespace primer
