// A rank-2, row-major array of reals. Rows are samples and columns are units; a vector is a tensor of one row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/real.hpp"

namespace primer {

// Memory that starts on a cache line: a vector loop over a whole tensor never loads a vector from two cache lines.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  CacheLineAllocator() = default;
  template <typename U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, alignment); }
  bool operator==(const CacheLineAllocator&) const { return true; }
};

class Tensor {
 public:
  Tensor() = default;
  Tensor(std::size_t rows, std::size_t cols, real fill = 0) : rows_(rows), cols_(cols), storage_(rows * cols, fill) {}
  // Tensor{{1, 2}, {3, 4}}; throws std::invalid_argument when the rows differ in length.
  Tensor(std::initializer_list<std::initializer_list<real>> rows)
      : Tensor(rows.size(), rows.size() == 0 ? 0 : rows.begin()->size()) {
    real* out = data();
    for (const auto& row : rows) {
      if (row.size() != cols_) throw std::invalid_argument("tensor: every row must have the same number of columns");
      out = std::copy(row.begin(), row.end(), out);
    }
  }

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return rows_ * cols_; }
  std::string shape() const { return std::to_string(rows_) + " × " + std::to_string(cols_); }  // for messages

  real* data() { return storage_.data(); }
  const real* data() const { return storage_.data(); }
  real& operator()(std::size_t i, std::size_t j) { return storage_[i * cols_ + j]; }
  real operator()(std::size_t i, std::size_t j) const { return storage_[i * cols_ + j]; }
  real& operator[](std::size_t i) { return storage_[i]; }  // entry i in row-major order
  real operator[](std::size_t i) const { return storage_[i]; }
  std::span<real> row(std::size_t i) { return {data() + i * cols_, cols_}; }
  std::span<const real> row(std::size_t i) const { return {data() + i * cols_, cols_}; }
  std::span<real> values() { return {data(), size()}; }
  std::span<const real> values() const { return {data(), size()}; }

  // Changes the shape. The contents are unspecified afterwards. Memory is allocated only if the tensor becomes larger
  // than ever before, so a smaller last batch costs nothing.
  void resize(std::size_t rows, std::size_t cols) {
    if (rows * cols > storage_.size()) storage_.resize(rows * cols);
    rows_ = rows;
    cols_ = cols;
  }
  void fill(real value) { std::fill_n(data(), size(), value); }

  bool operator==(const Tensor& other) const {  // same shape and equal values
    return rows_ == other.rows_ && cols_ == other.cols_ && std::equal(data(), data() + size(), other.data());
  }

 private:
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::vector<real, CacheLineAllocator<real>> storage_;
};

// A learnable tensor, its gradient, and its name in model files.
struct Parameter {
  std::string_view name;
  Tensor* value;
  Tensor* gradient;
  bool transposed = false;  // true for weights: `value` and `gradient` hold the transposed matrix; model files hold W
};

}  // namespace primer
