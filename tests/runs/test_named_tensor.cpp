#include "primer/runs/named_tensor.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace primer;

namespace {

const Tensor tensor{{1, 2, 3}, {4, 5, 6}};

std::string complaint(const Safetensors& contents, Layout layout) {
  Tensor target(2, 3);
  try {
    read_tensor(contents, "f", "t", layout, target);
  } catch (const UserError& error) {
    return error.what();
  }
  return target == tensor ? "read" : "other numbers";
}

}  // namespace

TEST_CASE("a tensor is written with its own shape, transposed, or as a vector, and reads back from each") {
  const NamedTensor matrix = named("t", tensor, Layout::matrix);
  CHECK(matrix.name == "t");
  CHECK(matrix.shape == std::vector<std::size_t>{2, 3});
  CHECK(matrix.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  const NamedTensor transpose = named("t", tensor, Layout::transpose);
  CHECK(transpose.shape == std::vector<std::size_t>{3, 2});
  CHECK(transpose.values == std::vector<double>{1, 4, 2, 5, 3, 6});
  const NamedTensor vector = named("t", tensor, Layout::vector);
  CHECK(vector.shape == std::vector<std::size_t>{6});
  CHECK(vector.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  for (const Layout layout : {Layout::matrix, Layout::transpose, Layout::vector}) {
    CHECK(complaint({{named("t", tensor, layout)}, {}}, layout) == "read");
  }
}

TEST_CASE("a tensor that is missing or has another shape is refused by name") {
  CHECK(complaint({}, Layout::matrix) == "f: there is no tensor t");
  CHECK(complaint({{{"t", {3, 2}, {1, 2, 3, 4, 5, 6}}}, {}}, Layout::matrix) ==
        "f: tensor t has the shape [3, 2], but the network needs [2, 3]");
  CHECK(complaint({{{"t", {}, {1}}}, {}}, Layout::vector) == "f: tensor t has the shape [], but the network needs [6]");
}

TEST_CASE("exactly the numbers that are finite as a real, or not finite at all, fit it") {
  const auto largest = static_cast<double>(std::numeric_limits<real>::max());
  CHECK(fits_real(largest));
  CHECK(fits_real(-largest));
  CHECK(fits_real(std::numeric_limits<double>::infinity()));
  CHECK(fits_real(std::numeric_limits<double>::quiet_NaN()));
  CHECK(fits_real(3.5e38) == (sizeof(real) == sizeof(double)));  // 2^128 = 3.403e38
  CHECK(fits_real(-1e300) == (sizeof(real) == sizeof(double)));
}
