// Evaluates the formula of a check in a claim, such as "-log(softmax(0, 1000))". A check needs no training and no seed.
#pragma once

#include <string_view>

namespace primer {

// See formats/expression.hpp for the syntax and configs/claims/README.md for the functions. The result may be infinite
// or NaN. Throws std::invalid_argument for a wrong formula.
double evaluate_formula(std::string_view text);

}  // namespace primer
