// What the claims need to know about matrices: the affine map that a linear network computes, and singular values.
#pragma once

#include <vector>

#include "primer/core/network.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// z = x Wt + b
struct AffineMap {
  Tensor Wt;  // inputs × outputs
  Tensor b;   // 1 × outputs
};

// All layers multiplied out. It equals z of the last layer if every hidden activation is the identity.
AffineMap collapse(const Network& network);

// The singular values of m, the largest first: as many as m has columns. One-sided Jacobi rotations (M. R. Hestenes,
// "Inversion of matrices by biorthogonalization and related results", 1958; Golub & Van Loan, "Matrix computations",
// §8.6.3). Of a symmetric matrix without negative eigenvalues they are the eigenvalues.
std::vector<double> singular_values(Tensor m);

// The number of singular values above 1000 ε times the largest.
std::size_t rank_of(const Tensor& m);

}  // namespace primer
