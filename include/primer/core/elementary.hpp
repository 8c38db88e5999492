// exp, log, tanh, sigmoid, Φ and other elementary functions. The functions of the standard library differ in the last
// bit from system to system, and they compute one number at a time. The functions of this file use only + − × ÷ √, fma
// and the bits of a number, so every machine gives the same result. They have no branches (special cases are selected
// at the end), so the compiler turns a plain loop over them into fast vector code.
//
// A function and its derivative contain the same expensive part (`decay`). If one loop body calls both with the same
// argument, the compiler computes this part only once, because everything in this file is inlined.
//
// On primer's web page (WebAssembly), fma may be an emulation that gives wrong results for some very large or small
// numbers. The results of this file do not depend on such wrong numbers: the error bounds hold there, too.
//
// Largest error in ulp, subnormal results included (double and float alike), for all arguments unless stated:
//   exp, log, log1p 0.9   expm1 1.8   tanh 2.5   sigmoid 2.4   softplus 1.6   tanh_derivative, sigmoid_derivative 5
//   normal_pdf 3   normal_cdf 6   sin, cos 0.95 (|x| ≤ 1e8)   sqrt 0.5
//
// Methods. Argument reduction x = k·ln 2 + r with a two-part ln 2: W. J. Cody and W. Waite, Software Manual for the
// Elementary Functions, 1980. e^r − 1 as the polynomial that everything else is built from: P. T. P. Tang, ACM TOMS 15,
// 1989. log through s = f/(2 + f), log(1 + f) = 2 artanh s: Tang, ACM TOMS 16, 1990. Φ in the tail as exp(−z²/2) times
// a smooth factor: W. J. Cody, Math. Comp. 23, 1969. Compensated sums and products: J.-M. Muller et al., Handbook of
// Floating-Point Arithmetic, 2018, chapters 4 and 5. The coefficients are minimax fits (Remez exchange in 60 digits;
// for Φ rational interpolation in Chebyshev points of (y − 4)/(y + 4)) made for this file.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "primer/core/fma.hpp"

namespace primer {

// The layout of an IEEE number and the constants that depend on it.
template <typename T>
struct Format;

template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52;
  static constexpr int bias = 1023;
  static constexpr double ln2 = 0x1.62e42fefa39efp-1;        // ln 2, rounded to double
  static constexpr double ln2_rest = 0x1.abc9e3b39803fp-56;  // the rounding error ln 2 − ln2
  static constexpr double ln2_short = 0x1.62e42feep-1;       // ln 2 with few bits, so that k · ln2_short is exact
  static constexpr double ln2_short_rest = 0x1.a39ef35793c76p-33;
  static constexpr double exp_underflow = -746;  // for x < −746, e^x rounds to 0
  static constexpr double exp_overflow = 710;    // for x > 710, e^x is ∞
  static constexpr double normal_zero = 39;      // Φ(−39) rounds to 0
};

template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23;
  static constexpr int bias = 127;
  static constexpr float ln2 = 0x1.62e43p-1f;
  static constexpr float ln2_rest = -0x1.05c61p-29f;
  static constexpr float ln2_short = 0x1.62ep-1f;
  static constexpr float ln2_short_rest = 0x1.0bfbe8p-15f;
  static constexpr float exp_underflow = -104;
  static constexpr float exp_overflow = 89;
  static constexpr float normal_zero = 15;
};

// c0 + c1 x + c2 x² + …, in groups of four terms, so that most operations do not wait for each other (G. Estrin, 1960).
template <typename T>
[[gnu::always_inline]] inline T polynomial(T, T c0) {
  return c0;
}
template <typename T>
[[gnu::always_inline]] inline T polynomial(T x, T c0, T c1) {
  return fma(c1, x, c0);
}
template <typename T>
[[gnu::always_inline]] inline T polynomial(T x, T c0, T c1, T c2) {
  return fma(c2, x * x, fma(c1, x, c0));
}
template <typename T, typename... More>
[[gnu::always_inline]] inline T polynomial(T x, T c0, T c1, T c2, T c3, More... more) {
  const T x2 = x * x;
  const T low = fma(fma(c3, x, c2), x2, fma(c1, x, c0));
  if constexpr (sizeof...(more) > 0) return fma(polynomial(x, more...), x2 * x2, low);
  return low;
}

