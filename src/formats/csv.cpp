// Finds rows in a buffer. A cell's position counts from the first byte of its row, so a row can move in the buffer.
#include "primer/formats/csv.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <istream>
#include <iterator>
#include <utility>

#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"

namespace primer {

namespace {

constexpr std::size_t chunk = 1 << 16;
constexpr std::size_t largest_row = 1 << 24;
constexpr std::size_t most_columns = 100'000;

constexpr std::string_view spaces = " \t\r";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text.substr(0, text.find_last_not_of(spaces) + 1);
}

// Whether `text` is empty or a word that people and programs write for a missing value.
bool means_missing(std::string_view text) {
  constexpr std::string_view words[] = {"",        "na",      "n/a",   "nan",   "null",  "none", "missing",
                                        "?",       "-",       ".",     "<na>",  "#na",   "#n/a", "#null!",
                                        "#div/0!", "#value!", "#ref!", "#num!", "#name?"};
  const char last = text.empty() ? '?' : text.back();
  if (last >= '0' && last <= '9') return false;  // no word for a missing value ends with a digit: skip the search
  std::string lower(text.substr(0, 8));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::find(words, lower) != std::end(words);
}

// A file format that users may confuse with CSV: the first bytes of each file of this format, and the error message.
struct OtherFormat {
  std::string_view begin;
  const char* what;
};
constexpr std::array<OtherFormat, 6> other_formats{{{"\xFF\xFE", "is UTF-16; save it as UTF-8"},
                                                    {"\xFE\xFF", "is UTF-16; save it as UTF-8"},
                                                    {"PK\x03\x04", "is a spreadsheet or a zip file; save it as CSV"},
                                                    {"\xD0\xCF\x11\xE0", "is a spreadsheet; save it as CSV"},
                                                    {"\x1F\x8B", "is compressed; decompress it"},
                                                    {"PAR1", "is a Parquet file; save it as CSV"}}};

}  // namespace

