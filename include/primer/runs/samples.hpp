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
  std::vector<Position> positions;  // location of each target value in `file` (rows × targets); empty if not kept
  std::size_t dropped = 0;          // number of rows that were left out because a value is missing
};

// The columns of a CSV file that become the inputs of a network. A column of numbers becomes one input. A column of
// texts, listed in data.one_hot, becomes one input for each category, called COLUMN=CATEGORY: in each row, the input of
// the row's category is 1, and the others are 0.
class InputColumns {
 public:
  // All columns of the file that are inputs according to `data`. learn() collects the categories.
  InputColumns(const CsvReader& csv, const DataOptions& data, const std::vector<std::size_t>& targets);
  // The columns that the inputs of an existing network need, found by their names; other columns are ignored.
  InputColumns(const CsvReader& csv, const std::vector<std::string>& inputs, const std::vector<std::string>& one_hot,
               const char* whose);

  bool any_missing(const CsvReader& csv) const;
  // Collects the categories in the current row. Does nothing for an existing network: its categories are known.
  // Call learn() for all rows before you call read() for the first row.
  void learn(const CsvReader& csv);

  // The number of inputs, and their names.
  std::size_t size() const;
  std::vector<std::string> names() const;
  // Writes the size() inputs of the current row to `row`. Throws UserError if a text is not a category of its column.
  void read(const CsvReader& csv, std::span<real> row);

 private:
  struct Column {
    std::size_t cell;
    std::string name;
    bool is_text = false;
    std::map<std::string, std::size_t, std::less<>> categories{};  // category → index of its input within this column
  };
  void number_categories();

  std::vector<Column> columns_;
  bool of_network_ = false;
  bool is_first_row_ = true;
};

// Reads the rows of a file or a stream; `file` is its name in error messages. The targets are the columns in
// data.target, or the last column if data.target is empty. The inputs are the columns in data.inputs, or all others if
// it is empty. If `inputs` lists the inputs of an existing network, only the columns with these names are inputs.
FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs = {});
FileSamples read_samples(std::istream& stream, const std::string& file, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs = {});

// Sets the function to which read_samples() reports its progress a few times a second. The text is, for example, "FILE:
// row 65536 of 300001"; the last text is "".
void watch_reading(void (*watcher)(const std::string& text));

// The targets of the samples as the tensor y. Throws UserError, with the location, if a target is not valid for `task`.
Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes);
// Makes a UserError from `error`, with the location of the wrong target or, if that is unknown, with the file's name.
UserError located(const std::logic_error& error, const FileSamples& samples);

// The separator of cells and the decimal mark in the files of `data`.
CsvFormat format_of(const DataOptions& data);

// The positions of the columns `names`. Throws UserError if one is missing. `whose` is its use: "which is an input".
std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose);

}  // namespace primer
