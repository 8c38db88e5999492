// The formulas of the checks, such as "-log(softmax(0, 1000))" and "lowest(gelu)". They need no run and no seed.
#pragma once

#include <string_view>

namespace primer {

// See formats/expression.hpp for the form. The functions are
// exp, log, sqrt, abs, min, max, and float, which rounds to 32 bits;
// gelu(x) and gelu'(x), the value and the derivative of any elementwise activation;
// softmax(z1, z2, …), the first output; cross_entropy(z1, z2, …) and binary_cross_entropy(z), the loss of these logits
// when the first class is right;
// lowest(gelu), lowest_at(gelu), highest(gelu'), highest_at(gelu'), and values(gelu'), the number of different values
// at 1025 points of ±8; difference(gelu, silu), the largest over ±16; saturated_from(gelu), the z ≥ 0 from which |σ′|
// is small; diagonal_error(seed) and diagonal_cosine(seed), of ∂L/∂a ⊙ σ′ in place of the vector–Jacobian product of
// softmax. The result may be infinite or NaN. Throws std::invalid_argument.
double evaluate_formula(std::string_view text);

}  // namespace primer
