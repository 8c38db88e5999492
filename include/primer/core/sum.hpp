// Computes a sum whose bits do not depend on the compiler: 32 partial sums are added in pairs, in a fixed order. The
// partial sums do not depend on each other, so the compiler can keep them in several vector registers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "primer/core/real.hpp"

namespace primer {

// Σ term(i) for i = 0 … n − 1.
real lane_sum(std::size_t n, auto term) {
  constexpr std::size_t lanes = 32;
  std::array<real, lanes> lane{};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) lane[k] += term(i + k);
  }
  const std::size_t rest = i;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) lane[i - rest + k] += term(i + k);
  }
  for (; i < n; ++i) lane[i - rest] += term(i);
  for (std::size_t half = n <= 4 ? 2 : lanes / 2; half > 0; half /= 2) {  // if n ≤ 4, only lane[0] to lane[3] are used
    for (std::size_t k = 0; k < half; ++k) lane[k] += lane[k + half];
  }
  return lane[0];
}

inline real sum_of_squares(std::span<const real> v) {
  return lane_sum(v.size(), [v](std::size_t i) { return v[i] * v[i]; });
}

// Writes z − max z of one row to `below`, so that exp(`below`) cannot overflow. Returns the index of the maximum.
inline std::size_t subtract_maximum(std::span<const real> z, std::span<real> below) {
  const auto top = std::ranges::max_element(z);
  for (std::size_t k = 0; k < z.size(); ++k) below[k] = z[k] - *top;
  return static_cast<std::size_t>(top - z.begin());
}

}  // namespace primer
