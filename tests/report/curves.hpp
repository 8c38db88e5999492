// Reads the curves of a drawing back and holds them against the functions that they claim to show.
#pragma once

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <string>

#include "primer/core/activation.hpp"

namespace curves {

// "M-6 0.0024L-5.9375 0.0026…": every point must be (z, σ(z)), or (z, σ′(z)) if `derivative`. Returns how many there
// were.
inline std::size_t check(const std::string& path, const std::string& name, bool derivative) {
  const auto activation = primer::make_activation(name);
  std::size_t points = 0;
  double worst = 0;
  const char* at = path.data();
  const char* const end = at + path.size();
  while (at != end && (*at == 'M' || *at == 'L')) {
    double z = 0;
    double value = 0;
    const auto [space, z_error] = std::from_chars(at + 1, end, z);
    if (z_error != std::errc() || *space != ' ') break;
    const auto [next, error] = std::from_chars(space + 1, end, value);
    if (error != std::errc()) break;
    at = next;
    primer::Tensor in(1, activation->traits.elementwise ? 1 : 2);
    primer::Tensor a;
    primer::Tensor prime;
    in(0, 0) = static_cast<primer::real>(z);
    activation->forward(in, a, prime);
    worst = std::max(worst, std::abs(value - static_cast<double>(derivative ? prime(0, 0) : a(0, 0))));
    ++points;
  }
  CHECK(at == end);
  CHECK(worst <= (sizeof(primer::real) == 8 ? 1e-12 : 1e-5));  // values up to 36
  return points;
}

}  // namespace curves