// Describes e^x = 2^k (1 + p) with an integer k. The lowest bits of `power` contain k plus a constant, the offset.
template <typename T>
struct Reduced {
  T p;
  typename Format<T>::Bits power;
};

// e^x = 2^k (1 + p) with an integer k. Returns p, and the integer k + offset in the lowest bits of `power`. If `offset`
// is the exponent bias, k + offset is the exponent field of the number 2^k. Needs |x| < 1000 (float: |x| < 120).
template <int offset, typename T>
[[gnu::always_inline]] inline Reduced<T> reduced_exp(T x) {
  using F = Format<T>;
  using Bits = typename F::Bits;
  // Adding 1.5·2^52 (float: 1.5·2^23) rounds x / ln 2 to an integer, which then stands in the lowest bits of the sum.
  constexpr T to_integer = T(Bits(3) << (F::mantissa - 1)) + T(offset);
  const T shifted = fma(x, T(1.44269504088896340736), to_integer);
  const T k = shifted - to_integer;  // round(x / ln 2)
  const T t = fma(-k, F::ln2, x);    // exact
  const T rest = k * F::ln2_rest;
  const T r = t - rest;  // x − k ln 2
  T q;                   // (e^r − 1 − r) / r²
  if constexpr (sizeof(T) == 8) {
    q = polynomial(r, 0.5, 0.16666666666666674, 0.0416666666666667, 0.00833333333332282, 0.0013888888888868962,
                   0.00019841269883359703, 2.480158735712128e-05, 2.755724680461262e-06, 2.755724525889121e-07,
                   2.5108185447933785e-08, 2.092376866085558e-09);
  } else {
    q = polynomial(r, 0.5f, 0.16666543f, 0.04166628f, 0.008366584f, 0.001394645f);
  }
  // p = e^r − 1 = r + r² q. The code adds t and −rest, not r, because r = t − rest is rounded.
  return {t + fma(r * r, q, -rest), std::bit_cast<Bits>(shifted)};
}

// e^x = (1 + p) · 2^k, where |p| < 0.42. The power 2^k is stored as the product half_scale · other_half. Alone, 2^k
// could be ∞ although e^x is finite, or it could be smaller than the smallest normal number.
template <typename T>
struct ScaledExp {
  T p, half_scale, other_half;
};

template <typename T>
[[gnu::always_inline]] inline ScaledExp<T> scaled_exp(T x) {
  using F = Format<T>;
  const auto [p, twice] = reduced_exp<2 * F::bias>(x);
  const auto half = twice >> 1;
  return {p, std::bit_cast<T>(half << F::mantissa), std::bit_cast<T>((twice - half) << F::mantissa)};
}

template <typename T>
[[gnu::always_inline]] inline T exp(T x) {
  const auto [p, half_scale, other_half] = scaled_exp(x);
  const T y = fma(half_scale, p, half_scale) * other_half;
  const T bounded = x < Format<T>::exp_underflow ? T(0) : y;
  return x > Format<T>::exp_overflow ? std::numeric_limits<T>::infinity() : bounded;
}

// e^x − 1. The result is accurate for small x, too; the difference exp(x) − 1 would lose digits there.
template <typename T>
[[gnu::always_inline]] inline T expm1(T x) {
  const auto [p, half_scale, other_half] = scaled_exp(x);
  const T scale = half_scale * other_half;
  const T small = x == T(0) ? x : fma(scale, p, scale - T(1));  // keeps −0
  const T bounded = x < T(-60) ? T(-1) : small;
  return x > T(60) ? exp(x) : bounded;
}

// e^x and e^x − 1 for x ≤ 0, from one polynomial. tanh, sigmoid, softplus, Φ and their derivatives use them.
template <typename T>
struct Decay {
  T e, m;
};

