// Computes the matrix product C = A B in plain C++, nearly as fast as the arithmetic units of the processor allow.
// For each element of C, fma(a, b, c) adds the products of one row of A and one column of B, always from first to last.
// The sum begins with 0 or with a bias. fma rounds only once, so every machine gets the same bits.
//
// A tile is a small part of C. While a tile is computed, all its elements stay in registers.
// A panel is a strip of B that is as wide as a tile.
// A block is a part of B. A block has several panels and fits into the second-level cache.
// To pack a matrix means to copy its numbers into a buffer, in the order in which the multiply-adds need the numbers.
//
// The calls: product → large_product (may transpose) → blocks (may pack B) → tiles (may pack A) → tile or edge_tile.
// One to three rows: large_product → tiles (last columns: blocks). Tiny product: product → tiny_product → chains.
//
// Compare K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34, 2008. The
// authors write mr × nr for a tile, kc × nr for a panel and kc × nc for a block. They always pack A and B, and keep a
// block of A in the second-level cache. This file keeps a block of B there, and packs A and B only if that is faster.
#include "primer/core/product.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "primer/core/fma.hpp"

// Pragmas for GCC; clang needs none. KEEP_LOOP: GCC does not unroll the loop over the numbers of a vector. Unrolled,
// the loop would be eight times slower, because GCC cannot vectorise it. UNROLL_LOOP: GCC unrolls the loops over the
// sums of a tile, and so keeps these sums in registers. A loop in a noinline function can use all registers.
#if defined(__GNUC__) && !defined(__clang__)
#define KEEP_LOOP _Pragma("GCC unroll 1")
#define UNROLL_LOOP _Pragma("GCC unroll 16")
#else
#define KEEP_LOOP
#define UNROLL_LOOP
#endif

namespace primer {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64, tile_vectors = 16;  // a tile of C takes 16 of the 32 vector registers
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32, tile_vectors = 12;  // a tile of C takes 12 of the 16 vector registers
#else
constexpr std::size_t vector_bytes = 16, tile_vectors = 12;
#endif
constexpr std::size_t lanes = vector_bytes / sizeof(real);
constexpr std::size_t narrow = std::max(lanes, std::size_t{4}), wide = 2 * lanes;  // columns of a tile (Goto's nr)
constexpr std::size_t widest = 8 * lanes;  // columns of a tile if C has one row; half as many for two or three rows
constexpr std::size_t depth = 256;  // kc: maximum number of rows of a panel; depth · tile_rows numbers of A fit in L1
constexpr std::size_t room = 1024 * std::max(4 * vector_bytes, std::size_t{128}) / sizeof(real);  // numbers in a block
constexpr std::size_t near = 32 * 1024 / sizeof(real);  // a block is packed (copied) if rows · row stride > `near` = L1
constexpr std::size_t far = 512 * 1024 / sizeof(real);  // a transposed A that spans `far` numbers is packed (half L2)
constexpr std::size_t tiny = 64;                        // product() uses plain loops up to this number of multiply-adds
constexpr std::size_t tile_rows = tile_vectors / 2;     // mr: rows of a tile; a row of a wide tile is two SIMD vectors

using In = View<const real>;
using Out = View<real>;

// The initial values of C if there is no bias. They are read through a matrix view with both strides 0, in which
// each element is the first zero. Only code that reads whole vectors needs more zeros, up to `widest`.
alignas(64) constexpr real zeros[widest] = {};

// Whether whole vectors can be read from the rows of `start` (the initial values of C) and written to the rows of C.
bool contiguous(const In& start, const Out& C) {
  return C.col_stride == 1 && (start.col_stride == 1 || start.data == zeros);
}

// Computes a tile: C[i][j] = start[i][j] + Σ_k A[i][k] B[k][j] for height × width elements of C and k = 0, …, K − 1.
// The rows of B, `start` and C are contiguous. K is A.cols. This argument helps clang to keep the sums in registers.
//
// A multiply-add needs two numbers, but in the same time a processor loads only about one number. So each loaded number
// is used several times: for each k, a tile loads width + height numbers of B and A, and does height · width
// multiply-adds. A processor has two units for vector multiply-adds, and a multiply-add takes about four cycles. So
// about eight vector multiply-adds can run at the same time, and a tile should have at least eight vectors of sums.
template <std::size_t height, std::size_t width>
[[gnu::noinline]] void tile(std::size_t K, const In& A, const In& B, const In& start, const Out& C) {
  constexpr std::size_t vectors = width / lanes;
  real c[height][vectors][lanes];
  UNROLL_LOOP
  for (std::size_t i = 0; i < height; ++i) UNROLL_LOOP
  for (std::size_t v = 0; v < vectors; ++v)
    for (std::size_t j = 0; j < lanes; ++j) c[i][v][j] = start.data[i * start.row_stride + v * lanes + j];
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t i = 0; i < height; ++i) {
      const real a_ik = A.data[i * A.row_stride + k * A.col_stride];
      for (std::size_t v = 0; v < vectors; ++v) {
        const real* const b_k = B.data + k * B.row_stride + v * lanes;
        KEEP_LOOP
        for (std::size_t j = 0; j < lanes; ++j) c[i][v][j] = fma(a_ik, b_k[j], c[i][v][j]);
      }
    }
  }
  UNROLL_LOOP
  for (std::size_t i = 0; i < height; ++i) UNROLL_LOOP
  for (std::size_t v = 0; v < vectors; ++v)
    for (std::size_t j = 0; j < lanes; ++j) C.data[i * C.row_stride + v * lanes + j] = c[i][v][j];
}

