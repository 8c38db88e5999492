#include "primer/playground/fma.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>

#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"

namespace primer_emulated {
extern double (*const functions[])(double);
}

using namespace primer;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

class Numbers {
 public:
  // A number with an exponent from −reach to reach. Its mantissa is random, or has few ones or few zeros.
  double number(int reach) {
    std::uint64_t mantissa = random_.bits() >> 12;
    const std::uint64_t kind = random_.below(4);
    if (kind == 1) mantissa &= random_.bits() & random_.bits() & random_.bits() & random_.bits();
    if (kind == 2) mantissa |= random_.bits() | random_.bits() | random_.bits() | random_.bits();
    if (kind == 3) mantissa &= ~std::uint64_t{0} << random_.below(53);
    const double size = std::bit_cast<double>((mantissa & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
    return std::ldexp(random_.below(2) == 0 ? size : -size,
                      static_cast<int>(random_.below(std::size_t(2 * reach))) - reach);
  }
  // A c for a·b: of any size, or such that most of the sum cancels, or that it lies beside the middle of two numbers.
  double summand(double product) {
    switch (random_.below(4)) {
      case 0:
        return number(900);
      case 1:
        return -product * (1 + 0x1p-52 * (static_cast<double>(random_.below(9)) - 4));
      case 2:
        return std::ldexp(number(2), std::ilogb(product) + static_cast<int>(random_.below(220)) - 110);
      default:
        return random_.below(8) == 0 ? 0.0 : std::ldexp(number(1), static_cast<int>(random_.below(80)) - 1074);
    }
  }

 private:
  Random random_{1, Stream::data};
};

}  // namespace

TEST_CASE("the emulated fma is the library's fma for a million hard triples") {
  Numbers numbers;
  std::size_t differences = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const double a = numbers.number(480), b = numbers.number(480), c = numbers.summand(a * b);
    if (!can_emulate_fma(a) || !can_emulate_fma(b) || std::abs(c) >= 0x1p+1000) continue;
    if (same(emulated_fma(a, b, c), std::fma(a, b, c))) continue;
    if (++differences < 5) MESSAGE(a << " " << b << " " << c);
  }
  CHECK(differences == 0);
}

TEST_CASE("the emulated fma is the library's fma up to the borders, for zeros and for subnormal numbers") {
  const double smallest = 0x1p-480, largest = 0x1p+480, odd = 1 + 0x1p-52;
  const std::array factors{0.0,       -0.0,           1.0,     -1.0,     odd,          smallest,
                           -smallest, smallest * odd, largest, -largest, largest / odd};
  const std::array summands{0.0,      -0.0,      0x1p-1074,       -0x1p-1074, 0x1p-1022,
                            0x1p-960, -0x1p-960, -0x1p-960 * odd, 0x1p-480,   -1.0,
                            0x1p+960, -0x1p+960, -0x1p+960 * odd, 0x1p+999,   -0x1p+999};
  for (const double a : factors) {
    for (const double b : factors) {
      for (const double c : summands) {
        REQUIRE(can_emulate_fma(a));
        REQUIRE(can_emulate_fma(b));
        CAPTURE(a);
        CAPTURE(b);
        CAPTURE(c);
        CHECK(same(emulated_fma(a, b, c), std::fma(a, b, c)));
      }
    }
  }
}

TEST_CASE("beyond the borders the emulated fma is wrong, and can_emulate_fma says so") {
  const std::array beyond{0x1p-481,  -0x1p-481, 0x1p-1074, 0x1p+481,
                          -0x1p+481, infinity,  -infinity, std::numeric_limits<double>::quiet_NaN()};
  for (const double factor : beyond) CHECK_FALSE(can_emulate_fma(factor));
  const double tiny = 0x1.4p-536, smallest = 0x1p-1074, huge = 0x1p+1000;  // tiny · 2⁻⁵³⁷ is 2.5 · smallest
  CHECK_FALSE(same(emulated_fma(tiny, 0x1p-537, smallest), std::fma(tiny, 0x1p-537, smallest)));
  CHECK_FALSE(same(emulated_fma(huge, 0.5, 1.0), std::fma(huge, 0.5, 1.0)));
  CHECK_FALSE(same(emulated_fma(infinity, 1.0, 1.0), infinity));
}

TEST_CASE("every elementary function gives the same bits with the emulated fma, for every kind of argument") {
  double (*const functions[])(double) = {primer::exp<double>,
                                         primer::expm1<double>,
                                         primer::tanh<double>,
                                         tanh_derivative<double>,
                                         sigmoid<double>,
                                         sigmoid_derivative<double>,
                                         softplus<double>,
                                         primer::log<double>,
                                         primer::log1p<double>,
                                         normal_pdf<double>,
                                         normal_cdf<double>,
                                         primer::sin,
                                         primer::cos};
  std::vector<double> arguments{0.0,    -0.0,   infinity,     -infinity, std::numeric_limits<double>::quiet_NaN(),
                                1.0,    -1.0,   -1 + 0x1p-53, 710,       709.78,
                                -745.2, -708.4, 39,           -39,       -38.5,
                                19,     -37};
  Random random(1, Stream::data);
  for (int exponent = -1074; exponent < 1024; ++exponent) {  // all exponents; sin and cos take less than 1e8
    for (int i = 0; i < 8; ++i) arguments.push_back(std::ldexp(random.uniform(1, 2), exponent) * (i % 2 == 0 ? 1 : -1));
  }
  for (int i = 0; i < 20'000; ++i) arguments.push_back(random.uniform(-750, 750));
  for (int i = 0; i < 20'000; ++i) arguments.push_back(random.normal());
  for (std::size_t f = 0; f < std::size(functions); ++f) {
    std::size_t differences = 0;
    for (const double x : arguments) {
      if (f >= 11 && !(std::abs(x) <= 1e8)) continue;
      if (same(functions[f](x), primer_emulated::functions[f](x))) continue;
      if (++differences < 5) MESSAGE("function " << f << " at " << x);
    }
    CHECK(differences == 0);
  }
}
