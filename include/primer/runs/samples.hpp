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

struct FileSamples : Samples {
  struct Position {
    std::uint32_t line, column;
  };
  std::string file;
  std::vector<Position> positions;  // line and column in `file` of each target (rows × targets); empty in a regression
  std::size_t dropped = 0;          // number of rows that were left out because a value is missing
};

// The columns of a CSV file that become the inputs of a network. A column of numbers becomes one input. A text column
// must be listed in data.one_hot. It becomes one input for each category (each different text in the column). The input
// COLUMN=CATEGORY is 1 in the rows that have this category, and 0 in all other rows.
class InputColumns {
 public:
  // For a new network: takes the input columns that `data` selects. Call learn() for each row to find the categories.
  InputColumns(const CsvReader& csv, const DataOptions& data, const std::vector<std::size_t>& targets);
  // For an existing network: takes the columns that the `inputs` of the network need. Columns are found by their names.
  InputColumns(const CsvReader& csv, const std::vector<std::string>& inputs, const std::vector<std::string>& one_hot,
               const char* whose);

  bool any_missing(const CsvReader& csv) const;
  // Collects the categories in the current row. Does nothing for an existing network: its categories are known.
  // Call learn() for all rows before you call read() for the first row.
  void learn(const CsvReader& csv);

  // The number of inputs, and their names.
  std::size_t size() const;
  std::vector<std::string> names() const;
  // Fills `row` (size() numbers) with the inputs of the current CSV row. Throws UserError if a category is unknown.
  void read(const CsvReader& csv, std::span<real> row);

 private:
  struct Column {
    std::size_t cell;
    std::string name;
    bool is_text = false;
    // For a text column: category → index of its one-hot input. The indices start at 0 in each text column.
    std::map<std::string, std::size_t, std::less<>> categories{};
  };
  void number_categories();

  std::vector<Column> columns_;
  bool of_network_ = false;
  bool is_first_row_ = true;
};

// Reads the rows of a CSV file, or of a stream that error messages call `file`. The targets are the columns in
// data.target; by default, the last column not in data.inputs or data.ignore. A new network gets the columns in
// data.inputs; by default, all except targets and data.ignore. An existing network gets the columns of its `inputs`.
FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs = {});
FileSamples read_samples(std::istream& stream, const std::string& file, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs = {});

// Sets the function that read_samples() calls with its progress ("FILE: row 65536 of 300001") and, at the end, with "".
void watch_reading(void (*watcher)(const std::string& text));

// The targets of the samples as the tensor y. Throws UserError, with the location, if a target is not valid for `task`.
Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes);
// Makes a UserError from `error`. The UserError names the file and, if known, the line and column of the wrong target.
UserError located(const std::logic_error& error, const FileSamples& samples);

CsvFormat format_of(const DataOptions& data);

// The positions of the columns `names` in the file. Throws UserError if a column is missing. The error message says
// what the column is used for: `whose`, such as "which is needed as a target".
std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose);

}  // namespace primer