// Copies the numbers of `from` to `to`, row by row. The two matrices have the same shape.
void copy(const In& from, const Out& to) {
  for (std::size_t i = 0; i < to.rows; ++i) {
    const real* const in = from.at(i, 0);
    real* const out = to.at(i, 0);
    for (std::size_t j = 0; j < to.cols; ++j) out[j * to.col_stride] = in[j * from.col_stride];
  }
}

// Does the same as tile(), but in a buffer, so that C may have fewer than `width` columns or a column stride above 1.
template <std::size_t height, std::size_t width>
[[gnu::noinline]] void edge_tile(const In& A, const In& B, const In& start, const Out& C) {
  alignas(64) real buffer[height * width] = {};
  const Out c(buffer, height, C.cols, width, 1);
  copy(start, c);
  tile<height, width>(A.cols, A, B, c, c);
  copy(c, C);
}

// Computes C in tiles from left to right. C has 1 to `height` rows. A packed B consists of panels with `width` columns:
// the panel of the columns j, j + 1, … begins at B.at(0, j), and B.row_stride is `width`. All tiles read the same rows
// of A from the first-level cache. A transposed A that spans `far` numbers or more (∂L/∂W = xᵀ ∂L/∂z) is packed first.
// once = true: no other rows of C use B, and `width` divides C.cols. Then nothing is packed, and K may exceed `depth`.
template <std::size_t height, std::size_t width, bool once>
void tiles(const In& A, const In& B, const In& start, const Out& C) {
  if constexpr (height > 1) {
    if (C.rows < height) return tiles<height - 1, width, once>(A, B, start, C);
  }
  const std::size_t K = A.cols;
  alignas(64) real packed[once ? 1 : height * depth];
  const In packed_A(packed, height, K, 1, height);
  const bool packs = !once && A.row_stride == 1 && K * A.col_stride >= far && C.cols > width;
  for (std::size_t k = 0; packs && k < K; ++k) std::copy_n(A.at(0, k), height, packed + k * height);
  const In& a = packs ? packed_A : A;
  const bool dense = contiguous(start, C);
  for (std::size_t j = 0; j < C.cols; j += width) {
    const std::size_t now = once ? width : std::min(width, C.cols - j);
    const In b = B.block(0, j, K, now), from = start.block(0, j, height, now);
    const Out c = C.block(0, j, height, now);
    if (dense && now == width) {
      tile<height, width>(K, a, b, from, c);
    } else {
      edge_tile<height, width>(a, b, from, c);
    }
  }
}

