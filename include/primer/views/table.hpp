// Text in columns, for a terminal or a pipe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace primer {

// The number of columns that UTF-8 text takes on a terminal: one for each character.
std::size_t display_width(std::string_view text);

// A line for each row of cells, with two spaces between columns. The first `left` columns are aligned to the left, the
// others to the right. A row may be shorter than the first.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left = 1);

// "12.5%", with one decimal; "<0.1%" for a fraction that is not 0 but would be rounded to 0.
std::string percent(double fraction);

}  // namespace primer
