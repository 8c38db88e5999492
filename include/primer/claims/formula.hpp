// Evaluates the formula of a check in a claim, such as "-log(softmax(0, 1000))". A check needs no training and no seed.
#pragma once

#include <string_view>

namespace primer {

// Returns the value of a formula: a finite number, ±∞ or NaN. Throws std::invalid_argument if the formula has an error.
// formats/expression.hpp describes the syntax. configs/claims/README.md lists the functions that a formula can call.
double evaluate_formula(std::string_view text);

}  // namespace primer
