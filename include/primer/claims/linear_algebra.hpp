// What the claims need to know about matrices: singular values and the rank.
#pragma once

#include <vector>

#include "primer/core/tensor.hpp"

namespace primer {

// The singular values of m, the largest first: as many as m has columns. One-sided Jacobi rotations (M. R. Hestenes,
// "Inversion of matrices by biorthogonalization and related results", 1958; Golub & Van Loan, "Matrix computations",
// §8.6.3). Of a symmetric matrix without negative eigenvalues they are the eigenvalues.
std::vector<double> singular_values(Tensor m);

// The number of singular values above 1000 ε times the largest.
std::size_t rank_of(const Tensor& m);

}  // namespace primer
