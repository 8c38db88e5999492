#include "primer/core/elementary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

// One function: its name in the golden file, how it is called, the largest error in ulp that its header states, and
// where it is sampled for its bits.
template <typename T>
struct Function {
  std::string name;
  T (*call)(T);
  double most_ulp;
  T low, high;
};

template <typename T>
std::vector<Function<T>> functions() {
  const auto sine = [](T x) { return static_cast<T>(primer::sin(x)); };
  const auto cosine = [](T x) { return static_cast<T>(primer::cos(x)); };
  const auto root = [](T x) { return primer::sqrt(x); };
  return {{"exp", primer::exp<T>, 0.9, -110, 90},
          {"expm1", primer::expm1<T>, 1.8, -110, 90},
          {"log", primer::log<T>, 0.9, 0, 20},
          {"log1p", primer::log1p<T>, 0.9, -1, 20},
          {"tanh", primer::tanh<T>, 2.5, -12, 12},
          {"tanh_slope", primer::tanh_derivative<T>, 5, -60, 60},
          {"sigmoid", primer::sigmoid<T>, 2.4, -110, 20},
          {"sigmoid_slope", primer::sigmoid_derivative<T>, 5, -110, 20},
          {"softplus", primer::softplus<T>, 1.6, -110, 20},
          {"normal_pdf", primer::normal_pdf<T>, 3, -15, 15},
          {"normal_cdf", primer::normal_cdf<T>, 6, -15, 9},
          {"sin", sine, 0.9, -1000, 1000},
          {"cos", cosine, 0.9, -1000, 1000},
          {"sqrt", root, 0.5, 0, 20}};
}

// The distance of neighbouring numbers of type T around x.
template <typename T>
double ulp(T x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  const int digits = std::numeric_limits<T>::digits;
  return std::ldexp(1.0, std::max(exponent, std::numeric_limits<T>::min_exponent) - digits);
}

template <typename T>
void check_against_golden(const std::string& type) {
  std::ifstream file(PRIMER_TEST_DATA "/golden/elementary.csv");
  REQUIRE(file);
  std::map<std::string, int> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line[0] == '#') continue;
    std::istringstream fields(line);
    std::array<std::string, 5> field;
    for (std::string& f : field) std::getline(fields, f, ',');
    if (field[1] != type) continue;
    for (const auto& f : functions<T>()) {
      if (f.name != field[0]) continue;
      const T x = static_cast<T>(std::strtod(field[2].c_str(), nullptr));
      const T nearest = static_cast<T>(std::strtod(field[3].c_str(), nullptr));
      const double got = static_cast<double>(f.call(x)) - static_cast<double>(nearest);
      const double error = std::abs(got / ulp(nearest) - std::strtod(field[4].c_str(), nullptr));
      CAPTURE(line);
      CHECK(error <= f.most_ulp);
      ++rows[f.name];
    }
  }
  for (const auto& f : functions<T>()) {
    CAPTURE(f.name);
    if (f.name != "sqrt") CHECK(rows[f.name] >= 30);
  }
}

template <typename T>
void check_special_values() {
  namespace p = primer;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T huge = std::numeric_limits<T>::max(), tiny = std::numeric_limits<T>::denorm_min();
  for (const auto& f : functions<T>()) {
    CAPTURE(f.name);
    CHECK(std::isnan(f.call(nan)));
  }
  CHECK(p::exp(inf) == inf);
  CHECK(p::exp(huge) == inf);
  CHECK(p::exp(-inf) == 0);
  CHECK(p::exp(-huge) == 0);
  CHECK(p::exp(T(0)) == 1);
  CHECK(p::expm1(inf) == inf);
  CHECK(p::expm1(huge) == inf);
  CHECK(p::expm1(-inf) == -1);
  CHECK(p::expm1(-huge) == -1);
  CHECK(p::expm1(tiny) == tiny);
  CHECK(std::signbit(p::expm1(T(-0.0))));
  CHECK(p::log(T(0)) == -inf);
  CHECK(p::log(T(-0.0)) == -inf);
  CHECK(p::log(inf) == inf);
  CHECK(p::log(T(1)) == 0);
  CHECK(std::isnan(p::log(T(-1))));
  CHECK(std::isnan(p::log(-inf)));
  CHECK(p::log1p(T(-1)) == -inf);
  CHECK(p::log1p(inf) == inf);
  CHECK(std::isnan(p::log1p(T(-2))));
  CHECK(p::log1p(-tiny) == -tiny);
  CHECK(std::signbit(p::log1p(T(-0.0))));
  CHECK(p::tanh(inf) == 1);
  CHECK(p::tanh(-huge) == -1);
  CHECK(p::tanh(-tiny) == -tiny);
  CHECK(std::signbit(p::tanh(T(-0.0))));
  CHECK(p::tanh_derivative(T(0)) == 1);
  CHECK(p::tanh_derivative(-inf) == 0);
  CHECK(p::sigmoid(T(0)) == T(0.5));
  CHECK(p::sigmoid(inf) == 1);
  CHECK(p::sigmoid(-inf) == 0);
  CHECK(p::sigmoid_derivative(T(0)) == T(0.25));
  CHECK(p::sigmoid_derivative(huge) == 0);
  CHECK(p::softplus(inf) == inf);
  CHECK(p::softplus(huge) == huge);
  CHECK(p::softplus(-inf) == 0);
  CHECK(p::normal_pdf(huge) == 0);
  CHECK(p::normal_pdf(-inf) == 0);
  CHECK(p::normal_cdf(T(0)) == T(0.5));
  CHECK(p::normal_cdf(huge) == 1);
  CHECK(p::normal_cdf(inf) == 1);
  CHECK(p::normal_cdf(-huge) == 0);
  CHECK(p::normal_cdf(-inf) == 0);
  CHECK(std::signbit(p::sin(T(-0.0))));
  CHECK(p::cos(T(0)) == 1);
  CHECK(std::isnan(p::sin(inf)));
  CHECK(std::isnan(p::cos(-inf)));
}

