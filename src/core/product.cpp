// C = A B at close to the speed of the arithmetic units, in plain C++. Five ideas make it fast.
//
// 1. A micro-tile of C (mr × nr in the names of Goto and van de Geijn) stays in registers. A processor starts several
//    multiply-adds in a cycle but can load only about as many numbers, so each loaded number must be used more than
//    once. `tile` keeps height × width elements of C in a local array, which the compiler holds in vector registers. A
//    step in k loads `width` numbers of B and one of A per row, and does height · width multiply-adds with them. The
//    chains are independent, which hides that each multiply-add takes four cycles. If C has few rows, wider tiles
//    replace the missing chains.
// 2. A micro-panel of B (kc × nr) is shared by all tiles of a strip, one below the other. It has the columns of a tile
//    and at most `depth` rows, and fits into the first-level cache. It is read in place if its rows are contiguous and
//    near one another. Otherwise (a transposed view, as in ∂L/∂x = ∂L/∂z W; a large B; fewer columns left than a tile
//    is wide) it is packed first, together with its neighbours (nc columns), because short pieces of distant rows are
//    slow to load. A is always read in place.
// 3. Each element of C is one chain c ← fma(a, b, c) in the order of k, whatever the tile. Nothing is ever summed in
//    another order, so every machine gets the same bits. A chain begins at `start`: zero, a bias, or, if B has more
//    rows than a panel, what the panel before has left in C.
// 4. A narrow C (∂L/∂W of a layer with few outputs) would leave most of a tile unused, so its transpose is computed:
//    fma(b, a, c) is fma(a, b, c).
// 5. Tiny products (XOR, one row times few columns) are plain loops: setting up panels would take longer than the work.
//
// Where fma is emulated, a product with a number that the emulation cannot take is a plain loop over the library's fma.
//
// The calls: product (may transpose) → large_product → panels (may pack; not for few rows) → strip → tile, with
// edge_strip between the two if C needs it. Tiny products: tiny_product → chains.
//
// Compare K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34, 2008, which
// packs both operands; at the sizes of small networks reading A in place is faster.
#include "primer/core/product.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "primer/core/fma.hpp"

// GCC would unroll the loop over the lanes of a vector before it could vectorise it, which is eight times slower. It
// keeps a tile in registers only if the loops that load and store it are unrolled. clang needs neither pragma.
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
constexpr std::size_t vector_bytes = 64, tile_vectors = 16;  // of 32 registers
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32, tile_vectors = 12;  // of 16
#else
constexpr std::size_t vector_bytes = 16, tile_vectors = 12;
#endif
constexpr std::size_t lanes = vector_bytes / sizeof(real);
constexpr std::size_t narrow = std::max(lanes, std::size_t{4}), wide = std::max(2 * lanes, narrow);  // nr, two widths
constexpr std::size_t widest = 8 * lanes;       // nr of a tile of one row
constexpr std::size_t depth = 256;              // kc, rows of a micro-panel
constexpr std::size_t together = 4;             // micro-panels packed at once: nc = together · nr
constexpr std::size_t first_cache = 32 * 1024;  // bytes that a panel read in place may span
constexpr std::size_t tiny = 64;                // multiply-adds

// mr: fewer rows if a tile is wider than two vectors, but not more if it is narrower, since registers run out.
template <std::size_t width>
constexpr std::size_t tile_rows = tile_vectors / (std::max(width, 2 * lanes) / lanes);

using In = View<const real>;
using Out = View<real>;

// The start of chains that begin at zero: a view of any size with strides 0. Its blocks and its transpose are the same
// view, and a tile reads it as if the column stride were 1.
alignas(64) constexpr real zeros[widest] = {};

// Whether the columns of both are contiguous, as vector loads need them.
bool contiguous(const In& start, const Out& C) {
  return C.col_stride == 1 && (start.col_stride == 1 || start.data == zeros);
}

