// Numbers as text, in every file primer writes or reads: what is written reads back as the same bits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace primer {

// The shortest text that reads back as the same number: "0.1", "1e-07", "inf", "-inf", "nan".
std::string number(double value);
std::string number(float value);

// A number for reading, with `digits` significant digits: "0.0312", "3.12e-05", "312".
std::string short_number(double value, int digits = 3);

// The double nearest to `text`, all of which must be a decimal number: a sign, digits with or without a point, an
// exponent; or inf, infinity or nan in any case. Nothing if it is anything else, or a finite number beyond the largest.
std::optional<double> parse_number(std::string_view text);

}  // namespace primer