template <typename T>
[[gnu::always_inline]] inline Decay<T> decay(T x) {
  using F = Format<T>;
  constexpr int lift = F::mantissa + 12;  // computes e^x · 2^lift, then multiplies by 2^−lift: e^x may be subnormal
  constexpr T lower = std::bit_cast<T>(typename F::Bits(F::bias - lift) << F::mantissa);
  const auto [p, power] = reduced_exp<F::bias + lift>(x);
  const T lifted = std::bit_cast<T>(power << F::mantissa);
  const T scale = lifted * lower;
  const T e = fma(lifted, p, lifted) * lower;
  const T m = fma(scale, p, scale - T(1));
  const bool far = x < F::exp_underflow;
  return {far ? T(0) : e, far ? T(-1) : m};
}

// task 1.1 (15 points): tanh and its derivative
// tanh z has the sign of z and the absolute value tanh |z| = −m / (2 + m), where m = exp(−2|z|) − 1 ≤ 0.
template <typename T>
[[gnu::always_inline]] inline T tanh(T z) {
  const T m = decay(T(-2) * std::abs(z)).m;
  return std::copysign(-m / (T(2) + m), z);
}

// With e = exp(−2|z|), tanh′(z) = 4 e / (1 + e)² = e (1 + tanh |z|)². For |z| ≥ 20, the formula 1 − tanh² would give 0.
template <typename T>
[[gnu::always_inline]] inline T tanh_derivative(T z) {
  const auto [e, m] = decay(T(-2) * std::abs(z));
  const T s = T(1) - m / (T(2) + m);
  return e * (s * s);
}
// end of task 1.1

// sigmoid(z) = 1 / (1 + exp(−z)), computed from e = exp(−|z|), so that it is accurate for very negative z, too.
template <typename T>
[[gnu::always_inline]] inline T sigmoid(T z) {
  const T e = decay(-std::abs(z)).e;
  return (z < T(0) ? e : T(1)) / (T(1) + e);
}

// sigmoid′(z) = e / (1 + e)², where e = exp(−|z|).
template <typename T>
[[gnu::always_inline]] inline T sigmoid_derivative(T z) {
  const T e = decay(-std::abs(z)).e;
  const T a = sigmoid(z);
  return z < T(0) ? a * (T(1) - a) : e * a * a;
}

// ln(1 + exp z) = max(z, 0) + ln(1 + e), where e = exp(−|z|). ln(1 + e) = 2 artanh s, where s = e / (2 + e). The
// rounding errors of 2 + e and of s are added back. The derivative of softplus is the sigmoid.
template <typename T>
[[gnu::always_inline]] inline T softplus(T z) {
  const T e = decay(-std::abs(z)).e;
  const T d = T(2) + e;
  const T d_rest = e - (d - T(2));
  const T r = T(1) / d;
  const T s = e * r;
  const T s_rest = fma(-s, d_rest, fma(-s, d, e)) * r;
  const T s2 = s * s;
  T q;  // (2 artanh s − 2 s) / s³
  if constexpr (sizeof(T) == 8) {
    q = polynomial(s2, 0.666666666666665, 0.4000000000010304, 0.2857142855304176, 0.2222222373355824, 0.181817496972036,
                   0.1538648261654069, 0.13301482732069564, 0.1210544770669404, 0.08330298279074277,
                   0.17056678408710088);
  } else {
    q = polynomial(s2, 0.66666675f, 0.39998955f, 0.28616884f, 0.21411146f, 0.24409403f);
  }
  const T log1p_e = T(2) * s + fma(s * s2, q, T(2) * s_rest);
  return (z < T(0) ? T(0) : z) + log1p_e;
}