// C[i][j] = start[i][j] + Σ_k A[i][k] B[k][j], k in order, for `height` rows from `top` on and the first `width`
// columns, which are contiguous in all but A. K = A.cols is a parameter because clang keeps c in registers only then.
template <std::size_t height, std::size_t width>
[[gnu::noinline]] void tile(std::size_t top, std::size_t K, const In& A, const In& B, const In& start, const Out& C) {
  constexpr std::size_t vectors = width / lanes;
  const real* const from = start.at(top, 0);
  real c[height][vectors][lanes];
  UNROLL_LOOP
  for (std::size_t i = 0; i < height; ++i) UNROLL_LOOP
  for (std::size_t v = 0; v < vectors; ++v)
    for (std::size_t j = 0; j < lanes; ++j) c[i][v][j] = from[i * start.row_stride + v * lanes + j];
  const real* const a = A.at(top, 0);
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t i = 0; i < height; ++i) {
      const real a_ik = a[i * A.row_stride + k * A.col_stride];
      for (std::size_t v = 0; v < vectors; ++v) {
        const real* const b_k = B.data + k * B.row_stride + v * lanes;
        KEEP_LOOP
        for (std::size_t j = 0; j < lanes; ++j) c[i][v][j] = fma(a_ik, b_k[j], c[i][v][j]);
      }
    }
  }
  real* const to = C.at(top, 0);
  UNROLL_LOOP
  for (std::size_t i = 0; i < height; ++i) UNROLL_LOOP
  for (std::size_t v = 0; v < vectors; ++v)
    for (std::size_t j = 0; j < lanes; ++j) to[i * C.row_stride + v * lanes + j] = c[i][v][j];
}

// One tile for the rows that are left from `top` on. These are fewer than `height`, perhaps none.
template <std::size_t height, std::size_t width>
void last_tile(std::size_t top, const In& A, const In& B, const In& start, const Out& C) {
  if constexpr (height > 1) {
    if (A.rows - top == height - 1) {
      tile<height - 1, width>(top, A.cols, A, B, start, C);
    } else {
      last_tile<height - 1, width>(top, A, B, start, C);
    }
  }
}

// `width` columns of C, from the first row to the last.
template <std::size_t width>
void strip(const In& A, const In& B, const In& start, const Out& C) {
  constexpr std::size_t height = tile_rows<width>;
  std::size_t i = 0;
  for (; i + height <= A.rows; i += height) tile<height, width>(i, A.cols, A, B, start, C);
  last_tile<height, width>(i, A, B, start, C);
}

// Copies the part of `from` that fits into `to`. The inner loop runs along the longer side.
void copy(const In& from, const Out& to) {
  if (to.rows > to.cols) return copy(from.transposed(), to.transposed());
  for (std::size_t i = 0; i < to.rows; ++i) {
    const real* const in = from.at(i, 0);
    real* const out = to.at(i, 0);
    for (std::size_t j = 0; j < to.cols; ++j) out[j * to.col_stride] = in[j * from.col_stride];
  }
}

// A strip of fewer than `width` columns, or of columns that are not contiguous: computed in a buffer, then copied.
template <std::size_t width>
[[gnu::noinline]] void edge_strip(const In& A, const In& B, const In& start, const Out& C) {
  constexpr std::size_t most = 4 * tile_rows<width>;
  alignas(64) real one_row[width] = {};
  alignas(64) real padded[most * width];
  const bool same = start.row_stride == 0;  // one row is the start of all
  if (same) copy(start.block(0, 0, 1, C.cols), Out(one_row, 1, C.cols, width, 1));
  for (std::size_t i = 0; i < C.rows; i += most) {
    const std::size_t now = std::min(most, C.rows - i);
    const Out c(padded, now, C.cols, width, 1);
    if (!same) {
      std::fill_n(padded, now * width, real(0));
      copy(start.block(i, 0, now, C.cols), c);
    }
    strip<width>(A.block(i, 0, now, A.cols), B, same ? In(one_row, now, width, 0, 1) : In(c), c);
    copy(c, C.block(i, 0, now, C.cols));
  }
}

// Uses strip() if all columns are there and contiguous, else edge_strip().
template <std::size_t width>
void any_strip(const In& A, const In& B, const In& start, const Out& C) {
  if (C.cols == width && contiguous(start, C)) {
    strip<width>(A, B, start, C);
  } else {
    edge_strip<width>(A, B, start, C);
  }
}

