// Reads the rows of a CSV file: some columns are inputs, others are targets, as a config's [data] section says.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/formats/csv.hpp"
#include "primer/runs/config.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// Samples from a file, with the location of each target value.
struct FileSamples : Samples {
  struct Position {
    std::size_t line, column;
  };
  std::string file;
  std::vector<Position> positions;  // rows × targets; empty if the samples come from a generator
};

// The rows of the file as `data` describes them: the target columns are those that it names, else the last; all other
// columns are inputs. If `columns` is given, the inputs are these, matched by name, and other columns are ignored.
FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& columns = {});

// y for the samples. Throws UserError with the location of a target that does not fit.
Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes);
UserError located(const TargetError& error, const FileSamples& samples);

// The columns of the CSV file with these names. Throws UserError if one is missing; `whose` says what it is, such as "a
// target".
std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose);

// A cell of the current row. Throws UserError if it is not a number that `real` can hold.
real real_at(const CsvReader& csv, std::size_t column);

}  // namespace primer
