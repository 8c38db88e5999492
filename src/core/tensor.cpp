// The operations of a tensor that take more than one expression.
#include "primer/core/tensor.hpp"

#include <algorithm>
#include <stdexcept>

namespace primer {

Tensor::Tensor(std::size_t rows, std::size_t cols, real fill) : rows_(rows), cols_(cols), storage_(rows * cols, fill) {}

Tensor::Tensor(std::initializer_list<std::initializer_list<real>> rows)
    : Tensor(rows.size(), rows.size() == 0 ? 0 : rows.begin()->size()) {
  real* out = data();
  for (const auto& row : rows) {
    if (row.size() != cols_) throw std::invalid_argument("tensor: every row must have the same number of columns");
    out = std::copy(row.begin(), row.end(), out);
  }
}

std::string Tensor::shape() const { return std::to_string(rows_) + " × " + std::to_string(cols_); }

void Tensor::fill(real value) { std::fill_n(data(), size(), value); }

bool Tensor::operator==(const Tensor& other) const {
  return rows_ == other.rows_ && cols_ == other.cols_ && std::equal(data(), data() + size(), other.data());
}

}  // namespace primer
