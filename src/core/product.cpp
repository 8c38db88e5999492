// C = A B at close to the speed of the arithmetic units, in plain C++. Five ideas carry it.
//
// 1. A tile of C lives in registers. A processor starts several multiply-adds in a cycle but can fetch only about as
//    many numbers, so each fetched number must be used more than once. `tile` keeps rows × width elements of C in a
//    local array, which the compiler holds in vector registers; a step in k fetches `width` numbers of B and one of A
//    per row, and does rows · width multiply-adds with them. The chains are independent of one another, which hides
//    that each multiply-add takes four cycles; where C has few rows, wider tiles make up for the missing chains.
// 2. A panel of B is what the tiles below one another share: a tile's width of columns, at most `depth` rows, small
//    enough for the first cache. It is read in place if its rows are dense and near one another. Otherwise (B = Wᵀ, a
//    large B, or fewer columns left than a tile is wide) it is first copied together. A is always read in place.
// 3. Each element of C is one chain c ← fma(a, b, c) in the order of k, whatever the tile: nothing is ever summed in
//    another order, so every machine gets the same bits. A product deeper than `depth` goes on where its chains
//    stopped.
// 4. A narrow C (∂L/∂W of a layer with few outputs) would leave most of a tile unused, so its transpose is computed.
// 5. Tiny products (XOR) are plain loops: setting up tiles would take longer than the work.
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
#ifdef __clang__
constexpr std::size_t wide = std::min<std::size_t>(4 * lanes, 32);  // clang 14 makes scalar code of 1 × 64
#else
constexpr std::size_t wide = 4 * lanes;
#endif

// Element (i, j) of a matrix lies at data[i * row_stride + j * col_stride]; a stride of 0 repeats one row.
template <typename Number>
struct Strided {
  Number* data;
  std::size_t row_stride, col_stride;
  Strided from(std::size_t i, std::size_t j) const {
    return {data + i * row_stride + j * col_stride, row_stride, col_stride};
  }
  Strided transposed() const { return {data, col_stride, row_stride}; }
};
using Source = Strided<const real>;
using Target = Strided<real>;

// The start of chains that begin at zero: a matrix of any size, as both its strides are 0.
alignas(64) constexpr real zeros[4 * lanes] = {};

// C[i][j] = start[i][j] + Σ_k A[i][k] B[k][j], for i < rows and j < width, k in order. Columns lie side by side in all
// but A.
template <std::size_t rows, std::size_t width>
void tile(std::size_t K, Source A, Source B, Source start, Target C) {
  constexpr std::size_t vectors = width / lanes;
  real c[rows][vectors][lanes];
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t v = 0; v < vectors; ++v)
      for (std::size_t j = 0; j < lanes; ++j) c[i][v][j] = start.data[i * start.row_stride + v * lanes + j];
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t i = 0; i < rows; ++i) {
      const real a = A.data[i * A.row_stride + k * A.col_stride];
      for (std::size_t v = 0; v < vectors; ++v) {
        const real* b = B.data + k * B.row_stride + v * lanes;
        KEEP_LOOP
        for (std::size_t j = 0; j < lanes; ++j) c[i][v][j] = std::fma(a, b[j], c[i][v][j]);
      }
    }
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t v = 0; v < vectors; ++v)
      for (std::size_t j = 0; j < lanes; ++j) C.data[i * C.row_stride + v * lanes + j] = c[i][v][j];
}

// The same where C has only the first `cols` columns, or where its columns lie apart.
template <std::size_t rows, std::size_t width>
void edge_tile(std::size_t cols, std::size_t K, Source A, Source B, Source start, Target C) {
  real padded[rows * width] = {};
  for (std::size_t i = 0; i < rows; ++i) {
    const real* from = start.from(i, 0).data;
    for (std::size_t j = 0; j < cols; ++j) padded[i * width + j] = from[j * start.col_stride];
  }
  tile<rows, width>(K, A, B, Source{padded, width, 1}, Target{padded, width, 1});
  for (std::size_t i = 0; i < rows; ++i) {
    real* to = C.from(i, 0).data;
    for (std::size_t j = 0; j < cols; ++j) to[j * C.col_stride] = padded[i * width + j];
  }
}

// As many tiles of this height as fit, from row i on; returns the first row that is left.
template <std::size_t rows, std::size_t width>
std::size_t tiles(std::size_t i, std::size_t M, std::size_t cols, std::size_t K, Source A, Source B, Source start,
                  Target C) {
  const bool side_by_side = C.col_stride == 1 && (start.col_stride == 1 || start.data == zeros);
  const bool whole = cols == width && side_by_side;
  for (; i + rows <= M; i += rows) {
    if (whole)
      tile<rows, width>(K, A.from(i, 0), B, start.from(i, 0), C.from(i, 0));
    else
      edge_tile<rows, width>(cols, K, A.from(i, 0), B, start.from(i, 0), C.from(i, 0));
  }
  return i;
}

// Two rows of n numbers become one: a0 b0 a1 b1 …
void zip(std::size_t n, const real* __restrict a, const real* __restrict b, real* __restrict out) {
  for (std::size_t i = 0; i < n; ++i) {
    out[2 * i] = a[i];
    out[2 * i + 1] = b[i];
  }
}

