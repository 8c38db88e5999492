// Text in columns. A table that is too wide for the terminal becomes several, one below the other; no line is wrapped.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace primer {

inline constexpr std::size_t unlimited_width = std::numeric_limits<std::size_t>::max();

// The number of columns that a line on standard output may have: the environment variable COLUMNS, else the width of
// the terminal. Without a terminal, the width is unlimited: a program that reads a pipe finds each row in one line.
std::size_t output_width();

// Breaks `text` at spaces into lines of at most `width` columns; a longer word gets a longer line. All lines but the
// first start with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

// Returns a line for each row of cells, with two spaces between columns. The first `left` columns are aligned left, the
// others right. Rows may have different lengths. Columns that do not fit into `width` form a further table below. Every
// table begins with the first `repeated` columns; in a wide table, long texts in these first columns get several lines.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left = 1,
                  std::size_t width = unlimited_width, std::size_t repeated = 1);

// "12.5%", with one decimal; "<0.1%" for a fraction that is not 0 but would be rounded to 0.
std::string percent(double fraction);

}  // namespace primer
