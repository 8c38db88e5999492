// What can be said of an activation by looking at it: measured by a scan, never copied from a book.
#pragma once

#include "primer/core/activation.hpp"

namespace primer {

// max |σ′(z)| over −16 … 16 in steps of 1/64; for softmax of ∂a₁/∂z₁ with one rival at 0.
real steepest_slope(const Activation& activation);

}  // namespace primer
