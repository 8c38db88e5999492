// Writes and reads numbers with std::to_chars and std::from_chars: their results do not depend on the locale.
#include "primer/formats/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace primer {

namespace {

template <class Float>
std::string shortest(Float value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// For a decimal number outside the range of double: returns true if its absolute value is too small, false if it is too
// large. An estimate of the decimal exponent is enough, because the exponent is below −300 or above 300.
bool is_too_small(std::string_view text) {
  const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  const auto first_digit = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
  std::string_view exponent_text = text.substr(std::min(mantissa.size() + 1, text.size()));
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto error = std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent).ec;
  if (error == std::errc::result_out_of_range) return exponent_text.starts_with('-');
  return exponent < first_digit - point;
}

}  // namespace

std::string number(double value) { return shortest(value); }
std::string number(float value) { return shortest(value); }

std::string short_number(double value, int digits) {
  std::array<char, 64> buffer;
  const double size = std::abs(value);
  const double most = std::max(1e6, std::pow(10, digits));
  const bool plain = value == 0 || (size >= 1e-3 && size < most) || !std::isfinite(value);
  const bool whole = plain && size >= std::pow(10, digits - 1);
  const auto format = whole   ? std::chars_format::fixed
                      : plain ? std::chars_format::general
                              : std::chars_format::scientific;
  const int precision = whole ? 0 : plain ? digits : digits - 1;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision).ptr};
}

std::string counted(std::size_t count, std::string_view noun, std::string_view several) {
  std::string text = std::to_string(count) + " ";
  if (count == 1 || several.empty()) return text.append(noun).append(count == 1 ? "" : "s");
  return text.append(several);
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
  if (error == std::errc()) return value;
  if (!is_too_small(text)) return std::nullopt;
  return text.starts_with('-') ? -0.0 : 0.0;  // the number is so small that the nearest double is 0
}

Decimal decimal_at_front(std::string_view text) {
  Decimal decimal;
  const auto take = [&](std::string_view any_of) {
    const bool found = decimal.size < text.size() && any_of.find(text[decimal.size]) != any_of.npos;
    decimal.size += found ? 1 : 0;
    return found;
  };
  const auto take_digits = [&] {
    const bool found = take("0123456789");
    while (take("0123456789")) continue;
    return found;
  };
  take("-");
  if (!take("0") && !take_digits()) return decimal;
  if (take(".")) {
    decimal.is_integer = false;
    if (!take_digits()) return decimal;
  }
  if (take("eE")) {
    decimal.is_integer = false;
    take("+-");
    if (!take_digits()) return decimal;
  }
  decimal.is_complete = true;
  return decimal;
}

}  // namespace primer
