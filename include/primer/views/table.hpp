// Text laid out in columns for a terminal or a pipe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace primer {

// How many columns UTF-8 text takes on a terminal: one a character.
std::size_t display_width(std::string_view text);

// Rows of cells under each other, two spaces between columns. The first `left` columns are flush left, numbers flush
// right. A row shorter than the first is padded.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left = 1);

}  // namespace primer
