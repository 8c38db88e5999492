// The scans.
#include "primer/training/facts.hpp"

#include <algorithm>
#include <cmath>

namespace primer {

real steepest_slope(const Activation& activation) {
  constexpr std::size_t steps = 64 * 32;
  Tensor z(steps + 1, activation.elementwise() ? 1 : 2);
  for (std::size_t i = 0; i <= steps; ++i) z(i, 0) = static_cast<real>(i) / 64 - 16;
  Tensor a;
  Tensor slope;
  activation.forward(z, a, slope);
  real steepest = 0;
  for (std::size_t i = 0; i <= steps; ++i) steepest = std::max(steepest, std::abs(slope(i, 0)));
  return steepest;
}

}  // namespace primer