// FNV-1a over the bits of 5000 results of each function, computed in a loop that the compiler is free to vectorise.
template <typename T>
std::uint64_t signature() {
  std::uint64_t hash = 0xcbf29ce484222325u;
  std::vector<T> x(5000), y(x.size());
  for (const auto& f : functions<T>()) {
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = f.low + (f.high - f.low) * static_cast<T>(i + 1) / static_cast<T>(x.size() + 1);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = f.call(x[i]);
    for (const T v : y) {
      typename primer::Format<T>::Bits bits = std::bit_cast<typename primer::Format<T>::Bits>(v);
      for (std::size_t byte = 0; byte < sizeof(T); ++byte, bits >>= 8) hash = (hash ^ (bits & 0xff)) * 0x100000001b3u;
    }
  }
  return hash;
}

}  // namespace

TEST_CASE("the elementary functions keep the ulp that their header states, in double") {
  check_against_golden<double>("f64");
}

TEST_CASE("the elementary functions keep the ulp that their header states, in float") {
  check_against_golden<float>("f32");
}

TEST_CASE("infinities, NaN, signed zeros and the smallest numbers give the mathematical results") {
  check_special_values<double>();
  check_special_values<float>();
}

TEST_CASE("exp keeps its digits up to the last number before 0 and before ∞") {
  // Half of the smallest number is e^−745.1332 (double) and e^−103.9721 (float); the largest is e^709.7827 and
  // e^88.7228.
  CHECK(primer::exp(-745.13) == std::numeric_limits<double>::denorm_min());
  CHECK(primer::exp(-745.14) == 0);
  CHECK(primer::exp(709.78) == doctest::Approx(1.7928e308).epsilon(1e-4));
  CHECK(primer::exp(709.79) == std::numeric_limits<double>::infinity());
  CHECK(primer::exp(-103.97F) == std::numeric_limits<float>::denorm_min());
  CHECK(primer::exp(-103.98F) == 0);
  CHECK(static_cast<double>(primer::exp(88.72F)) == doctest::Approx(3.3931e38).epsilon(1e-3));
  CHECK(primer::exp(88.73F) == std::numeric_limits<float>::infinity());
  for (const double x : {-745.13, -745.0, -744.0, -500.0}) {  // sigmoid and φ are made of the same
    CAPTURE(x);
    CHECK(primer::sigmoid(x) == primer::exp(x));
    CHECK(primer::tanh_derivative(x / 2) == 4 * primer::exp(x));
  }
  CHECK(primer::sigmoid(-103.97F) == std::numeric_limits<float>::denorm_min());
}

TEST_CASE("the derivative of tanh and of the sigmoid is right where the value has become 1") {
  CHECK(primer::tanh(20.0) == 1);
  CHECK(primer::tanh_derivative(20.0) / (4 * std::exp(-40.0)) == doctest::Approx(1).epsilon(1e-14));
  CHECK(primer::sigmoid(40.0) == 1);
  CHECK(primer::sigmoid_derivative(40.0) / std::exp(-40.0) == doctest::Approx(1).epsilon(1e-14));
}

TEST_CASE("sin and cos keep their ulp up to 1e8, close to the multiples of π/2 too") {
  for (double x = 1; x <= 1e8; x *= 1.0009) {
    const double zero = std::round(x / 1.5707963267948966) * 1.5707963267948966;
    for (const double at : {x, -x, zero, std::nextafter(zero, 0)}) {
      const long double sine = std::sin(static_cast<long double>(at));
      const long double cosine = std::cos(static_cast<long double>(at));
      CAPTURE(at);
      CHECK(std::abs(static_cast<double>(primer::sin(at) - sine)) <= 0.95 * ulp(static_cast<double>(sine)));
      CHECK(std::abs(static_cast<double>(primer::cos(at) - cosine)) <= 0.95 * ulp(static_cast<double>(cosine)));
    }
  }
}

TEST_CASE("a whole power is the product of its factors") {
  CHECK(primer::power(3, 0) == 1);
  CHECK(primer::power(3, 5) == 243);
  CHECK(primer::power(0.5, 10) == 1.0 / 1024);
  CHECK(primer::power(1 - 0x1p-40, std::uint64_t(1) << 40) == doctest::Approx(std::exp(-1.0)).epsilon(1e-3));
}

TEST_CASE("a vectorised loop gives the bits of single calls") {
  std::array<double, 37> z{}, a{}, s{};
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = 0.37 * static_cast<double>(i) - 6;
  for (std::size_t i = 0; i < z.size(); ++i) {
    a[i] = primer::tanh(z[i]);
    s[i] = primer::tanh_derivative(z[i]);
  }
  for (std::size_t i = 0; i < z.size(); ++i) {
    volatile double alone = z[i];
    CHECK(primer::tanh(alone) == a[i]);
    CHECK(primer::tanh_derivative(alone) == s[i]);
  }
}

// Regression values: they stand for nothing but that no compiler, flag or processor, and no later edit, changed a bit.
TEST_CASE("every build computes the same bits") {
  CHECK(signature<double>() == 14715838026665161265u);
  CHECK(signature<float>() == 5386311197563958255u);
}
