// Numbers as text through std::to_chars and std::from_chars, which know no locale.
#include "primer/formats/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace primer {

namespace {

template <class Float>
std::string shortest(Float value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

std::string number(double value) { return shortest(value); }
std::string number(float value) { return shortest(value); }

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

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  if (text.ends_with(')')) return std::nullopt;  // nan(…)
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(text).c_str(), nullptr);
  if (error == std::errc::result_out_of_range && std::isinf(value)) return std::nullopt;
  return value;
}

}  // namespace primer
