// Sums whose bits do not depend on the compiler: 32 running sums, which are added up in a fixed tree. They are
// independent of one another, so the compiler keeps them in several vector registers and none waits for another.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "primer/core/real.hpp"

namespace primer {

// Σ term(i) for i = 0 … n − 1.
template <typename Term>
real lane_sum(std::size_t n, Term term) {
  constexpr std::size_t lanes = 32;
  std::array<real, lanes> lane{};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) lane[k] += term(i + k);
  }
  std::size_t first = 0;  // the rest goes to the first lanes, four at a time
  for (; i + 4 <= n; i += 4, first += 4) {
    for (std::size_t k = 0; k < 4; ++k) lane[first + k] += term(i + k);
  }
  for (; i < n; ++i, ++first) lane[first] += term(i);
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) lane[k] += lane[k + half];
  }
  return lane[0];
}

inline real sum(std::span<const real> v) {
  return lane_sum(v.size(), [v](std::size_t i) { return v[i]; });
}

inline real sum_of_squares(std::span<const real> v) {
  return lane_sum(v.size(), [v](std::size_t i) { return v[i] * v[i]; });
}

// What softmax and its cross-entropy share: below = z − max z for one row, so that exp cannot overflow. Returns the
// index of the maximum.
inline std::size_t subtract_maximum(std::span<const real> z, std::span<real> below) {
  std::size_t top = 0;
  real highest = z[0];
  for (std::size_t k = 1; k < z.size(); ++k) {
    top = highest < z[k] ? k : top;
    highest = highest < z[k] ? z[k] : highest;
  }
  for (std::size_t k = 0; k < z.size(); ++k) below[k] = z[k] - highest;
  return top;
}

}  // namespace primer
