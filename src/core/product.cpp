// C = A B at close to the speed of the arithmetic units, in plain C++. Five ideas carry it.
//
// 1. A tile of C lives in registers. A processor starts several multiply-adds in a cycle but can fetch only about as
//    many numbers, so each fetched number must be used more than once. `tile` keeps rows × width elements of C in a
//    local array, which the compiler holds in vector registers; a step in k fetches `width` numbers of B and one of A
//    per row, and does rows · width multiply-adds with them. The chains are independent of one another, which hides
//    that each multiply-add takes four cycles; where C has few rows, wider tiles make up for the missing chains.
// 2. A panel of B is what the tiles below one another share: a tile's width of columns, at most `depth` rows, small
//    enough for the first cache. It is read in place if its rows are dense and near one another. Otherwise (B = Wᵀ, a
//    large B, or fewer columns left than a tile is wide) it is first copied together, of a large B several panels at
//    once, since short pieces of far rows are slow to fetch. A is always read in place.
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

// GCC would unroll so short a loop before it could vectorise it, eight times slower, and it keeps a tile in registers
// only if the loops over its rows are unrolled; clang must not be told.
#if defined(__GNUC__) && !defined(__clang__)
#define KEEP_LOOP _Pragma("GCC unroll 1")
#define UNROLL_LOOP _Pragma("GCC unroll 8")
#else
#define KEEP_LOOP
#define UNROLL_LOOP
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
constexpr std::size_t depth = 256;   // rows of a panel
constexpr std::size_t together = 4;  // panels copied at once
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
// but A. (noinline: inside another function clang keeps c in memory.)
template <std::size_t rows, std::size_t width>
[[gnu::noinline]] void tile(std::size_t K, Source A, Source B, Source start, Target C) {
  constexpr std::size_t vectors = width / lanes;
  real c[rows][vectors][lanes];
  UNROLL_LOOP
  for (std::size_t i = 0; i < rows; ++i) UNROLL_LOOP
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
  UNROLL_LOOP
  for (std::size_t i = 0; i < rows; ++i) UNROLL_LOOP
  for (std::size_t v = 0; v < vectors; ++v)
    for (std::size_t j = 0; j < lanes; ++j) C.data[i * C.row_stride + v * lanes + j] = c[i][v][j];
}

