// Sums whose bits do not depend on the compiler: eight running sums, added up in a fixed tree. The eight are
// independent, so a vector unit can keep them in one register and still add in exactly this order.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "primer/core/real.hpp"

namespace primer {

// Σ term(i) for i = 0 … n − 1.
template <typename Term>
real lane_sum(std::size_t n, Term term) {
  std::array<real, 8> lane{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) lane[k] += term(i + k);
  }
  for (std::size_t k = 0; i < n; ++i, ++k) lane[k] += term(i);
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

inline real sum(std::span<const real> v) {
  return lane_sum(v.size(), [v](std::size_t i) { return v[i]; });
}

inline real sum_of_squares(std::span<const real> v) {
  return lane_sum(v.size(), [v](std::size_t i) { return v[i] * v[i]; });
}

}  // namespace primer
