// Jacobi rotations.
#include "primer/claims/linear_algebra.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace primer {

std::vector<double> singular_values(Tensor m) {
  constexpr real epsilon = std::numeric_limits<real>::epsilon();
  bool rotated = true;
  for (int sweep = 0; sweep < 60 && rotated; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p < m.cols(); ++p) {
      for (std::size_t q = p + 1; q < m.cols(); ++q) {
        real pp = 0, qq = 0, pq = 0;
        for (std::size_t i = 0; i < m.rows(); ++i) {
          pp += m(i, p) * m(i, p);
          qq += m(i, q) * m(i, q);
          pq += m(i, p) * m(i, q);
        }
        if (std::abs(pq) <= epsilon * std::sqrt(pp) * std::sqrt(qq)) continue;
        rotated = true;
        const real tau = (qq - pp) / (2 * pq);
        const real t = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
        const real c = 1 / std::sqrt(1 + t * t);
        const real s = t * c;
        for (std::size_t i = 0; i < m.rows(); ++i) {
          const real ip = m(i, p);
          const real iq = m(i, q);
          m(i, p) = c * ip - s * iq;
          m(i, q) = s * ip + c * iq;
        }
      }
    }
  }
  std::vector<double> values;
  for (std::size_t q = 0; q < m.cols(); ++q) {
    double squares = 0;
    for (std::size_t i = 0; i < m.rows(); ++i) squares += static_cast<double>(m(i, q)) * static_cast<double>(m(i, q));
    values.push_back(std::sqrt(squares));
  }
  std::ranges::sort(values, std::greater());
  return values;
}

std::size_t rank_of(const Tensor& m) {
  const std::vector<double> values = singular_values(m);
  const double limit = 1000 * static_cast<double>(std::numeric_limits<real>::epsilon()) * values.front();
  return static_cast<std::size_t>(std::ranges::count_if(values, [&](double v) { return v > limit; }));
}

}  // namespace primer
