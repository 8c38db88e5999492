// Writes numbers as text and reads numbers from text, for every file of primer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace primer {

// The shortest text that reads back as the same number: "0.1", "1e-07", "inf", "-inf", "nan".
std::string number(double value);
std::string number(float value);

// A number for people to read, rounded to `digits` significant digits. A number below 10⁶ keeps all digits before its
// point. With digits = 3: "0.0312", "3.12e-05", "312", "99999".
std::string short_number(double value, int digits = 3);

// A count with its noun: "1 row", "2 rows". `several` is the plural if the plural is not `noun` with an s.
std::string counted(std::size_t count, std::string_view noun, std::string_view several = "");

// The double nearest to the decimal number `text`: an optional sign, digits with or without a point, an optional
// exponent; or inf, infinity or nan, in upper or lower case. Returns nothing for any other text, and for a finite
// number beyond the largest double. No locale changes the result.
std::optional<double> parse_number(std::string_view text);

// Finds the decimal number at the start of `text`, in the grammar that JSON and TOML share. `size` counts its bytes. If
// a digit is missing, `size` counts the bytes before the missing digit and `is_complete` is false.
struct Decimal {
  std::size_t size = 0;
  bool is_complete = false, is_integer = true;
};
Decimal decimal_at_front(std::string_view text);

}  // namespace primer
