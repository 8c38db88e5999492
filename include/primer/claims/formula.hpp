// Evaluates the formula of a check in a claim, such as "-log(softmax(0, 1000))". A check needs no training and no seed.
#pragma once

#include <string_view>

namespace primer {

// Returns the value of a formula: a finite number, ±∞ or NaN. formats/expression.hpp describes the syntax of a formula,
// configs/claims/README.md its functions. Throws std::invalid_argument if the formula has an error.
double evaluate_formula(std::string_view text);

}  // namespace primer