// Returns ln x + correction for finite x > 0. The method: x = 2^k (1 + f), s = f / (2 + f), and
// ln(1 + f) = f − f²/2 + s (f²/2 + s² q), where q is a polynomial in s².
template <typename T>
[[gnu::always_inline]] inline T corrected_log(T x, T correction) {
  using F = Format<T>;
  using Bits = typename F::Bits;
  constexpr T grow = T(Bits(1) << (F::mantissa + 1));  // a subnormal number times `grow` is a normal number
  constexpr Bits sqrt_half = std::bit_cast<Bits>(T(0.70710678118654752440));
  constexpr Bits one = std::bit_cast<Bits>(T(1));
  constexpr T integer = T(Bits(1) << F::mantissa);  // 2^52 (float: 2^23); the number 2^52 + n stores n in its mantissa
  const bool subnormal = x < std::numeric_limits<T>::min();
  const T grown = subnormal ? x * grow : x;
  const Bits biased = std::bit_cast<Bits>(grown) + (one - sqrt_half);
  const Bits fraction = (biased & ((Bits(1) << F::mantissa) - 1)) + sqrt_half;
  const T exponent = std::bit_cast<T>((biased >> F::mantissa) | std::bit_cast<Bits>(integer)) - (integer + T(F::bias));
  const T k = subnormal ? exponent - T(F::mantissa + 1) : exponent;
  const T f = std::bit_cast<T>(fraction) - T(1);  // √½ − 1 ≤ f < √2 − 1
  const T s = f / (T(2) + f);
  const T s2 = s * s;
  T q;  // (2 artanh s − 2 s) / s³
  if constexpr (sizeof(T) == 8) {
    q = polynomial(s2, 0.666666666666671, 0.3999999999951953, 0.28571428729365383, 0.22222199081405256,
                   0.1818357208400972, 0.15313149471079235, 0.14810677343856823);
  } else {
    q = polynomial(s2, 0.66666776f, 0.39976072f, 0.29925734f);
  }
  const T half_square = T(0.5) * f * f;
  const T big = k * F::ln2_short;
  const T high = big + f;
  const T low = (big - high) + f;  // the rounding error of the sum high = big + f
  const T tail = fma(s, fma(s2, q, half_square), fma(k, F::ln2_short_rest, correction));
  return high + (low - (half_square - tail));
}

// ln x; −∞ for x = 0 and NaN for x < 0.
template <typename T>
[[gnu::always_inline]] inline T log(T x) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const T y = corrected_log(x, T(0));
  const T finite = x < infinity ? y : x;  // log(∞) is ∞, and log(NaN) is NaN
  const T below = x == T(0) ? -infinity : std::numeric_limits<T>::quiet_NaN();
  return x <= T(0) ? below : finite;
}

// ln(1 + x), computed as ln u + rest / u: the sum u = 1 + x is rounded, and `rest` is its rounding error.
template <typename T>
[[gnu::always_inline]] inline T log1p(T x) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const T u = T(1) + x;
  const T back = u - T(1);
  const T rest = (T(1) - (u - back)) + (x - back);  // the rounding error of u = 1 + x
  const T y = corrected_log(u, rest / u);
  const T finite = x < infinity ? y : x;
  const T below = x == T(-1) ? -infinity : std::numeric_limits<T>::quiet_NaN();
  const T bounded = x <= T(-1) ? below : finite;
  return x == T(0) ? x : bounded;  // keeps −0
}

// e^(−z²/2), corrected for the rounding error of z².
template <typename T>
[[gnu::always_inline]] inline T gauss(T z) {
  const T square = z * z;
  const T rest = fma(z, z, -square);
  const T e = decay(T(-0.5) * square).e;
  return std::abs(z) > Format<T>::normal_zero ? T(0) : fma(e, T(-0.5) * rest, e);
}

// φ(z) = e^(−z²/2) / √(2π), the density of the standard normal distribution; φ = Φ′.
template <typename T>
[[gnu::always_inline]] inline T normal_pdf(T z) {
  return T(0.39894228040143267794) * gauss(z);
}