// Copies B into panels, one after the other. A panel contains `width` neighbouring columns of B, stored row by row. If
// the last panel has fewer columns of B, zeros replace the missing columns. Results from these zeros are not used.
template <std::size_t width>
[[gnu::noinline]] void pack(const In& B, real* packed) {
  constexpr std::size_t ahead = 16;  // prefetch distance in rows; the hardware itself does not prefetch distant rows
  const std::size_t K = B.rows, whole = B.col_stride == 1 ? B.cols / width * width : 0;
  for (std::size_t k = 0; whole > 0 && k < K; ++k) {
    for (std::size_t j = 0; j < whole; j += width) {
      const real* const later = B.at(std::min(k + ahead, K - 1), j);
      __builtin_prefetch(later);
      __builtin_prefetch(later + width / 2);
      std::copy_n(B.at(k, j), width, packed + j * K + k * width);
    }
  }
  for (std::size_t j = whole; j < B.cols; j += width) {
    const std::size_t now = std::min(width, B.cols - j);
    if (now < width) std::fill_n(packed + j * K, width * K, real(0));
    real* const panel = packed + j * K;
    std::size_t v = 0;
    for (; B.row_stride == 1 && v + 4 <= now; v += 4) {  // four columns at a time, so that the loop becomes vector code
      const real *const b0 = B.at(0, j + v), *const b1 = B.at(0, j + v + 1);
      const real *const b2 = B.at(0, j + v + 2), *const b3 = B.at(0, j + v + 3);
      for (std::size_t k = 0; k < K; ++k) {
        const real row[4] = {b0[k], b1[k], b2[k], b3[k]};
        std::copy_n(row, 4, panel + k * width + v);
      }
    }
    copy(B.block(0, j + v, K, now - v).transposed(), Out(panel + v, now - v, K, 1, width));
  }
}

// Splits B into blocks. A block continues the sums of the block above it: between two blocks, the sums are in C. A
// block is packed (copied panel by panel) if its rows are slow to load (B is large or a transposed view), or if its
// last panel has fewer than `width` columns, because a tile reads `width` columns. Any other block is read in place.
template <std::size_t width>
[[gnu::noinline]] void blocks(const In& A, const In& B, const In& start, const Out& C) {
  constexpr std::size_t height = tile_rows;
  alignas(64) real packed[room];
  for (std::size_t k = 0; k < B.rows; k += depth) {
    const std::size_t deep = std::min(depth, B.rows - k), nc = room / deep / width * width;
    const In from = k == 0 ? start : In(C);
    for (std::size_t j = 0; j < B.cols; j += nc) {
      const std::size_t cols = std::min(nc, B.cols - j);
      In b = B.block(k, j, deep, cols);
      if (cols % width != 0 || B.col_stride != 1 || deep * B.row_stride > near) {
        pack<width>(b, packed);
        b = In(packed, deep, cols, width, deep);  // the panel of column j = 0, width, 2 width, … begins at b.at(0, j)
      }
      for (std::size_t i = 0, now = 0; i < C.rows; i += now) {
        const std::size_t left = C.rows - i;
        // If the last rows of C do not fit in one tile, two tiles share them equally: a tile with one row is slow.
        now = left >= 2 * height ? height : left > height ? (left + 1) / 2 : left;
        tiles<height, width, false>(A.block(i, k, now, deep), b, from.block(i, j, now, cols), C.block(i, j, now, cols));
      }
    }
  }
}

// Computes the next `cols` elements of row i of C, from column j on, or fewer elements if the row ends. Their sums do
// not wait for each other. dense = true: these are `cols` elements, contiguous in B, C and `start` (the initial C).
template <std::size_t cols, bool dense>
[[gnu::always_inline]] inline void chains(std::size_t i, std::size_t j, const In& A, const In& B, const In& start,
                                          const Out& C) {
  if constexpr (cols > 1 && !dense) {
    if (C.cols - j < cols) return chains<cols - 1, dense>(i, j, A, B, start, C);
  }
  const std::size_t from_col = dense ? 1 : start.col_stride, to_col = dense ? 1 : C.col_stride;
  real c[cols];
  for (std::size_t v = 0; v < cols; ++v) c[v] = start.at(i, j)[v * from_col];
  for (std::size_t k = 0; k < A.cols; ++k) {
    const real a_ik = *A.at(i, k), *const b_k = B.at(k, j);
    if constexpr (dense) {
      KEEP_LOOP
      for (std::size_t v = 0; v < cols; ++v) c[v] = fma(a_ik, b_k[v], c[v]);
    } else {
      UNROLL_LOOP
      for (std::size_t v = 0; v < cols; ++v) c[v] = fma(a_ik, b_k[v * B.col_stride], c[v]);
    }
  }
  for (std::size_t v = 0; v < cols; ++v) C.at(i, j)[v * to_col] = c[v];
}

