// Reads a formula such as "-log(1 / (1 + exp(2)))" and computes its value. The caller provides the functions.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace primer {

// An argument of a function: a number, or a name such as gelu or gelu'.
struct Argument {
  double number = 0;
  std::string_view name;  // empty for a number
};
using NamedFunctions = std::function<double(std::string_view name, const std::vector<Argument>& arguments)>;

// + - * / and parentheses over numbers and functions. The name of a function or of an argument consists of letters and
// _, with ' at its end if it is a derivative. Throws std::invalid_argument with the column of a mistake, and with the
// column of the function if `functions` throws it.
double evaluate_expression(std::string_view text, const NamedFunctions& functions);

}  // namespace primer
