// Computes the width of every column, decides which columns stand side by side, and fills the cells with spaces.
#include "primer/views/table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"

namespace primer {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::vector<std::size_t> widths_of(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], count_characters(row[c]));
  }
  return widths;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Breaks the texts in column c of a table into lines of at most `width` characters. A text of n lines fills n rows.
Rows with_broken_column(const Rows& rows, std::size_t c, std::size_t width) {
  Rows broken;
  for (const auto& row : rows) {
    broken.push_back(row);
    if (c >= row.size() || count_characters(row[c]) <= width) continue;
    const std::size_t indent = std::min(row[c].find_first_not_of(' '), row[c].size());
    const std::vector<std::string> lines = lines_of(wrapped(row[c], width - indent, 2));
    broken.back()[c] = std::string(indent, ' ') + lines.front();
    for (std::size_t i = 1; i < lines.size(); ++i) {
      broken.emplace_back(c + 1);
      broken.back()[c] = std::string(indent, ' ') + lines[i];
    }
  }
  return broken;
}

}  // namespace

std::size_t output_width() {
  if (const char* const columns = std::getenv("COLUMNS")) {
    const double value = parse_number(columns).value_or(0);
    if (value >= 1 && value < 1e6) return static_cast<std::size_t>(value);
  }
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0) return unlimited_width;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::string line;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    const bool is_first = line.find_first_not_of(' ') == std::string::npos;
    if (!is_first && count_characters(line) + 1 + count_characters(word) > width) {
      out += line + "\n";
      line = std::string(indent, ' ');
      line += word;
    } else {
      line += is_first ? "" : " ";
      line += word;
    }
  }
  return out + line + "\n";
}

namespace {

// Returns `row` as a line of text. `columns` has the indices of the printed cells; cells 0 … left − 1 are aligned left.
std::string text_of_row(const std::vector<std::string>& row, const std::vector<std::size_t>& columns,
                        const std::vector<std::size_t>& widths, std::size_t left) {
  std::string line;
  for (const std::size_t c : columns) {
    const std::string cell = c < row.size() ? row[c] : "";
    const std::string padding(widths[c] - count_characters(cell), ' ');
    line += (c == columns.front() ? "" : "  ") + (c < left ? cell + padding : padding + cell);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string table(const Rows& all_rows, std::size_t left, std::size_t width, std::size_t repeated) {
  Rows rows = all_rows;
  std::vector<std::size_t> widths = widths_of(rows);
  const auto total = [&] {
    std::size_t sum = 2 * (widths.size() - 1);
    for (const std::size_t w : widths) sum += w;
    return sum;
  };
  if (rows.empty() || widths.empty()) return {};
  repeated = std::min(repeated, widths.size());
  for (std::size_t c = 0; c < repeated && total() > width; ++c) {
    const std::size_t others = total() - widths[c];
    const std::size_t room = std::max<std::size_t>(width > others ? width - others : 0, 24);
    if (widths[c] <= 2 * room && widths[c] <= width / 2) continue;  // column c has short texts, which stay on one line
    if (widths[c] > room) rows = with_broken_column(rows, c, room);
    widths = widths_of(rows);
  }
  std::string text;
  for (std::size_t begin = repeated; begin < widths.size() || text.empty();) {
    std::vector<std::size_t> columns;
    std::size_t used = 0;
    for (std::size_t c = 0; c < repeated; ++c) columns.push_back(c);
    for (const std::size_t c : columns) used += widths[c] + 2;
    const std::size_t fixed = columns.size();
    while (begin < widths.size() && (columns.size() == fixed || used + widths[begin] <= width)) {
      used += widths[begin] + 2;
      columns.push_back(begin++);
    }
    if (!text.empty()) text += "\n";
    for (const auto& row : rows) text += text_of_row(row, columns, widths, left);
  }
  return text;
}

std::string percent(double fraction) {
  if (fraction > 0 && fraction < 0.0005) return "<0.1%";
  return short_number(std::round(fraction * 1000) / 10) + "%";
}

}  // namespace primer
