// WebAssembly has no fused multiply-add (fma). Its instruction relaxed_madd rounds once on some machines and twice on
// other machines. So the engine has two modules: the first uses relaxed_madd, for machines on which it
// rounds once; the second computes fma with additions and products, for all other machines.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#ifdef __wasm_relaxed_simd__
#include <wasm_simd128.h>
#endif

namespace primer {

// The exact result of an operation is high + low: `high` is the rounded result, `low` is the rounding error.
struct Exact {
  double high, low;
};

[[gnu::always_inline]] inline Exact exact_sum(double a, double b) {  // Knuth, TAOCP 2, 4.2.2, theorem B
  const double s = a + b, b_part = s - a;
  return {s, (a - (s - b_part)) + (b - b_part)};
}

[[gnu::always_inline]] inline Exact halves(double a) {  // a = high + low: each part has at most 26 significant bits
  const double t = 0x1.0000002p27 * a;  // t = (2²⁷ + 1) a: Veltkamp's method to split a double (T. J. Dekker, 1971)
  const double high = t - (t - a);
  return {high, a - high};
}

[[gnu::always_inline]] inline Exact exact_product(double a, double b) {  // T. J. Dekker, Numer. Math. 18, 1971
  const double p = a * b;
  const auto [a_high, a_low] = halves(a);
  const auto [b_high, b_low] = halves(b);
  return {p, a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low)};
}

// Computes a · b + c, rounded once, with additions and products only. Source: S. Boldo and G. Melquiond, Emulation of a
// FMA and correctly rounded sums, IEEE Trans. Comp. 57, 2008, figure 4. The exact value of a · b + c is total.high +
// rest. Because `rest` is rounded to odd, the last addition rounds as if `rest` were exact. The function does not
// branch, so the compiler can vectorise a loop that calls it. The result is right if can_emulate_fma holds for a and b,
// and |c| < 2¹⁰⁰⁰. Otherwise product.low may underflow, or an intermediate result may overflow.
[[gnu::always_inline]] inline double emulated_fma(double a, double b, double c) {
  const Exact product = exact_product(a, b);
  const Exact upper = exact_sum(c, product.low);
  const Exact total = exact_sum(product.high, upper.high);
  const Exact rest = exact_sum(upper.low, total.low);
  const auto bits = std::bit_cast<std::int64_t>(rest.high);
  const bool inexact = rest.low != 0, towards_0 = (rest.high < 0) != (rest.low < 0);
  // Rounds rest.high + rest.low to odd: truncates the sum to 53 bits, and sets the last bit to 1 if bits were lost.
  const std::int64_t odd = (bits - (inexact & towards_0)) | inexact;
  const double result = total.high + std::bit_cast<double>(odd);
  return result == 0 ? product.high + c : result;  // if the result is −0, its sign is kept
}

[[gnu::always_inline]] inline bool can_emulate_fma(double factor) {
  const double size = std::abs(factor);
  return (size == 0) | ((size >= 0x1p-480) & (size <= 0x1p+480));  // the operators | and & do not branch (|| and && do)
}

#ifdef PRIMER_FMA
#ifdef __wasm_relaxed_simd__
constexpr bool fma_is_emulated = false;
[[gnu::always_inline]] inline double fma(double a, double b, double c) {
  return wasm_f64x2_extract_lane(wasm_f64x2_relaxed_madd(wasm_f64x2_splat(a), wasm_f64x2_splat(b), wasm_f64x2_splat(c)),
                                 0);
}
#else
constexpr bool fma_is_emulated = true;
[[gnu::always_inline]] inline double fma(double a, double b, double c) { return emulated_fma(a, b, c); }
#endif
[[gnu::always_inline]] inline float fma(float a, float b, float c) { return std::fma(a, b, c); }

template <typename Matrix>
bool can_emulate_fma_of_all(const Matrix& m) {
  bool can = true;
  for (std::size_t i = 0; i < m.rows; ++i)
    for (std::size_t j = 0; j < m.cols; ++j) can &= can_emulate_fma(static_cast<double>(*m.at(i, j)));
  return can;
}

// If fma is emulated, and a number in A, B or start is too large or too small for emulated_fma(): computes
// C = start + A B by std::fma and returns true. Otherwise does not change C and returns false.
template <typename In, typename Out>
bool product_without_emulation(const In& A, const In& B, const In& start, const Out& C) {
  if (!fma_is_emulated) return false;
  if (can_emulate_fma_of_all(A) && can_emulate_fma_of_all(B) && can_emulate_fma_of_all(start)) return false;
  for (std::size_t i = 0; i < C.rows; ++i) {
    for (std::size_t j = 0; j < C.cols; ++j) {
      auto c = *start.at(i, j);
      for (std::size_t k = 0; k < A.cols; ++k) c = std::fma(*A.at(i, k), *B.at(k, j), c);
      *C.at(i, j) = c;
    }
  }
  return true;
}
#endif

}  // namespace primer