// Φ(z) = ½ erfc(−z/√2), the standard normal distribution function; the relative error is small in the far left tail,
// too. Φ(−|z|) is e^(−z²/2) times a smooth function of |z|: a quotient of two polynomials with positive coefficients.
template <typename T>
[[gnu::always_inline]] inline T normal_cdf(T z) {
  const T y = std::abs(z);
  T numerator, denominator;
  if constexpr (sizeof(T) == 8) {
    numerator = polynomial(y, 0.5, 0.7758577209030002, 0.5954446719693803, 0.2903132931433541, 0.0981308959658345,
                           0.023751350888201746, 0.004115983017212425, 0.0004941506706428816, 3.757916535870989e-05,
                           1.3993048118643565e-06);
    denominator = polynomial(y, 1.0, 2.349600002608859, 2.5655989100829704, 1.718839864814702, 0.7848013162542371,
                             0.2561065130662715, 0.06076744505109421, 0.010411436397331716, 0.0012421595801411335,
                             9.419699842335464e-05, 3.5075370062550256e-06);
  } else {
    numerator =
        polynomial(y, 0.5f, 0.44353947008607236f, 0.1872101436286223f, 0.04199781180188197f, 0.004325224426767138f);
    denominator = polynomial(y, 1.0f, 1.684964126005908f, 1.218820271649155f, 0.47998254098946447f, 0.1052780363114512f,
                             0.010841639436777854f);
  }
  const T smooth = y > Format<T>::normal_zero ? T(0) : numerator / denominator;
  const T tail = gauss(z) * smooth;
  return z < T(0) ? tail : T(1) - tail;
}

using std::sqrt;  // IEEE 754 demands that √ is correctly rounded, so every machine gives the same bits

// bⁿ by repeated squaring.
inline double power(double b, std::uint64_t n) {
  double result = 1;
  for (; n > 0; n /= 2, b *= b) {
    if (n % 2 == 1) result *= b;
  }
  return result;
}

// For x = k π/2 + angle (|x| ≤ 1e8, |angle| ≤ π/4): sin(angle), cos(angle), and k in the lowest bits of `quadrant`.
struct Turn {
  double sine, cosine;
  std::uint64_t quadrant;
};

[[gnu::always_inline]] inline Turn turn(double x) {
  constexpr double to_integer = 0x1.8p52;
  const double shifted = fma(x, 0.63661977236758134308, to_integer);
  const double k = shifted - to_integer;
  const double first = fma(-k, 1.5707963267948966, x);  // exact, as π/2 = 1.57… + 6.12e-17 − 1.50e-33
  const double second = k * 6.123233995736766e-17;
  const double second_rest = fma(k, 6.123233995736766e-17, -second);
  const double r = first - second;
  const double back = r - first;
  const double r_rest = (first - (r - back)) - (second + back);  // exactly (first − second) − r: the rounding error
  const double rest = (r_rest - second_rest) + k * 1.4973849048591698e-33;  // angle = r + rest
  const double r2 = r * r;
  const double s = polynomial(r2, -0.1666666666666664, 0.008333333333323662, -0.00019841269830144393,
                              2.755731365185318e-06, -2.505073457106949e-08, 1.5894710581634463e-10);
  const double c = polynomial(r2, 0.04166666666666665, -0.001388888888888284, 2.4801587294628004e-05,
                              -2.7557315738613277e-07, 2.0875897738682843e-09, -1.1367981880469046e-11);
  const double most = 1.0 - 0.5 * r2;
  const double cosine = most + (((1.0 - most) - 0.5 * r2) + fma(r2 * r2, c, -r * rest));
  return {r + fma(r2 * r, s, rest), cosine, std::bit_cast<std::uint64_t>(shifted)};
}

inline double sin(double x) {
  const Turn t = turn(x);
  const double y = (t.quadrant & 1) == 0 ? t.sine : t.cosine;
  return x == 0 ? x : (t.quadrant & 2) == 0 ? y : -y;
}

inline double cos(double x) {
  const Turn t = turn(x);
  const double y = (t.quadrant & 1) == 0 ? t.cosine : t.sine;
  return ((t.quadrant + 1) & 2) == 0 ? y : -y;
}

}  // namespace primer
