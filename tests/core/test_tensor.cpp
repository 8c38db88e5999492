#include "primer/core/tensor.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>

using namespace primer;

TEST_CASE("a tensor is row-major, and its rows are views") {
  Tensor t{{1, 2, 3}, {4, 5, 6}};
  CHECK(t.rows() == 2);
  CHECK(t.cols() == 3);
  CHECK(t.size() == 6);
  CHECK(t.shape() == "2 × 3");
  CHECK(t(1, 0) == 4);
  CHECK(t.data()[3] == 4);
  t.row(1)[2] = 60;
  CHECK(t == Tensor{{1, 2, 3}, {4, 5, 60}});
}

TEST_CASE("tensors are equal when shape and values are") {
  CHECK(Tensor(2, 3) != Tensor(3, 2));
  CHECK(Tensor(2, 3, 1) != Tensor(2, 3));
  CHECK(Tensor(2, 3, 1) == Tensor(2, 3, 1));
  CHECK(Tensor() == Tensor(0, 0));
  CHECK(Tensor(std::initializer_list<std::initializer_list<real>>{}) == Tensor(0, 0));
  CHECK(Tensor(2, 3) != Tensor(2, 4));
  CHECK(Tensor(2, 3) != Tensor(4, 3));
  CHECK(Tensor(0, 3) != Tensor(0, 4));
}

TEST_CASE("rows of different length are refused") {
  CHECK_THROWS_WITH_AS((Tensor{{1, 2}, {3}}), "tensor: every row must have the same number of columns",
                       std::invalid_argument);
}

TEST_CASE("a smaller batch fits into the memory of a larger one") {
  Tensor t(8, 4, 7);
  const real* const before = t.data();
  t.resize(3, 4);
  CHECK(t.size() == 12);
  CHECK(t.values().size() == 12);
  CHECK(t.data() == before);
  t.resize(8, 4);
  CHECK(t.data() == before);
  t.fill(2);
  CHECK(t == Tensor(8, 4, 2));
}

TEST_CASE("memory starts on a cache line") {
  for (std::size_t n = 1; n < 40; ++n) {
    CHECK(reinterpret_cast<std::uintptr_t>(Tensor(n, 3).data()) % 64 == 0);
  }
}
