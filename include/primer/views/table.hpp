// Turns tables into text. A table that is too wide for the terminal becomes several tables, one below the other.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace primer {

inline constexpr std::size_t unlimited_width = std::numeric_limits<std::size_t>::max();

// The largest number of characters in a line of standard output. The environment variable COLUMNS sets this number.
// Without COLUMNS, it is the width of the terminal, or unlimited_width if standard output is not a terminal.
std::size_t output_width();

// Breaks `text` at spaces into lines of at most `width` columns; a longer word gets a longer line. All lines but the
// first start with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

// Returns `rows` as text in columns. The first `left` columns are aligned left, all other columns right. Rows may have
// different lengths. Columns that do not fit into `width` go into a further table below. Every table begins with the
// first `repeated` columns. In a wide table, long texts of these first columns are broken into several lines.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left = 1,
                  std::size_t width = unlimited_width, std::size_t repeated = 1);

// A percentage with at most one decimal: "100%", "12.5%"; "<0.1%" for a fraction that is not 0 but is rounded to 0.
std::string percent(double fraction);

}  // namespace primer
