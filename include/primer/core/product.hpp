// The matrix product, where most of the time of training is spent: the first of the two places that are written for
// speed (the other is elementary.hpp). Every element of a result is one chain of fused multiply-adds in the order of
// k, so the bits depend on the operands alone, never on the compiler or the width of a vector register.
#pragma once

#include <cstddef>

#include "primer/core/tensor.hpp"

namespace primer {

// A matrix that is read in place: element (i, j) lies at data[i * row_stride + j * col_stride].
struct MatrixView {
  const real* data;
  std::size_t rows, cols;
  std::size_t row_stride, col_stride;

  MatrixView(const Tensor& t) : data(t.data()), rows(t.rows()), cols(t.cols()), row_stride(t.cols()), col_stride(1) {}
  MatrixView(const real* d, std::size_t r, std::size_t c, std::size_t rs, std::size_t cs)
      : data(d), rows(r), cols(c), row_stride(rs), col_stride(cs) {}
};

// The same numbers with rows and columns exchanged; nothing is copied.
inline MatrixView transposed(const Tensor& t) { return {t.data(), t.cols(), t.rows(), 1, t.cols()}; }

// C = A B, resized to A.rows × B.cols. Throws std::invalid_argument, naming both shapes, when A.cols != B.rows.
// C must not overlap A or B.
void multiply(const MatrixView& A, const MatrixView& B, Tensor& C);

// C = A B + 1 bias: row vector bias (1 × B.cols) is where each chain starts.
void multiply_add(const MatrixView& A, const MatrixView& B, const Tensor& bias, Tensor& C);

// sums (1 × m.cols) = Σ rows of m, added from the first row to the last. sums must not be m.
void column_sums(const Tensor& m, Tensor& sums);

}  // namespace primer
