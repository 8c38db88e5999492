// C = A B at close to the speed of the arithmetic units, in plain C++. Five ideas carry it.
//
// 1. A tile of C lives in registers. A processor starts several multiply-adds in a cycle but can fetch only about as
//    many numbers, so each fetched number must be used more than once. `tiles` keeps rows × width elements of C in a
//    local array, which the compiler holds in vector registers; a step in k fetches `width` numbers of B and one of A
//    per row, and does rows · width multiply-adds with them. The chains are independent of one another, which hides
//    that each multiply-add takes four cycles; where C has few rows, wider tiles make up for the missing chains.
// 2. A panel of B is what the tiles below one another share: a tile's width of columns, at most `depth` rows, small
//    enough for the first cache. It is read in place if its rows are dense and near one another. Otherwise (B = Wᵀ, a
//    large B, or fewer columns left than a tile is wide) it is first packed, of a large B several panels at once, since
//    short pieces of far rows are slow to fetch. A is always read in place.
// 3. Each element of C is one chain c ← fma(a, b, c) in the order of k, whatever the tile: nothing is ever summed in
//    another order, so every machine gets the same bits. A product deeper than `depth` goes on where its chains
//    stopped.
// 4. A narrow C (∂L/∂W of a layer with few outputs) would leave most of a tile unused, so its transpose is computed.
// 5. Tiny products (XOR, one row times few columns) are plain loops: setting up tiles would take longer than the work.
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
constexpr std::size_t narrow = 4, medium = std::max(lanes, narrow), wide = std::max(2 * lanes, narrow);  // panels
constexpr std::size_t widest = 8 * lanes;  // of a tile of one row
constexpr std::size_t depth = 256;         // rows of a panel
constexpr std::size_t together = 4;        // panels copied at once
constexpr std::size_t first_cache = 32 * 1024;

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
alignas(64) constexpr real zeros[widest] = {};

// Whether the columns of both lie side by side, as vectors need them.
bool side_by_side(const Source& start, const Target& C) {
  return C.col_stride == 1 && (start.col_stride == 1 || start.data == zeros);
}

// C[i][j] = start[i][j] + Σ_k A[i][k] B[k][j] for j < width, k in order, and for as many tiles of this height as fit
// from row i on; returns the first row that is left. Columns lie side by side in all but A.
template <std::size_t rows, std::size_t width>
[[gnu::noinline]] std::size_t tiles(std::size_t i, std::size_t M, std::size_t K, Source A, Source B, Source start,
                                    Target C) {
  constexpr std::size_t lane = std::min(width, lanes);
  constexpr std::size_t vectors = width / lane;
  for (; i + rows <= M; i += rows) {
    const real* const from = start.data + i * start.row_stride;
    const real* const a_i = A.data + i * A.row_stride;
    real* const to = C.data + i * C.row_stride;
    real c[rows][vectors][lane];
    UNROLL_LOOP
    for (std::size_t r = 0; r < rows; ++r) UNROLL_LOOP
    for (std::size_t v = 0; v < vectors; ++v)
      for (std::size_t j = 0; j < lane; ++j) c[r][v][j] = from[r * start.row_stride + v * lane + j];
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t r = 0; r < rows; ++r) {
        const real a = a_i[r * A.row_stride + k * A.col_stride];
        for (std::size_t v = 0; v < vectors; ++v) {
          const real* b = B.data + k * B.row_stride + v * lane;
          KEEP_LOOP
          for (std::size_t j = 0; j < lane; ++j) c[r][v][j] = std::fma(a, b[j], c[r][v][j]);
        }
      }
    }
    UNROLL_LOOP
    for (std::size_t r = 0; r < rows; ++r) UNROLL_LOOP
    for (std::size_t v = 0; v < vectors; ++v)
      for (std::size_t j = 0; j < lane; ++j) to[r * C.row_stride + v * lane + j] = c[r][v][j];
  }
  return i;
}

// One tile of just as many rows as are left, fewer than `rows`.
template <std::size_t rows, std::size_t width>
void last_tile(std::size_t i, std::size_t M, std::size_t K, const Source& A, const Source& B, const Source& start,
               const Target& C) {
  if constexpr (rows > 1) {
    if (M - i == rows - 1) {
      tiles<rows - 1, width>(i, M, K, A, B, start, C);
    } else {
      last_tile<rows - 1, width>(i, M, K, A, B, start, C);
    }
  }
}

