// C = A B at close to the speed of the arithmetic units, in plain C++. Four ideas carry it.
//
// 1. A tile of C lives in registers. A processor starts several multiply-adds per cycle but can fetch only about as
// many
//    numbers, so each fetched number must be used more than once. The function `tile` keeps rows × width elements of C
//    in a local array, which the compiler holds in vector registers; a step in k fetches `width` numbers of B and one
//    of A per row, and does rows · width multiply-adds with them. The chains are independent, which also hides that one
//    multiply-add takes four cycles.
// 2. A panel of B is what the tiles below one another share: `width` columns, at most `depth` rows, small enough for
// the
//    first cache. If its rows do not lie together in memory, or its columns are not contiguous (B = Wᵀ), or fewer
//    columns are left than a tile is wide, the panel is copied together first; A is always read in place.
// 3. Each element of C is one chain c ← fma(a, b, c) in the order of k, whatever the tile: nothing is summed in
//    another order, so every machine gets the same bits. A product deeper than `depth` goes on where the chain stopped.
// 4. Tiny products (XOR) are plain loops: setting up tiles would take longer than the work.
//
// Compare K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34, 2008, which
// packs both operands; at the sizes of small networks reading A in place is faster.
#include "primer/core/product.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

// GCC would unroll so short a loop before it could vectorise it, eight times slower; clang must not be told.
#if defined(__GNUC__) && !defined(__clang__)
#define KEEP_LOOP _Pragma("GCC unroll 1")
#else
#define KEEP_LOOP
#endif

namespace primer {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64, tile_rows = 8;  // 16 of 32 registers hold the tile
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32, tile_rows = 6;  // 12 of 16
#else
constexpr std::size_t vector_bytes = 16, tile_rows = 6;
#endif
constexpr std::size_t lanes = vector_bytes / sizeof(real);
constexpr std::size_t depth = 256;  // rows of a panel
constexpr std::size_t first_cache = 32 * 1024;

// Where the chains of C start: a row of numbers, the same for all rows when row_stride is 0.
struct Start {
  const real* data;
  std::size_t row_stride;
};

struct Operand {
  const real* data;
  std::size_t row_stride, col_stride;
};

// C[i][j] = start[i][j] + Σ_k A[i][k] B[k][j], for i < rows and j < width, k in order. B's columns are contiguous.
template <std::size_t rows, std::size_t width>
void tile(std::size_t K, Operand A, const real* B, std::size_t b_stride, Start start, real* C, std::size_t c_stride) {
  real c[rows][width];
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < width; ++j) c[i][j] = start.data[i * start.row_stride + j];
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t i = 0; i < rows; ++i) {
      const real a = A.data[i * A.row_stride + k * A.col_stride];
      KEEP_LOOP
      for (std::size_t j = 0; j < width; ++j) c[i][j] = std::fma(a, B[k * b_stride + j], c[i][j]);
    }
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < width; ++j) C[i * c_stride + j] = c[i][j];
}

// The same for a tile of which only the first `cols` columns exist in C; B is padded.
template <std::size_t rows, std::size_t width>
void edge_tile(std::size_t cols, std::size_t K, Operand A, const real* B, std::size_t b_stride, Start start, real* C,
               std::size_t c_stride) {
  real padded[rows * width] = {};
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(start.data + i * start.row_stride, cols, padded + i * width);
  tile<rows, width>(K, A, B, b_stride, {padded, width}, padded, width);
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(padded + i * width, cols, C + i * c_stride);
}

// As many tiles of this height as fit, from row i on; returns the first row that is left.
template <std::size_t rows, std::size_t width>
std::size_t tiles(std::size_t i, std::size_t M, std::size_t cols, std::size_t K, Operand A, const real* B,
                  std::size_t b_stride, Start start, real* C, std::size_t c_stride) {
  for (; i + rows <= M; i += rows) {
    const Operand a{A.data + i * A.row_stride, A.row_stride, A.col_stride};
    const Start s{start.data + i * start.row_stride, start.row_stride};
    if (cols == width)
      tile<rows, width>(K, a, B, b_stride, s, C + i * c_stride, c_stride);
    else
      edge_tile<rows, width>(cols, K, a, B, b_stride, s, C + i * c_stride, c_stride);
  }
  return i;
}

