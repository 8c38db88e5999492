#include "primer/core/product.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

using namespace primer;

namespace {

// Numbers with full mantissas, so that another order of the sum would show.
real noise(std::uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<real>(static_cast<double>(state >> 11) * 0x1p-52 - 1);
}

Tensor noise(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Tensor t(rows, cols);
  for (real& v : t.values()) v = noise(seed);
  return t;
}

Tensor by_definition(const MatrixView& A, const MatrixView& B, const Tensor& bias) {
  Tensor C(A.rows, B.cols);
  for (std::size_t i = 0; i < A.rows; ++i) {
    for (std::size_t j = 0; j < B.cols; ++j) {
      real c = bias(0, j);
      for (std::size_t k = 0; k < A.cols; ++k)
        c = std::fma(A.data[i * A.row_stride + k * A.col_stride], B.data[k * B.row_stride + j * B.col_stride], c);
      C(i, j) = c;
    }
  }
  return C;
}

// A product in each of the four ways in which the operands may lie, and once inside larger matrices.
void check_all_layouts(std::size_t M, std::size_t K, std::size_t N) {
  CAPTURE(M);
  CAPTURE(K);
  CAPTURE(N);
  const Tensor A = noise(M, K, 1), At = noise(K, M, 2), B = noise(K, N, 3), Bt = noise(N, K, 4);
  const Tensor wide = noise(M + 1, 2 * K + 3, 5), far = noise(K + 2, 2 * N + 1, 6);
  const Tensor far_t = noise(N + 2, 2 * K + 1, 8);
  const MatrixView inside_a(wide.data() + 1, M, K, wide.cols(), 2), inside_b(far.data(), K, N, far.cols(), 2);
  const MatrixView inside_bt(far_t.data(), K, N, 2, far_t.cols());
  const Tensor bias = noise(1, N, 7), zero(1, N);
  Tensor C(3, 3, real(9));
  const MatrixView lefts[] = {A, transposed(At), inside_a}, rights[] = {B, transposed(Bt), inside_b, inside_bt};
  for (const MatrixView& a : lefts) {
    for (const MatrixView& b : rights) {
      multiply(a, b, C);
      CHECK(C == by_definition(a, b, zero));
      multiply_add(a, b, bias, C);
      CHECK(C == by_definition(a, b, bias));
    }
  }
}

}  // namespace

TEST_CASE(
    "a product equals the chain of fused multiply-adds of its definition, to the last bit, for every small shape") {
  for (std::size_t M : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 13u, 17u})
    for (std::size_t K : {0u, 1u, 2u, 7u, 33u})
      for (std::size_t N : {0u, 1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 31u, 32u, 33u, 47u, 65u})
        check_all_layouts(M, K, N);
}

TEST_CASE("a product of many rows and few columns is the same") {
  for (std::size_t M : {63u, 64u, 65u, 66u, 131u, 260u})
    for (std::size_t K : {1u, 2u, 33u})
      for (std::size_t N : {1u, 2u, 3u, 4u, 5u, 7u}) check_all_layouts(M, K, N);
}

TEST_CASE("a product with more rows of B than a panel continues its chains") {
  check_all_layouts(11, 255, 19);
  check_all_layouts(12, 256, 16);
  check_all_layouts(9, 257, 33);
  check_all_layouts(5, 1030, 21);
  check_all_layouts(1, 700, 140);
  check_all_layouts(130, 300, 70);
  check_all_layouts(18, 520, 150);
  check_all_layouts(3, 300, 200);
  check_all_layouts(2, 260, 530);
}

TEST_CASE("a product of few rows of B, but many columns, is the same") {
  check_all_layouts(20, 3, 300);
  check_all_layouts(6, 2, 700);
  for (std::size_t M : {1u, 2u, 3u}) check_all_layouts(M, 2, 4200);
}

TEST_CASE("rows of A whose numbers lie far apart are the same, whether contiguous columns or not") {
  constexpr std::size_t K = 230, N = 40;
  const Tensor B = noise(K, N, 1), bias = noise(1, N, 2);
  Tensor C;
  for (const std::size_t M : {1u, 2u, 3u, 600u}) {
    const Tensor columns = noise(K, 1200, 3);
    for (const std::size_t row_stride : {1u, 2u}) {
      const MatrixView A(columns.data(), M, K, row_stride, columns.cols());
      CAPTURE(M);
      CAPTURE(row_stride);
      multiply_add(A, B, bias, C);
      CHECK(C == by_definition(A, B, bias));
    }
  }
}