CsvReader::CsvReader(std::istream& stream, std::string file, CsvFormat format)
    : stream_(stream), file_(std::move(file)), format_(format) {
  read_header();
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

bool CsvReader::next() {
  if (!read_row(columns_.size())) return false;
  if (cell_count_ == columns_.size()) return true;
  const bool too_many = cell_count_ > columns_.size();
  throw UserError(too_many ? location(columns_.size()) : location_of(cells_.back().end), "the row has ",
                  counted(cell_count_, "cell"), ", but the header has ", counted(columns_.size(), "column"),
                  too_many ? "; quote a cell that contains a separator" : "; fill in the missing cells");
}

Location CsvReader::location(std::size_t column) const { return location_of(cells_[column].begin); }

std::optional<double> CsvReader::value(std::string_view text) const {
  if (format_.decimal == '.') return parse_number(text);
  std::string with_point(text);
  std::ranges::replace(with_point, format_.decimal, '.');
  return text.find('.') == text.npos ? parse_number(with_point) : std::nullopt;
}

bool CsvReader::is_number(std::size_t column) const {
  const std::optional<double> number = value(trimmed(raw(column)));
  return number && std::isfinite(*number);
}

bool CsvReader::is_missing(std::size_t column) const { return means_missing(trimmed(raw(column))); }

void CsvReader::refuse_missing(std::size_t column, const char* else_do) const {
  const std::string_view text = trimmed(raw(column));
  throw UserError(location(column), "column ", in_quotes(columns_[column]), " has a missing value",
                  text.empty() ? "" : concat(" (", in_quotes(text), ")"), "; fill in the cell or remove the row",
                  text.empty() ? "" : else_do);
}

double CsvReader::number(std::size_t column) const {
  const std::string_view text = trimmed(raw(column));
  const std::optional<double> number = value(text);
  if (number && std::isfinite(*number)) return *number;
  if (means_missing(text)) refuse_missing(column);
  throw UserError(location(column), "column ", in_quotes(columns_[column]),
                  number ? " needs a finite number, not " : " needs a number, not ", in_quotes(text),
                  "; correct the cell or remove the row");
}

std::string CsvReader::text(std::size_t column) const {
  const std::string_view text = raw(column);
  if (text.empty()) refuse_missing(column);
  if (text.find('\0') != text.npos) throw UserError(location(column), "the text contains a NUL byte; remove it");
  if (!is_utf8(text)) throw UserError(location(column), "the text is not UTF-8; save the file as UTF-8");
  if (!cells_[column].quoted) return std::string(text);
  std::string unescaped;
  for (std::size_t k = 0; k < text.size(); k += text[k] == '"' ? 2 : 1) unescaped += text[k];
  return unescaped;
}

void CsvReader::read_header() {
  has(3);  // reads 4 bytes, to recognise other file formats; a header line and a row have at least 4: "a\n1\n"
  const std::string_view begin(buffer_.data(), filled_);
  for (const OtherFormat& other : other_formats) {
    if (begin.starts_with(other.begin)) throw UserError({file_}, other.what);
  }
  if (begin.starts_with("\xEF\xBB\xBF")) row_ = 3;
  if (!read_row(most_columns)) throw UserError({file_}, "the file is empty; a CSV file begins with a header row");
  if (cell_count_ > most_columns) throw UserError({file_, line_}, "the file has more than 100000 columns");
  columns_.resize(cell_count_);
  std::optional<std::size_t> number;
  bool all_indices = true;
  for (std::size_t k = 0; k < cell_count_; ++k) {
    if (is_empty(k)) throw UserError(location(k), "column ", k + 1, " has no name; write a name or remove the column");
    columns_[k] = text(k);
    const std::size_t carriage_return = columns_[k].find('\r');
    if (carriage_return != std::string::npos && columns_[k].substr(carriage_return, 2) != "\r\n") {
      throw UserError(location(k), "a line ends with a carriage return only; save the file with line feeds");
    }
    if (!number && is_number(k)) number = k;
    all_indices = all_indices && columns_[k] == std::to_string(k);
  }
  if (number && !all_indices) {
    throw UserError(location(*number), "the first row contains the number ", in_quotes(columns_[*number]),
                    ", so the file seems to have no header; insert a row of column names at the top");
  }
  for (std::size_t k = 0; k < cell_count_; ++k) check_name(k);
}

void CsvReader::check_name(std::size_t column) {
  const std::string& name = columns_[column];
  if (!index_.emplace(name, column).second) {
    throw UserError(location(column), "two columns have the name ", in_quotes(name), "; rename one");
  }
  std::string others = ",;\t|";
  std::erase(others, format_.separator);
  const std::size_t other = cell_count_ == 1 ? name.find_first_of(others) : name.npos;
  if (other != name.npos) {
    throw UserError(location(column), "the cells are separated by ", in_quotes(name.substr(other, 1)), ", not by ",
                    in_quotes(std::string(1, format_.separator)), "; set data.separator, or save the file with ",
                    format_.separator == ',' ? "commas" : "this separator");
  }
  if (cell_count_ == 1 && name.starts_with('#')) {
    throw UserError(location(column), "the first line is a comment; remove it, so that the file begins with a header");
  }
}

std::string_view CsvReader::raw(std::size_t column) const {
  const Cell& cell = cells_[column];
  return {buffer_.data() + row_ + cell.begin, cell.end - cell.begin};
}

Location CsvReader::location_of(std::size_t offset) const {
  const std::string_view before(buffer_.data() + row_, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // 0, or the index after the last line feed in a quoted cell
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  return {file_, line_ + lines, count_characters(before.substr(line_begin)) + 1};
}

// Finds the next row that is not blank and keeps its first `most_cells` + 1 cells. Returns false if no row is left.
bool CsvReader::read_row(std::size_t most_cells) {
  do {
    const auto done = buffer_.begin() + static_cast<std::ptrdiff_t>(row_);
    line_ += static_cast<std::size_t>(std::count(done, done + static_cast<std::ptrdiff_t>(row_size_), '\n'));
    row_ += row_size_;
    row_size_ = 0;
    for (; has(0) && buffer_[row_] == '\n'; ++row_) ++line_;
    if (!has(0)) return false;
    cells_.clear();
    cell_count_ = 0;
    for (bool more = true; more; ++cell_count_) {
      Cell cell{};
      std::size_t end = read_cell(row_size_, cell);
      more = has(end) && buffer_[row_ + end] == format_.separator;
      if (cell_count_ <= most_cells) cells_.push_back(cell);
      row_size_ = end + (more ? 1 : 0);
    }
    if (has(row_size_)) ++row_size_;
  } while (cell_count_ == 1 && cells_[0].begin == cells_[0].end && !cells_[0].quoted);
  return true;
}

// Reads the cell at `begin`. Returns the offset of its end: the separator, the line feed or the end of the stream.
std::size_t CsvReader::read_cell(std::size_t begin, Cell& cell) {
  while (has(begin) && is_space(buffer_[row_ + begin])) ++begin;
  if (has(begin) && buffer_[row_ + begin] == '"') return read_quoted_cell(begin, cell);
  const char separator = format_.separator;
  std::size_t end = begin;
  do {
    const char* at = buffer_.data() + row_ + end;
    while (*at != separator && *at != '\n') ++at;
    end = static_cast<std::size_t>(at - buffer_.data()) - row_;
  } while (row_ + end == filled_ && fill());
  cell = {begin, end, false};
  while (cell.end > begin && is_space(buffer_[row_ + cell.end - 1])) --cell.end;
  return end;
}

// Like read_cell(), for a cell that begins with a quotation mark. In this cell, "" stands for one quotation mark.
std::size_t CsvReader::read_quoted_cell(std::size_t begin, Cell& cell) {
  std::size_t end = begin + 1;
  while (true) {
    if (!has(end)) throw UserError(location_of(begin), "the quote is not closed; add a \" at the end of the cell");
    if (buffer_[row_ + end] == '"') {
      if (!has(end + 1) || buffer_[row_ + end + 1] != '"') break;
      ++end;
    }
    ++end;
  }
  cell = {begin + 1, end, true};
  ++end;
  while (has(end) && is_space(buffer_[row_ + end])) ++end;
  if (has(end) && buffer_[row_ + end] != format_.separator && buffer_[row_ + end] != '\n') {
    throw UserError(location_of(end), "there is text after the closing quote; write \"\" for a quote inside quotes");
  }
  return end;
}

// Reads the bytes that the stream has ready; if no byte is ready, waits. Returns false at the end of the stream.
bool CsvReader::fill() {
  if (filled_ - row_ > largest_row) {
    throw UserError({file_, line_}, "the row is longer than 16 MiB; is a quote not closed, or is the file not CSV?");
  }
  if (stream_.peek() == std::istream::traits_type::eof()) {
    if (stream_.bad()) throw RuntimeError({file_}, "cannot be read");
    return false;
  }
  if (row_ > 0) std::memmove(buffer_.data(), buffer_.data() + row_, filled_ - row_);
  filled_ -= row_;
  row_ = 0;
  if (buffer_.size() <= filled_ + chunk) buffer_.resize(2 * (filled_ + chunk));
  const auto available = std::max<std::streamsize>(stream_.rdbuf()->in_avail(), 1);
  const auto wanted = std::min(available, static_cast<std::streamsize>(chunk));
  filled_ += static_cast<std::size_t>(stream_.rdbuf()->sgetn(buffer_.data() + filled_, wanted));
  buffer_.at(filled_) = '\n';
  return true;
}

std::string csv_row(std::span<const std::string> cells) {
  std::string row;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) row += ',';
    const bool plain = cell.find_first_of(",\"\n\r") == cell.npos && trimmed(cell).size() == cell.size();
    if (plain) {
      row += cell;
      continue;
    }
    row += '"';
    for (const char c : cell) row.append(c == '"' ? 2 : 1, c);
    row += '"';
  }
  return row + '\n';
}

}  // namespace primer