// The `cols` ≤ width columns of C that a panel of B (K × cols) contributes to.
template <std::size_t width>
void panel(std::size_t M, std::size_t cols, std::size_t K, Operand A, Operand B, Start start, real* C,
           std::size_t c_stride) {
  alignas(64) real packed[depth * width];
  const real* b = B.data;
  std::size_t b_stride = B.row_stride;
  if (cols < width || B.col_stride != 1 || K * B.row_stride * sizeof(real) > first_cache) {
    for (std::size_t k = 0; k < K; ++k)
      for (std::size_t j = 0; j < width; ++j)
        packed[k * width + j] = j < cols ? B.data[k * B.row_stride + j * B.col_stride] : 0;
    b = packed;
    b_stride = width;
  }
  std::size_t i = tiles<tile_rows, width>(0, M, cols, K, A, b, b_stride, start, C, c_stride);
  i = tiles<4, width>(i, M, cols, K, A, b, b_stride, start, C, c_stride);
  tiles<1, width>(i, M, cols, K, A, b, b_stride, start, C, c_stride);
}

void tiny_product(const MatrixView& A, const MatrixView& B, Start start, real* C) {
  for (std::size_t i = 0; i < A.rows; ++i) {
    for (std::size_t j = 0; j < B.cols; ++j) {
      real c = start.data[i * start.row_stride + j];
      const real* a = A.data + i * A.row_stride;
      const real* b = B.data + j * B.col_stride;
      for (std::size_t k = 0; k < A.cols; ++k) c = std::fma(a[k * A.col_stride], b[k * B.row_stride], c);
      C[i * B.cols + j] = c;
    }
  }
}

void product(const MatrixView& A, const MatrixView& B, Start start, real* C) {
  const std::size_t M = A.rows, N = B.cols, K = A.cols;
  if (M * N * K <= 256) return tiny_product(A, B, start, C);
  for (std::size_t k = 0; k < K; k += depth) {
    const std::size_t rows = std::min(depth, K - k);
    for (std::size_t j = 0; j < N;) {
      const Operand a{A.data + k * A.col_stride, A.row_stride, A.col_stride};
      const Operand b{B.data + k * B.row_stride + j * B.col_stride, B.row_stride, B.col_stride};
      const Start s = k == 0 ? Start{start.data + j, start.row_stride} : Start{C + j, N};
      const std::size_t left = N - j;
      if (left <= lanes) {
        panel<lanes>(M, left, rows, a, b, s, C + j, N);
        j = N;
      } else {
        panel<2 * lanes>(M, std::min(left, 2 * lanes), rows, a, b, s, C + j, N);
        j += std::min(left, 2 * lanes);
      }
    }
  }
}

std::string shape(const MatrixView& m) { return std::to_string(m.rows) + " × " + std::to_string(m.cols); }

void check(const MatrixView& A, const MatrixView& B) {
  if (A.cols != B.rows)
    throw std::invalid_argument("product: " + shape(A) + " times " + shape(B) + ": the inner sizes must be equal");
}

}  // namespace

void multiply(const MatrixView& A, const MatrixView& B, Tensor& C) {
  check(A, B);
  C.resize(A.rows, B.cols);
  C.fill(0);
  product(A, B, {C.data(), C.cols()}, C.data());
}

void multiply_add(const MatrixView& A, const MatrixView& B, const Tensor& bias, Tensor& C) {
  check(A, B);
  if (bias.size() != B.cols)
    throw std::invalid_argument("product: a bias of " + bias.shape() + " for " + std::to_string(B.cols) +
                                " columns: it must have one number per column");
  C.resize(A.rows, B.cols);
  product(A, B, {bias.data(), 0}, C.data());
}

void column_sums(const Tensor& m, Tensor& sums) {
  sums.resize(1, m.cols());
  sums.fill(0);
  real* out = sums.data();
  for (std::size_t i = 0; i < m.rows(); ++i) {
    const real* row = m.data() + i * m.cols();
    for (std::size_t j = 0; j < m.cols(); ++j) out[j] += row[j];
  }
}

}  // namespace primer
