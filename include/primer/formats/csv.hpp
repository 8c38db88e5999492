// Reads CSV files as people write them: with a header row, quoted cells, CRLF, a byte-order mark, spaces around cells,
// and class names as text. Each row can be used as soon as it is complete, so a program can answer every line of a pipe
// immediately. The reader keeps one row in memory, whatever the size of the file.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primer/formats/error.hpp"

namespace primer {

// How a file separates cells and writes numbers. If `decimal` is a comma, the cell 1.5 is not a number.
struct CsvFormat {
  char separator = ',';
  char decimal = '.';
};

// Reads the rows of a stream and skips blank lines. Throws UserError with the location of the mistake, such as a row
// longer than 16 MiB, more than 100,000 columns, or a row with more or fewer cells than the header. Throws RuntimeError
// if the stream cannot be read.
class CsvReader {
 public:
  // Reads the header. Names must be unique, not empty and UTF-8. A header with a number is refused, because it is
  // probably a row of data; the header 0, 1, 2, … is the only exception. `file` is the name of the stream in error
  // messages. The stream must outlive the reader. next() never waits for bytes after the end of a row.
  CsvReader(std::istream& stream, std::string file, CsvFormat format = {});

  const std::string& file() const { return file_; }
  const std::vector<std::string>& columns() const { return columns_; }
  // The index of the column with this name; nothing if no column has it.
  std::optional<std::size_t> column(std::string_view name) const;

  // Goes to the next row; returns false after the last row.
  bool next();

  // The location and the content of a cell of the current row. number() throws UserError if the cell is not a finite
  // number. text() throws UserError if the cell is empty or not UTF-8. Spaces around a text without quotes are removed.
  Location location(std::size_t column) const;
  bool is_empty(std::size_t column) const { return cells_[column].begin == cells_[column].end; }
  double number(std::size_t column) const;
  std::string text(std::size_t column) const;

  // is_number(): the cell is a finite number. is_missing(): it is empty or a word for a missing value, such as NA.
  bool is_number(std::size_t column) const;
  bool is_missing(std::size_t column) const;
  // Throws UserError "… has a missing value". For a word such as NA, the message ends with the advice `else_do`.
  [[noreturn]] void refuse_missing(std::size_t column, const char* else_do = "") const;

 private:
  struct Cell {
    std::size_t begin, end;  // the cell's text without its quotes: [begin, end), in bytes from the start of the row
    bool quoted;
  };

  bool read_row(std::size_t most_cells);
  std::size_t read_cell(std::size_t begin, Cell& cell);
  std::size_t read_quoted_cell(std::size_t begin, Cell& cell);
  bool has(std::size_t offset) {
    while (row_ + offset >= filled_) {
      if (!fill()) return false;
    }
    return true;
  }
  bool fill();
  bool is_space(char c) const { return (c == ' ' || c == '\t' || c == '\r') && c != format_.separator; }
  std::optional<double> value(std::string_view text) const;
  void read_header();
  void check_name(std::size_t column);
  std::string_view raw(std::size_t column) const;
  Location location_of(std::size_t offset) const;

  std::istream& stream_;
  std::string file_;
  CsvFormat format_;
  std::vector<std::string> columns_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<char> buffer_;  // the part of the file that is in memory; buffer_[filled_] is '\n' as an end mark
  std::size_t row_ = 0;       // the index in buffer_ of the first byte of the current row
  std::size_t filled_ = 0;    // the number of bytes in buffer_ that come from the file
  std::size_t row_size_ = 0;  // the number of bytes in the current row, including its line feed
  std::size_t line_ = 1;
  // The cells of the current row. To limit the memory, at most columns_.size() + 1 cells of a data row are stored.
  std::vector<Cell> cells_;
  std::size_t cell_count_ = 0;  // the number of cells in the current row, stored or not
};

// Writes the cells as a line of CSV with its line feed. A cell gets quotes only if it needs them.
std::string csv_row(std::span<const std::string> cells);

}  // namespace primer