// packed[k * width + j] = B[k][j], for a B whose columns are contiguous. Four columns at a time are interleaved, one
// number of each in turn, which compilers do well in vector registers. The result is moved four numbers at a time.
// Missing columns are filled with copies of the last one.
template <std::size_t width>
void pack_transposed(const In& B, real* __restrict packed) {
  alignas(64) real mixed[4 * depth];
  const auto column = [&](std::size_t j) { return B.at(0, std::min(j, B.cols - 1)); };
  for (std::size_t j = 0; j < width; j += 4) {
    const real *const b0 = column(j), *const b1 = column(j + 1), *const b2 = column(j + 2), *const b3 = column(j + 3);
    for (std::size_t k = 0; k < B.rows; ++k) {
      mixed[4 * k] = b0[k];
      mixed[4 * k + 1] = b1[k];
      mixed[4 * k + 2] = b2[k];
      mixed[4 * k + 3] = b3[k];
    }
    for (std::size_t k = 0; k < B.rows; ++k) std::copy_n(mixed + 4 * k, 4, packed + k * width + j);
  }
}

// Writes panels of `width` columns one after the other, each B.rows × width. Missing columns of the last panel are
// filled: tiles compute with them, but the results are not used.
template <std::size_t width>
[[gnu::noinline]] void pack(const In& B, real* packed) {
  constexpr std::size_t ahead = 8;       // rows to prefetch, because the hardware does not predict distant rows
  constexpr std::size_t worthwhile = 8;  // rows of a transposed B from which on interleaving is faster
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
    const In b = B.block(0, j, K, now);
    if (b.row_stride == 1 && K >= worthwhile) {
      pack_transposed<width>(b, packed + j * K);
    } else {
      if (now < width) std::fill_n(packed + j * K, width * K, real(0));
      copy(b, Out(packed + j * K, K, now, width, 1));
    }
  }
}

// At most together · width columns of C, panel by panel.
template <std::size_t width>
void panels(const In& A, const In& B, const In& start, const Out& C) {
  alignas(64) real packed[depth * together * width];
  for (std::size_t k = 0; k < B.rows; k += depth) {
    const std::size_t deep = std::min(depth, B.rows - k);
    const In a = A.block(0, k, A.rows, deep), b = B.block(k, 0, deep, B.cols);
    const In from = k == 0 ? start : In(C);
    const bool in_place = B.cols % width == 0 && B.col_stride == 1 && deep * B.row_stride * sizeof(real) <= first_cache;
    if (!in_place) pack<width>(b, packed);
    for (std::size_t j = 0; j < B.cols; j += width) {
      const std::size_t now = std::min(width, B.cols - j);
      const In panel = in_place ? b.block(0, j, deep, now) : In(packed + j * deep, deep, now, width, 1);
      any_strip<width>(a, panel, from.block(0, j, A.rows, now), C.block(0, j, A.rows, now));
    }
  }
}

// Goes through the columns of C in groups, each as wide as possible.
[[gnu::noinline]] void large_product(const In& A, const In& B, const In& start, const Out& C) {
  const std::size_t M = C.rows, N = C.cols;
  std::size_t j = 0;
  const auto next_columns = [&](std::size_t n, auto part) {
    part(A, B.block(0, j, B.rows, n), start.block(0, j, M, n), C.block(0, j, M, n));
    j += n;
  };
  while (j < N) {
    const std::size_t left = N - j;
    if (M == 1 && B.col_stride == 1 && left >= widest) {  // few rows: wider tiles, and panels would not pay
      next_columns(widest, any_strip<widest>);
    } else if (M < 4 && B.col_stride == 1 && left >= widest / 2) {
      next_columns(widest / 2, any_strip<widest / 2>);
    } else if (left <= narrow) {
      next_columns(left, panels<narrow>);
    } else {
      next_columns(std::min(left, together * wide), panels<wide>);
    }
  }
}