// packed[k * width + j] = B[k][j] where B is a matrix read as its transpose. Zipping row j with row j + width/2, then
// the results with j + width/4, and so on, brings the `width` numbers of each k together: a transposition in vectors.
template <std::size_t width>
void pack_transposed(std::size_t K, std::size_t cols, Source B, real* packed) {
  constexpr std::size_t slice = 32;
  real buffer[2][slice * width];
  for (std::size_t k = 0; k < K; k += slice) {
    std::size_t n = std::min(slice, K - k);
    const real* rows[width];
    for (std::size_t j = 0; j < width; ++j) rows[j] = B.from(k, std::min(j, cols - 1)).data;
    for (std::size_t half = width / 2, step = 0; half > 0; half /= 2, n *= 2, ++step) {
      real* out = half == 1 ? packed + k * width : buffer[step % 2];
      for (std::size_t j = 0; j < half; ++j) {
        zip(n, rows[j], rows[j + half], out + 2 * n * j);
        rows[j] = out + 2 * n * j;
      }
    }
  }
}

template <std::size_t width>
void pack(std::size_t K, std::size_t cols, Source B, real* packed) {
  if (cols < width) std::fill_n(packed, K * width, real(0));
  for (std::size_t k = 0; k < K; ++k) {
    const real* b = B.from(k, 0).data;
    real* row = packed + k * width;
    if (B.col_stride == 1 && cols == width)
      for (std::size_t j = 0; j < width; ++j) row[j] = b[j];
    else
      for (std::size_t j = 0; j < cols; ++j) row[j] = b[j * B.col_stride];
  }
}

// What a panel of B (K × cols, cols ≤ width) adds to these columns of C.
template <std::size_t width>
void panel(std::size_t M, std::size_t cols, std::size_t K, Source A, Source B, Source start, Target C) {
  alignas(64) real packed[depth * width];
  if (cols < width || B.col_stride != 1 || K * B.row_stride * sizeof(real) > first_cache) {
    if (B.row_stride == 1 && K >= lanes)
      pack_transposed<width>(K, cols, B, packed);
    else
      pack<width>(K, cols, B, packed);
    B = {packed, width, 1};
  }
  std::size_t i = tiles<tile_rows, width>(0, M, cols, K, A, B, start, C);
  i = tiles<4, width>(i, M, cols, K, A, B, start, C);
  tiles<1, width>(i, M, cols, K, A, B, start, C);
}

void tiny_product(std::size_t M, std::size_t N, std::size_t K, Source A, Source B, Source start, Target C) {
  for (std::size_t i = 0; i < M; ++i) {
    for (std::size_t j = 0; j < N; ++j) {
      const std::size_t row = i * A.row_stride, col = j * B.col_stride;
      real c = *start.from(i, j).data;
      for (std::size_t k = 0; k < K; ++k)
        c = std::fma(A.data[row + k * A.col_stride], B.data[col + k * B.row_stride], c);
      *C.from(i, j).data = c;
    }
  }
}

void product(std::size_t M, std::size_t N, std::size_t K, Source A, Source B, Source start, Target C) {
  if (M * N * K <= 256) return tiny_product(M, N, K, A, B, start, C);
  if (N < lanes && N < M && A.row_stride == 1)  // a narrow C is better filled along its columns: Cᵀ = Bᵀ Aᵀ
    return product(N, M, K, B.transposed(), A.transposed(), start.transposed(), C.transposed());
  for (std::size_t k = 0; k < K; k += depth) {
    const std::size_t deep = std::min(depth, K - k);
    for (std::size_t j = 0; j < N;) {
      const Source a = A.from(0, k), b = B.from(k, j);
      const Source s = k == 0 ? start.from(0, j) : Source{C.from(0, j).data, C.row_stride, C.col_stride};
      const std::size_t left = N - j;
      std::size_t cols = 2 * lanes;
      if (M < 4 && left >= wide && b.col_stride == 1 && C.col_stride == 1) {  // few rows: more columns at once
        cols = wide;
        tiles<1, wide>(0, M, cols, deep, a, b, s, C.from(0, j));
      } else if (left <= lanes) {
        cols = left;
        panel<lanes>(M, cols, deep, a, b, s, C.from(0, j));
      } else {
        cols = std::min(left, cols);
        panel<2 * lanes>(M, cols, deep, a, b, s, C.from(0, j));
      }
      j += cols;
    }
  }
}

Source source(const MatrixView& m) { return {m.data, m.row_stride, m.col_stride}; }
Target target(Tensor& t) { return {t.data(), t.cols(), 1}; }

std::string shape(const MatrixView& m) { return std::to_string(m.rows) + " × " + std::to_string(m.cols); }

void check(const MatrixView& A, const MatrixView& B) {
  if (A.cols != B.rows)
    throw std::invalid_argument("product: " + shape(A) + " times " + shape(B) + ": the inner sizes must be equal");
}

}  // namespace

void multiply(const MatrixView& A, const MatrixView& B, Tensor& C) {
  check(A, B);
  C.resize(A.rows, B.cols);
  product(A.rows, B.cols, A.cols, source(A), source(B), Source{zeros, 0, 0}, target(C));
}

void multiply_add(const MatrixView& A, const MatrixView& B, const Tensor& bias, Tensor& C) {
  check(A, B);
  if (bias.size() != B.cols)
    throw std::invalid_argument("product: a bias of " + bias.shape() + " for " + std::to_string(B.cols) +
                                " columns: it must have one number per column");
  C.resize(A.rows, B.cols);
  product(A.rows, B.cols, A.cols, source(A), source(B), Source{bias.data(), 0, 1}, target(C));
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