// `width` columns of C, from the first row to the last.
template <std::size_t width>
void strip(std::size_t M, std::size_t K, const Source& A, const Source& B, const Source& start, const Target& C) {
  const std::size_t i = tiles<tile_rows, width>(0, M, K, A, B, start, C);
  last_tile<tile_rows, width>(i, M, K, A, B, start, C);
}

// to = from, a matrix of rows × cols, along its longer side.
void copy(std::size_t rows, std::size_t cols, const Source& from, const Target& to) {
  if (rows > cols) return copy(cols, rows, from.transposed(), to.transposed());
  for (std::size_t i = 0; i < rows; ++i) {
    const real* const source = from.from(i, 0).data;
    real* const target = to.from(i, 0).data;
    for (std::size_t j = 0; j < cols; ++j) target[j * to.col_stride] = source[j * from.col_stride];
  }
}

// The same where C has only the first `cols` columns, or where its columns lie apart.
template <std::size_t width>
void edge_strip(std::size_t M, std::size_t cols, std::size_t K, const Source& A, const Source& B, const Source& start,
                const Target& C) {
  constexpr std::size_t most = 8 * tile_rows;
  alignas(64) real first[width] = {};
  alignas(64) real padded[most * width];
  const bool same = start.row_stride == 0;  // one row is the start of all
  if (same) copy(1, cols, start, Target{first, width, 1});
  for (std::size_t i = 0; i < M; i += most) {
    const std::size_t rows = std::min(most, M - i);
    const Target c{padded, width, 1};
    if (!same) copy(rows, cols, start.from(i, 0), c);
    strip<width>(rows, K, A.from(i, 0), B, same ? Source{first, 0, 1} : Source{padded, width, 1}, c);
    copy(rows, cols, Source{padded, width, 1}, C.from(i, 0));
  }
}

// packed[k * width + j] = B[k][j], where a column of B lies together in memory: four columns at a time are riffled,
// which compilers do well in vector registers, and what comes out is moved four numbers at a time.
template <std::size_t width>
void pack_transposed(std::size_t K, std::size_t cols, const Source& B, real* __restrict packed) {
  alignas(64) real riffled[4 * depth];
  const auto column = [&](std::size_t j) { return B.from(0, std::min(j, cols - 1)).data; };
  for (std::size_t j = 0; j < width; j += 4) {
    const real *const b0 = column(j), *const b1 = column(j + 1), *const b2 = column(j + 2), *const b3 = column(j + 3);
    for (std::size_t k = 0; k < K; ++k) {
      riffled[4 * k] = b0[k];
      riffled[4 * k + 1] = b1[k];
      riffled[4 * k + 2] = b2[k];
      riffled[4 * k + 3] = b3[k];
    }
    for (std::size_t k = 0; k < K; ++k) std::copy_n(riffled + 4 * k, 4, packed + k * width + j);
  }
}

// Panels of `width` columns side by side, each K × width; what the last has too many is never looked at.
template <std::size_t width>
void pack(std::size_t K, std::size_t cols, const Source& B, real* packed) {
  const std::size_t whole = B.col_stride == 1 ? cols / width * width : 0;
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t j = 0; j < whole; j += width) {
      const real* const later = B.from(std::min(k + 8, K - 1), j).data;  // no hardware foresees rows that are far apart
      __builtin_prefetch(later);
      __builtin_prefetch(later + width / 2);
      std::copy_n(B.from(k, j).data, width, packed + j * K + k * width);
    }
  }
  for (std::size_t j = whole; j < cols; j += width) {
    const std::size_t now = std::min(width, cols - j);
    if (B.row_stride == 1 && K >= 8) {
      pack_transposed<width>(K, now, B.from(0, j), packed + j * K);
    } else {
      std::fill_n(packed + j * K, now == width ? 0 : width * K, real(0));
      copy(K, now, B.from(0, j), Target{packed + j * K, width, 1});
    }
  }
}

// What some panels of B (K × cols, cols ≤ together · width) add to these columns of C.
template <std::size_t width>
void panels(std::size_t M, std::size_t cols, std::size_t K, const Source& A, const Source& B, const Source& start,
            const Target& C) {
  alignas(64) real packed[depth * together * width];
  const bool in_place = cols % width == 0 && B.col_stride == 1 && K * B.row_stride * sizeof(real) <= first_cache;
  if (!in_place) pack<width>(K, cols, B, packed);
  for (std::size_t j = 0; j < cols; j += width) {
    const std::size_t now = std::min(width, cols - j);
    const Source b = in_place ? B.from(0, j) : Source{packed + j * K, width, 1};
    const Source s = start.from(0, j);
    const Target c = C.from(0, j);
    if (now == width && side_by_side(s, c))
      strip<width>(M, K, A, b, s, c);
    else
      edge_strip<width>(M, now, K, A, b, s, c);
  }
}

