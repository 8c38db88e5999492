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

// Computes a formula of numbers and functions with + - * / and parentheses. Names consist of the letters a … z and _; a
// ' at the end means the derivative. If the formula is wrong, throws std::invalid_argument with the position of the
// mistake, such as "column 3 of the formula: …". If `functions` throws std::invalid_argument, evaluate_expression()
// puts the column of the function's name before the text.
double evaluate_expression(std::string_view text, const NamedFunctions& functions);

}  // namespace primer
