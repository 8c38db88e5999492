// CSV as people have it: a header row, quoted cells, CRLF, a byte-order mark, spaces around cells, class names as text.
// A row is read as soon as it is complete and is wrong as soon as it is read, so that a pipe can be answered line by
// line and a file of any size needs memory for what is kept of it only.
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

// Blank lines are skipped. Everything throws UserError with the place of what is wrong: a row longer than 16 MiB, more
// than 100,000 columns, another number of cells than columns; RuntimeError if the stream cannot be read.
class CsvReader {
 public:
  // Reads the header: names that are unique, not empty and UTF-8. `file` is what errors call the stream, which must
  // outlive the reader; next() waits for no byte beyond a row's end.
  CsvReader(std::istream& stream, std::string file);

  const std::string& file() const { return file_; }
  const std::vector<std::string>& columns() const { return columns_; }
  // The index of the column of this name.
  std::optional<std::size_t> column(std::string_view name) const;

  // Goes to the next row; false after the last.
  bool next();

  // Of the current row: its line, and a cell's place, whether it is empty, and its value. A number must be finite; text
  // must be UTF-8 and not empty, and loses the spaces around it unless they are within quotes.
  std::size_t line() const { return line_; }
  Location location(std::size_t column) const;
  bool is_empty(std::size_t column) const { return cells_[column].begin == cells_[column].end; }
  double number(std::size_t column) const;
  std::string text(std::size_t column) const;

 private:
  struct Cell {
    std::size_t begin, end;  // of what is within the quotes, counted from the row's first byte
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
  void read_header();
  void check_name(std::size_t column);
  std::string_view raw(std::size_t column) const;
  Location location_of(std::size_t offset) const;

  std::istream& stream_;
  std::string file_;
  std::vector<std::string> columns_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<char> buffer_;  // [row_, filled_) is read and not yet done; a line feed stands at filled_ as a sentinel
  std::size_t row_ = 0;
  std::size_t filled_ = 0;
  std::size_t row_size_ = 0;  // bytes, with the line feed
  std::size_t line_ = 1;
  std::vector<Cell> cells_;
  std::size_t cell_count_ = 0;  // of the row as it is written; cells_ keeps no more than are of use
};

// The cells as a line of CSV with its line feed; a cell is quoted only if it must be.
std::string csv_row(std::span<const std::string> cells);

}  // namespace primer