// Computes C by plain loops. For a tiny product, packing would take longer than the multiply-adds.
[[gnu::always_inline]] inline void tiny_product(const In& A, const In& B, const In& start, const Out& C) {
  const bool dense = C.cols == 4 && B.col_stride == 1 && contiguous(start, C);
  for (std::size_t i = 0; dense && i < C.rows; ++i) chains<4, true>(i, 0, A, B, start, C);
  for (std::size_t i = 0; !dense && i < C.rows; ++i) {
    for (std::size_t j = 0; j < C.cols; j += 4) chains<4, false>(i, j, A, B, start, C);
  }
}

// Computes C in tiles from left to right. Most tiles have `wide` columns. If C has one to three rows and B is not
// transposed, the first tiles have 8 or 4 SIMD vectors per row. If at most `narrow` columns remain, the last tile has
// `narrow` columns, otherwise `wide` columns, some of them unused. If C has few columns and A is transposed (as in
// ∂L/∂W = xᵀ ∂L/∂z), Cᵀ = Bᵀ Aᵀ is computed: the rows of Aᵀ are contiguous, and fma(b, a, c) is fma(a, b, c).
[[gnu::noinline]] void large_product(const In& A, const In& B, const In& start, const Out& C) {
  const std::size_t M = C.rows, N = C.cols, K = A.cols;
  if (M == 0 || K == 0) return copy(start, C);  // nothing to multiply: C is empty (M = 0) or equal to `start` (K = 0)
  if (N < M && N < narrow && A.row_stride == 1)
    return large_product(B.transposed(), A.transposed(), start.transposed(), C.transposed());
  if (M == 1 && N < narrow) return tiny_product(A, B, start, C);
  std::size_t j = 0;
  const auto next_columns = [&](std::size_t n, auto part) {
    if (n > 0) part(A, B.block(0, j, K, n), start.block(0, j, M, n), C.block(0, j, M, n));
    j += n;
  };
  if (M < 4 && B.col_stride == 1) {
    if (M == 1) next_columns(N / widest * widest, tiles<1, widest, true>);
    next_columns((N - j) / (widest / 2) * (widest / 2), tiles<3, widest / 2, true>);
  }
  const std::size_t left = (N - j) % wide;
  next_columns(N - j - (left <= narrow ? left : 0), blocks<wide>);
  next_columns(N - j, blocks<narrow>);
}

// Computes C = start + A B. Inlined, because a call would pass the matrix views in memory: slow for a tiny product.
[[gnu::always_inline]] inline void product(const In& A, const In& B, const In& start, const Out& C) {
#ifdef PRIMER_FMA
  if (product_without_emulation(A, B, start, C)) return;  // for numbers too large or small for emulated_fma()
#endif
  const std::size_t M = C.rows, N = C.cols, K = A.cols;
  if (M > tiny || N > tiny || K > tiny || M * N * K > tiny) return large_product(A, B, start, C);
  const bool swaps = N < M && N < 4;  // whether to compute Cᵀ instead of C: Cᵀ has fewer rows and is faster
  const In a = swaps ? B.transposed() : A, b = swaps ? A.transposed() : B, from = swaps ? start.transposed() : start;
  tiny_product(a, b, from, swaps ? C.transposed() : C);
}

std::string shape(const MatrixView& m) { return std::to_string(m.rows) + " × " + std::to_string(m.cols); }

[[gnu::always_inline]] inline void checked_product(const In& A, const In& B, const In& start, Tensor& C) {
  if (A.cols != B.rows)
    throw std::invalid_argument("product: " + shape(A) + " times " + shape(B) + ": the inner sizes must be equal");
  C.resize(A.rows, B.cols);
  product(A, B, start, Out(C));
}

}  // namespace

void multiply(const MatrixView& A, const MatrixView& B, Tensor& C) {
  checked_product(A, B, In(zeros, A.rows, B.cols, 0, 0), C);
}

void multiply_add(const MatrixView& A, const MatrixView& B, const Tensor& bias, Tensor& C) {
  if (bias.size() != B.cols)
    throw std::invalid_argument("product: the bias is " + bias.shape() + ", the result has " + std::to_string(B.cols) +
                                " columns: the bias must have one number per column");
  checked_product(A, B, In(bias.data(), A.rows, B.cols, 0, 1), C);
}

void column_sums(const Tensor& m, Tensor& sums) {
  sums.resize(1, m.cols());
  constexpr real one = 1;
  product(In(&one, 1, m.rows(), 0, 0), m, In(zeros, 1, m.cols(), 0, 0), Out(sums));  // fma(1, m, c) is c + m
}

}  // namespace primer