// `cols` elements of a row of C, their chains side by side.
template <std::size_t cols>
[[gnu::always_inline]] inline void tiny_row(std::size_t K, const Source& A, const Source& B, const Source& start,
                                            const Target& C) {
  real c[cols];
  for (std::size_t j = 0; j < cols; ++j) c[j] = start.data[j * start.col_stride];
  for (std::size_t k = 0; k < K; ++k) {
    const real a = A.data[k * A.col_stride];
    UNROLL_LOOP
    for (std::size_t j = 0; j < cols; ++j) c[j] = std::fma(a, B.data[k * B.row_stride + j * B.col_stride], c[j]);
  }
  for (std::size_t j = 0; j < cols; ++j) C.data[j * C.col_stride] = c[j];
}

// Where setting up tiles would take longer than the work.
void tiny_product(std::size_t M, std::size_t N, std::size_t K, const Source& A, const Source& B, const Source& start,
                  const Target& C) {
  const bool in_vectors = B.col_stride == 1 && side_by_side(start, C);
  for (std::size_t i = 0; i < M; ++i) {
    for (std::size_t j = 0; j < N; j += 4) {
      const Source a = A.from(i, 0), b = B.from(0, j), s = start.from(i, j);
      const Target c = C.from(i, j);
      if (N - j == 1) {
        tiny_row<1>(K, a, b, s, c);
      } else if (N - j == 2) {
        tiny_row<2>(K, a, b, s, c);
      } else if (N - j == 3) {
        tiny_row<3>(K, a, b, s, c);
      } else if (in_vectors) {
        tiny_row<4>(K, a, {b.data, b.row_stride, 1}, {s.data, 0, 1}, {c.data, 0, 1});
      } else {
        tiny_row<4>(K, a, b, s, c);
      }
    }
  }
}

[[gnu::noinline]] void large_product(std::size_t M, std::size_t N, std::size_t K, const Source& A, const Source& B,
                                     const Source& start, const Target& C) {
  if (N < lanes && N < M && A.row_stride == 1)  // a narrow C is better filled along its columns: Cᵀ = Bᵀ Aᵀ
    return large_product(N, M, K, B.transposed(), A.transposed(), start.transposed(), C.transposed());
  for (std::size_t k = 0; k < K; k += depth) {
    const std::size_t deep = std::min(depth, K - k);
    for (std::size_t j = 0; j < N;) {
      const Source a = A.from(0, k), b = B.from(k, j);
      const Source s = k == 0 ? start.from(0, j) : Source{C.from(0, j).data, C.row_stride, C.col_stride};
      const Target c = C.from(0, j);
      const std::size_t left = N - j;
      std::size_t cols = std::min(left, together * wide);
      if (M < 4 && left >= widest / 2 && b.col_stride == 1 && side_by_side(s, c)) {  // few rows: more columns at once
        if (M == 1 && left >= widest) {
          tiles<1, widest>(0, 1, deep, a, b, s, c);
          cols = widest;
        } else {
          last_tile<4, widest / 2>(0, M, deep, a, b, s, c);
          cols = widest / 2;
        }
      } else if (left <= narrow) {
        panels<narrow>(M, cols, deep, a, b, s, c);
      } else if (left <= medium) {
        panels<medium>(M, cols, deep, a, b, s, c);
      } else {
        panels<wide>(M, cols, deep, a, b, s, c);
      }
      j += cols;
    }
  }
}

[[gnu::flatten]] void product(std::size_t M, std::size_t N, std::size_t K, const Source& A, const Source& B,
                              const Source& start, const Target& C) {
  if (N < narrow && N < M && A.row_stride == 1)  // a narrow C is better filled along its columns: Cᵀ = Bᵀ Aᵀ
    return product(N, M, K, B.transposed(), A.transposed(), start.transposed(), C.transposed());
  if (M * N * K == 0) return copy(M, N, start, C);  // no chain has a link
  if (M * N * K <= 64 || (M == 1 && N < medium))
    tiny_product(M, N, K, A, B, start, C);
  else
    large_product(M, N, K, A, B, start, C);
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