// The same where C has only the first `cols` columns, or where its columns lie apart.
template <std::size_t rows, std::size_t width>
void edge_tile(std::size_t cols, std::size_t K, Source A, Source B, Source start, Target C) {
  real padded[rows * width] = {};
  const std::size_t different = start.row_stride == 0 ? 1 : rows;  // one row may be the start of all
  for (std::size_t i = 0; i < different; ++i) {
    const real* from = start.from(i, 0).data;
    for (std::size_t j = 0; j < cols; ++j) padded[i * width + j] = from[j * start.col_stride];
  }
  tile<rows, width>(K, A, B, Source{padded, different == 1 ? 0 : width, 1}, Target{padded, width, 1});
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

// packed[k * width + j] = B[k][j] where B is a matrix read as its transpose.
template <std::size_t width>
void pack_transposed(std::size_t K, std::size_t cols, Source B, real* packed) {
  const real* rows[width];
  for (std::size_t j = 0; j < width; ++j) rows[j] = B.from(0, std::min(j, cols - 1)).data;
  for (std::size_t k = 0; k < K; ++k)
    for (std::size_t j = 0; j < width; ++j) packed[k * width + j] = rows[j][k];
}

// Panels of `width` columns side by side, each K × width; the last is filled up with zeros.
template <std::size_t width>
void pack(std::size_t K, std::size_t cols, Source B, real* packed) {
  const std::size_t whole = B.col_stride == 1 ? cols / width * width : 0;
  for (std::size_t k = 0; k < K; ++k)
    for (std::size_t j = 0; j < whole; j += width) std::copy_n(B.from(k, j).data, width, packed + j * K + k * width);
  std::fill_n(packed + whole * K, (cols - whole + width - 1) / width * width * K, real(0));
  for (std::size_t j = whole; j < cols; ++j) {
    real* const column = packed + j / width * width * K + j % width;
    for (std::size_t k = 0; k < K; ++k) column[k * width] = *B.from(k, j).data;
  }
}

// What some panels of B (K × cols, cols ≤ together · width) add to these columns of C.
template <std::size_t width>
void panels(std::size_t M, std::size_t cols, std::size_t K, const Source& A, const Source& B, const Source& start,
            const Target& C) {
  alignas(64) real packed[depth * together * width];
  const bool in_place = cols % width == 0 && B.col_stride == 1 && K * B.row_stride * sizeof(real) <= first_cache;
  const bool transposed = B.row_stride == 1 && K >= lanes;
  if (!in_place && !transposed) pack<width>(K, cols, B, packed);
  for (std::size_t j = 0; j < cols; j += width) {
    const std::size_t now = std::min(width, cols - j);
    if (!in_place && transposed) pack_transposed<width>(K, now, B.from(0, j), packed + j * K);
    const Source b = in_place ? B.from(0, j) : Source{packed + j * K, width, 1};
    const Source s = start.from(0, j);
    const Target c = C.from(0, j);
    std::size_t i = tiles<tile_rows, width>(0, M, now, K, A, b, s, c);
    i = tiles<4, width>(i, M, now, K, A, b, s, c);
    tiles<1, width>(i, M, now, K, A, b, s, c);
  }
}

// `cols` elements of a row of C, their chains side by side.
template <std::size_t cols>
void tiny_row(std::size_t K, const Source& A, const Source& B, const Source& start, const Target& C) {
  real c[cols];
  for (std::size_t j = 0; j < cols; ++j) c[j] = start.data[j * start.col_stride];
  for (std::size_t k = 0; k < K; ++k) {
    const real a = A.data[k * A.col_stride];
    for (std::size_t j = 0; j < cols; ++j) c[j] = std::fma(a, B.data[k * B.row_stride + j * B.col_stride], c[j]);
  }
  for (std::size_t j = 0; j < cols; ++j) C.data[j * C.col_stride] = c[j];
}

void tiny_product(std::size_t M, std::size_t N, std::size_t K, const Source& A, const Source& B, const Source& start,
                  const Target& C) {
  for (std::size_t i = 0; i < M; ++i) {
    std::size_t j = 0;
    for (; j + 4 <= N; j += 4) tiny_row<4>(K, A.from(i, 0), B.from(0, j), start.from(i, j), C.from(i, j));
    for (; j + 2 <= N; j += 2) tiny_row<2>(K, A.from(i, 0), B.from(0, j), start.from(i, j), C.from(i, j));
    for (; j < N; ++j) tiny_row<1>(K, A.from(i, 0), B.from(0, j), start.from(i, j), C.from(i, j));
  }
}

void product(std::size_t M, std::size_t N, std::size_t K, const Source& A, const Source& B, const Source& start,
             const Target& C) {
  if (M * N * K <= 256 && (N < lanes || K == 0)) return tiny_product(M, N, K, A, B, start, C);
  if (N < lanes && N < M && A.row_stride == 1)  // a narrow C is better filled along its columns: Cᵀ = Bᵀ Aᵀ
    return product(N, M, K, B.transposed(), A.transposed(), start.transposed(), C.transposed());
  for (std::size_t k = 0; k < K; k += depth) {
    const std::size_t deep = std::min(depth, K - k);
    for (std::size_t j = 0; j < N;) {
      const Source a = A.from(0, k), b = B.from(k, j);
      const Source s = k == 0 ? start.from(0, j) : Source{C.from(0, j).data, C.row_stride, C.col_stride};
      const std::size_t left = N - j;
      std::size_t cols = std::min(left, together * 2 * lanes);
      if (M < 4 && left >= wide && b.col_stride == 1 && C.col_stride == 1) {  // few rows: more columns at once
        cols = wide;
        tiles<1, wide>(0, M, cols, deep, a, b, s, C.from(0, j));
      } else if (left <= lanes) {
        panels<lanes>(M, cols, deep, a, b, s, C.from(0, j));
      } else {
        panels<2 * lanes>(M, cols, deep, a, b, s, C.from(0, j));
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

// The sums of the `width` columns from j on, in registers.
template <std::size_t width>
void sum_columns(const Tensor& m, std::size_t j, Tensor& sums) {
  real c[width] = {};
  for (std::size_t i = 0; i < m.rows(); ++i) {
    const real* row = m.data() + i * m.cols() + j;
    for (std::size_t v = 0; v < width; ++v) c[v] += row[v];
  }
  std::copy_n(c, width, sums.data() + j);
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
  const std::size_t N = m.cols();
  sums.resize(1, N);
  std::size_t j = 0;
  for (; j + 2 * lanes <= N; j += 2 * lanes) sum_columns<2 * lanes>(m, j, sums);
  for (; j + 4 <= N; j += 4) sum_columns<4>(m, j, sums);
  for (; j < N; ++j) sum_columns<1>(m, j, sums);
}

}  // namespace primer
