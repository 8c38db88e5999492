// Columns and short numbers.
#include "primer/views/table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace primer {

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // bytes that continue a character take no column
  }));
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - display_width(row[c]), ' ');
      line += (c == 0 ? "" : "  ") + (c < left ? row[c] + padding : padding + row[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string short_number(double value, int digits) {
  std::array<char, 64> buffer;
  const double size = std::abs(value);
  const double most = std::max(1e6, std::pow(10, digits));
  const bool plain = value == 0 || (size >= 1e-3 && size < most) || !std::isfinite(value);
  const auto format = plain ? std::chars_format::general : std::chars_format::scientific;
  const int whole_digits = size >= 1 ? static_cast<int>(std::log10(size)) + 1 : 0;  // all of these are shown
  const int precision = plain ? std::max(digits, whole_digits) : digits - 1;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision).ptr};
}

}  // namespace primer
