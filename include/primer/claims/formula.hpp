// The formulas of the checks, such as "-log(softmax(0, 1000))" and "lowest(gelu)". They need no run and no seed.
#pragma once

#include <string_view>

namespace primer {

// See formats/expression.hpp for the form and configs/claims/README.md for the functions. The result may be infinite or
// NaN. Throws std::invalid_argument.
double evaluate_formula(std::string_view text);

}  // namespace primer
