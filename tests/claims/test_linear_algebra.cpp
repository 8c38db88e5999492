#include "primer/claims/linear_algebra.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace primer;

namespace {
const double digits = sizeof(real) == 8 ? 1e-13 : 1e-5;
}

TEST_CASE("Singular values of matrices that are known, square, tall and wide") {
  const std::vector<double> diagonal = singular_values(Tensor{{0, 3}, {-4, 0}});
  CHECK(diagonal[0] == doctest::Approx(4).epsilon(digits));
  CHECK(diagonal[1] == doctest::Approx(3).epsilon(digits));
  const std::vector<double> shear = singular_values(Tensor{{1, 1}, {0, 1}});  // golden ratio and its inverse
  CHECK(shear[0] == doctest::Approx((1 + std::sqrt(5)) / 2).epsilon(digits));
  CHECK(shear[1] == doctest::Approx((std::sqrt(5) - 1) / 2).epsilon(digits));
  const Tensor tall{{2, 1}, {1, 1}, {1, -1}};  // tallᵀ tall = [[6, 2], [2, 3]] has the eigenvalues 7 and 2
  CHECK(singular_values(tall)[0] == doctest::Approx(std::sqrt(7)).epsilon(digits));
  CHECK(singular_values(tall)[1] == doctest::Approx(std::sqrt(2)).epsilon(digits));
  const Tensor wide{{2, 1, 1}, {1, 1, -1}};  // tallᵀ
  const std::vector<double> of_wide = singular_values(wide);
  REQUIRE(of_wide.size() == 3);
  CHECK(of_wide[0] == doctest::Approx(std::sqrt(7)).epsilon(digits));
  CHECK(of_wide[1] == doctest::Approx(std::sqrt(2)).epsilon(digits));
  CHECK(of_wide[2] < 10 * digits);
}

TEST_CASE("The rank counts the directions that are not rounding") {
  CHECK(rank_of(Tensor(3, 2)) == 0);
  CHECK(rank_of(Tensor{{1, 2, 3}}) == 1);
  CHECK(rank_of(Tensor{{1, 2}, {2, 4}, {3, 6}}) == 1);
  CHECK(rank_of(Tensor{{1, 0, 1}, {0, 1, 1}}) == 2);
  CHECK(rank_of(Tensor{{1, 0}, {0, real(1e-3)}}) == 2);
  CHECK(rank_of(Tensor{{1, 0}, {0, std::numeric_limits<real>::epsilon()}}) == 1);
}
