// The matrix product, in which training spends most of its time. Every element of a product is one running sum of fused
// multiply-adds in the order of k, so the bits depend on the operands alone, never on the compiler or the width of a
// vector register (except for the sign and payload of a NaN).
#pragma once

#include <cstddef>
#include <type_traits>

#include "primer/core/tensor.hpp"

namespace primer {

// A matrix, rows × cols, in memory that it does not own: element (i, j) is data[i * row_stride + j * col_stride]. Every
// Tensor converts to a View.
template <typename Number>
struct View {
  Number* data;
  std::size_t rows, row_stride;
  std::size_t cols, col_stride;

  View(Number* d, std::size_t r, std::size_t c, std::size_t rs, std::size_t cs)  // sizes, then strides
      : data(d), rows(r), row_stride(rs), cols(c), col_stride(cs) {}
  View(const Tensor& t) requires std::is_const_v<Number> : View(t.data(), t.rows(), t.cols(), t.cols(), 1) {}
  explicit View(Tensor& t) requires(!std::is_const_v<Number>) : View(t.data(), t.rows(), t.cols(), t.cols(), 1) {}

  Number* at(std::size_t i, std::size_t j) const { return data + i * row_stride + j * col_stride; }
  View block(std::size_t i, std::size_t j, std::size_t r, std::size_t c) const {
    return {at(i, j), r, c, row_stride, col_stride};
  }
  View transposed() const { return {data, cols, rows, col_stride, row_stride}; }
  operator View<const Number>() const { return {data, rows, cols, row_stride, col_stride}; }
};
using MatrixView = View<const real>;

// The transpose of t as a view of its numbers; nothing is copied.
inline MatrixView transposed(const Tensor& t) { return MatrixView(t).transposed(); }

// C = A B, resized to A.rows × B.cols. C must not overlap A or B. Throws std::invalid_argument if A.cols != B.rows.
void multiply(const MatrixView& A, const MatrixView& B, Tensor& C);

// C = A B with `bias` (1 × B.cols) added to every row: each running sum starts at the bias of its column. Throws
// std::invalid_argument if A.cols != B.rows or bias.size() != B.cols. C must not overlap A, B or bias.
void multiply_add(const MatrixView& A, const MatrixView& B, const Tensor& bias, Tensor& C);

// sums (1 × m.cols) = Σ rows of m, added from the first row to the last. `sums` and `m` must be different tensors.
void column_sums(const Tensor& m, Tensor& sums);

}  // namespace primer