TEST_CASE("a chain is fused: the product keeps what a rounded multiplication would lose") {
  const real e = sizeof(real) == 8 ? real(0x1p-30) : real(0x1p-14);
  Tensor C;
  multiply(Tensor{{1, 1 + e}}, Tensor{{-1}, {1 - e}}, C);
  CHECK(C(0, 0) == -e * e);  // −1 + (1 + e)(1 − e)
}

TEST_CASE("NaN and infinity pass through a padded tile without reaching their neighbours") {
  Tensor A = noise(9, 40, 1), B = noise(40, 11, 2), C;
  B(3, 5) = std::numeric_limits<real>::infinity();
  multiply(A, B, C);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 11; ++j) CHECK(std::isfinite(C(i, j)) == (j != 5));
}

TEST_CASE("operands of wrong shapes are refused, and the message names both shapes") {
  Tensor C;
  const Tensor A(2, 3), B(4, 5);
  CHECK_THROWS_WITH(multiply(A, B, C), "product: 2 × 3 times 4 × 5: the inner sizes must be equal");
  CHECK_THROWS_WITH(multiply_add(A, Tensor(3, 5), Tensor(1, 4), C),
                    "product: the bias is 1 × 4, the result has 5 columns: the bias must have one number per column");
}

TEST_CASE("column sums add the rows from first to last") {
  const Tensor m = noise(37, 19, 8);
  Tensor sums;
  column_sums(m, sums);
  REQUIRE(sums.rows() == 1);
  REQUIRE(sums.cols() == 19);
  for (std::size_t j = 0; j < 19; ++j) {
    real s = 0;
    for (std::size_t i = 0; i < 37; ++i) s += m(i, j);
    CHECK(sums(0, j) == s);
  }
  column_sums(Tensor(0, 4), sums);
  CHECK(sums == Tensor{{0, 0, 0, 0}});
}

namespace {

// Numbers between two pages that nobody may touch, right after the first or right before the second.
class Guarded {
 public:
  Guarded(const Tensor& numbers, bool at_end) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = numbers.size() * sizeof(real);
    const std::size_t room = (bytes + page - 1) / page * page;
    size_ = room + 2 * page;
    memory_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory_ == MAP_FAILED || mprotect(memory_, page, PROT_NONE) != 0 ||
        mprotect(memory_ + page + room, page, PROT_NONE) != 0) {
      std::abort();
    }
    data = reinterpret_cast<real*>(memory_ + page + (at_end ? room - bytes : 0));
    std::copy(numbers.values().begin(), numbers.values().end(), data);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { munmap(memory_, size_); }
  real* data;

 private:
  char* memory_;
  std::size_t size_;
};

}  // namespace

TEST_CASE("a product reads no number beyond its operands, before or behind") {
  for (std::size_t M : {1u, 2u, 3u, 5u, 9u, 17u})
    for (std::size_t K : {1u, 7u, 8u, 9u, 33u, 257u})
      for (std::size_t N : {1u, 2u, 3u, 4u, 5u, 8u, 9u, 15u, 17u, 33u, 65u, 130u})
        for (const bool at_end : {false, true}) {
          const Tensor A = noise(M, K, 1), At = noise(K, M, 2), B = noise(K, N, 3), Bt = noise(N, K, 4);
          const Tensor bias = noise(1, N, 5);
          const Guarded a(A, at_end), at(At, at_end), b(B, at_end), bt(Bt, at_end);
          Tensor C;
          for (const MatrixView& left : {MatrixView(a.data, M, K, K, 1), MatrixView(at.data, M, K, 1, M)})
            for (const MatrixView& right : {MatrixView(b.data, K, N, N, 1), MatrixView(bt.data, K, N, 1, K)}) {
              multiply_add(left, right, bias, C);
              REQUIRE(C == by_definition(left, right, bias));
            }
        }
}
