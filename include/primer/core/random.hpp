// Random numbers that are the same on every machine: a counter, mixed by SplitMix64, and the distributions that
// training needs. The distributions of the standard library may differ from one implementation to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace primer {

// The purpose of random numbers. Each purpose has its own streams, so drawing more numbers for one purpose (more
// points, another shuffle) does not change the numbers of the other purposes.
enum class Stream : std::uint64_t { data = 1, split, initialization, shuffling, dropout };

class Random {
 public:
  // Random numbers for one purpose (`stream`) and for one layer, epoch or step, whose number is `index`.
  Random(std::uint64_t seed, Stream stream, std::uint64_t index = 0);

  std::uint64_t bits();                                                               // uniform over all 64-bit numbers
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }            // [0, 1), k · 2⁻⁵³
  double uniform(double low, double high) { return low + (high - low) * uniform(); }  // [low, high)
  double normal();                                                                    // mean 0, variance 1
  std::size_t below(std::size_t n);                                                   // 0 … n − 1, n > 0

  // Fisher–Yates: all orders are equally likely.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace primer