// rows × cols elements of C from (i, j) on, computed together; `dense` if columns are contiguous.
template <std::size_t rows, std::size_t cols, bool dense = false>
[[gnu::always_inline]] inline void chains(std::size_t i, std::size_t j, const In& A, const In& B, const In& start,
                                          const Out& C) {
  const std::size_t b_col = dense ? 1 : B.col_stride, from_col = dense ? 1 : start.col_stride;
  const std::size_t to_col = dense ? 1 : C.col_stride;
  const real *const a = A.at(i, 0), *const b = B.at(0, j), *const from = start.at(i, j);
  real* const to = C.at(i, j);
  real c[rows][cols];
  for (std::size_t u = 0; u < rows; ++u)
    for (std::size_t v = 0; v < cols; ++v) c[u][v] = from[u * start.row_stride + v * from_col];
  for (std::size_t k = 0; k < A.cols; ++k) {
    UNROLL_LOOP
    for (std::size_t u = 0; u < rows; ++u) UNROLL_LOOP
    for (std::size_t v = 0; v < cols; ++v)
      c[u][v] = fma(a[u * A.row_stride + k * A.col_stride], b[k * B.row_stride + v * b_col], c[u][v]);
  }
  for (std::size_t u = 0; u < rows; ++u)
    for (std::size_t v = 0; v < cols; ++v) to[u * C.row_stride + v * to_col] = c[u][v];
}

// For products so small that setting up panels would take longer than the work.
void tiny_product(const In& A, const In& B, const In& start, const Out& C) {
  std::size_t i = 0;
  if (C.cols == 4 && B.col_stride == 1 && contiguous(start, C)) {
    for (; i < C.rows; ++i) chains<1, 4, true>(i, 0, A, B, start, C);
    return;
  }
  for (; i + 4 <= C.rows; i += 4)
    for (std::size_t j = 0; j < C.cols; ++j) chains<4, 1>(i, j, A, B, start, C);
  for (; i < C.rows; ++i) {
    std::size_t j = 0;
    for (; j + 4 <= C.cols; j += 4) chains<1, 4>(i, j, A, B, start, C);
    if (j + 3 == C.cols) {
      chains<1, 3>(i, j, A, B, start, C);
    } else if (j + 2 == C.cols) {
      chains<1, 2>(i, j, A, B, start, C);
    } else if (j + 1 == C.cols) {
      chains<1, 1>(i, j, A, B, start, C);
    }
  }
}

bool can_emulate_fma(const In& m) {
  bool can = true;
  for (std::size_t i = 0; i < m.rows; ++i)
    for (std::size_t j = 0; j < m.cols; ++j) can &= primer::can_emulate_fma(static_cast<double>(*m.at(i, j)));
  return can;
}

// The definition: every element is one chain of the library's fma.
void plain_product(const In& A, const In& B, const In& start, const Out& C) {
  for (std::size_t i = 0; i < C.rows; ++i) {
    for (std::size_t j = 0; j < C.cols; ++j) {
      real c = *start.at(i, j);
      for (std::size_t k = 0; k < A.cols; ++k) c = std::fma(*A.at(i, k), *B.at(k, j), c);
      *C.at(i, j) = c;
    }
  }
}

void product(const In& A, const In& B, const In& start, const Out& C) {
  if (fma_is_emulated && !(can_emulate_fma(A) && can_emulate_fma(B) && can_emulate_fma(start)))
    return plain_product(A, B, start, C);
  const std::size_t M = C.rows, N = C.cols, K = A.cols;
  if (N < narrow && N < M && A.row_stride == 1)  // Cᵀ = Bᵀ Aᵀ, where Aᵀ has dense rows
    return product(B.transposed(), A.transposed(), start.transposed(), C.transposed());
  if (K == 0) return copy(start, C);  // every chain is empty
  const bool is_tiny = M <= tiny && N <= tiny && K <= tiny && M * N * K <= tiny;
  if (is_tiny || (M == 1 && N < narrow)) return tiny_product(A, B, start, C);
  large_product(A, B, start, C);
}

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
  product(A, B, In(zeros, A.rows, B.cols, 0, 0), Out(C));
}

void multiply_add(const MatrixView& A, const MatrixView& B, const Tensor& bias, Tensor& C) {
  check(A, B);
  if (bias.size() != B.cols)
    throw std::invalid_argument("product: a bias of " + bias.shape() + " for " + std::to_string(B.cols) +
                                " columns: it must have one number per column");
  C.resize(A.rows, B.cols);
  product(A, B, In(bias.data(), A.rows, B.cols, 0, 1), Out(C));
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
