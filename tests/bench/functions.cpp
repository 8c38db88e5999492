// The formulas once more, in the plain words of <cmath>, and the race.
#include "functions.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <stdexcept>

#include "primer/core/activation.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/tensor.hpp"

namespace bench {
namespace {

using primer::real;
using primer::Tensor;

constexpr std::size_t rows = 16;
constexpr std::size_t cols = 64;
constexpr std::size_t n = rows * cols;

double ns_per_element(const std::function<void()>& work) {
  constexpr int rounds = 200;
  double best = 1e9;
  for (int r = 0; r < 10; ++r) {
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best * 1e9 / (rounds * n);
}

struct Both {
  real value, derivative;
};

// One number at a time: what is read through a volatile is never read into a vector.
template <typename F>
void one_by_one(const Tensor& z, Tensor& a, Tensor& derivative, F f) {
  const volatile real* const in = z.data();
  for (std::size_t i = 0; i < n; ++i) {
    const Both both = f(real(in[i]));
    a.data()[i] = both.value;
    derivative.data()[i] = both.derivative;
  }
}

void softmax_one_by_one(const Tensor& z, Tensor& a, Tensor& derivative) {
  const volatile real* in = z.data();
  for (std::size_t i = 0; i < rows; ++i, in += cols) {
    real highest = in[0];
    for (std::size_t j = 1; j < cols; ++j) highest = std::max(highest, real(in[j]));
    real sum = 0;
    for (std::size_t j = 0; j < cols; ++j) sum += a(i, j) = std::exp(real(in[j]) - highest);
    for (std::size_t j = 0; j < cols; ++j) {
      a(i, j) /= sum;
      derivative(i, j) = a(i, j) * (1 - a(i, j));
    }
  }
}

real logistic(real z) { return 1 / (1 + std::exp(-z)); }

Both gelu(real z) {
  const real cdf = (1 + std::erf(z * (std::numbers::sqrt2_v<real> / 2))) / 2;
  const real pdf = std::exp(-z * z / 2) * (std::numbers::inv_sqrtpi_v<real> / std::numbers::sqrt2_v<real>);
  return {z * cdf, cdf + z * pdf};
}

Both gelu_tanh(real z) {
  constexpr real c = std::numbers::sqrt2_v<real> * std::numbers::inv_sqrtpi_v<real>;  // √(2/π)
  constexpr auto k = real(0.044715);
  const real t = std::tanh(c * (z + k * z * z * z));
  return {z * (1 + t) / 2, (1 + t) / 2 + z * (1 - t * t) / 2 * c * (1 + 3 * k * z * z)};
}

void scalar(std::string_view name, const Tensor& z, Tensor& a, Tensor& derivative) {
  const auto each = [&](auto f) { one_by_one(z, a, derivative, f); };
  constexpr auto lambda = real(1.0507009873554805);
  constexpr auto lambda_alpha = real(1.7580993408473769);
  if (name == "identity") return each([](real x) { return Both{x, 1}; });
  if (name == "step") return each([](real x) { return Both{x >= 0 ? real(1) : real(0), 0}; });
  if (name == "relu") return each([](real x) { return Both{x > 0 ? x : 0, x > 0 ? real(1) : real(0)}; });
  if (name == "leaky_relu" || name == "prelu") {
    const real alpha = name == "prelu" ? real(0.25) : real(0.01);
    return each([alpha](real x) { return Both{x > 0 ? x : alpha * x, x > 0 ? real(1) : alpha}; });
  }
  if (name == "elu") return each([](real x) { return x > 0 ? Both{x, 1} : Both{std::expm1(x), std::exp(x)}; });
  if (name == "selu") {
    return each([](real x) {
      return x > 0 ? Both{lambda * x, lambda} : Both{lambda_alpha * std::expm1(x), lambda_alpha * std::exp(x)};
    });
  }
  if (name == "sigmoid") {
    return each([](real x) {
      const real s = logistic(x);
      return Both{s, s * (1 - s)};
    });
  }
  if (name == "tanh") {
    return each([](real x) {
      const real t = std::tanh(x);
      return Both{t, 1 - t * t};
    });
  }
  if (name == "softplus") return each([](real x) { return Both{std::log1p(std::exp(x)), logistic(x)}; });
  if (name == "silu") {
    return each([](real x) {
      const real s = logistic(x);
      return Both{x * s, s + x * s * (1 - s)};
    });
  }
  if (name == "gelu") return each(gelu);
  if (name == "gelu_tanh") return each(gelu_tanh);
  if (name == "softmax") return softmax_one_by_one(z, a, derivative);
  throw std::logic_error("tests/bench/functions.cpp has no scalar formula of " + std::string(name));
}

template <typename Ours, typename Plain>
FunctionSpeed elementary(const char* name, const Tensor& x, Tensor& y, Ours ours, Plain plain) {
  const double ns = ns_per_element([&] {
    for (std::size_t i = 0; i < n; ++i) y.data()[i] = ours(x.data()[i]);
  });
  const volatile real* const in = x.data();
  const double scalar_ns = ns_per_element([&] {
    for (std::size_t i = 0; i < n; ++i) y.data()[i] = plain(real(in[i]));
  });
  return {name, ns, scalar_ns};
}

}  // namespace

std::vector<FunctionSpeed> function_speeds() {
  Tensor z(rows, cols);
  Tensor positive(rows, cols);
  Tensor a(rows, cols);
  Tensor derivative(rows, cols);
  for (std::size_t i = 0; i < n; ++i) {
    z.data()[i] = real(8) * static_cast<real>(i * 389 % n) / real(n) - 4;  // −4 to 4, in no order
    positive.data()[i] = z.data()[i] + real(4.01);
  }
  std::vector<FunctionSpeed> speeds{
      elementary(
          "exp", z, a, [](real x) { return primer::exp(x); }, [](real x) { return std::exp(x); }),
      elementary(
          "log", positive, a, [](real x) { return primer::log(x); }, [](real x) { return std::log(x); })};
  for (const std::string_view name : primer::activations().names()) {
    const auto activation = primer::make_activation(name);
    const double ns = ns_per_element([&] { activation->forward(z, a, derivative); });
    speeds.push_back({std::string(name), ns, ns_per_element([&] { scalar(name, z, a, derivative); })});
  }
  return speeds;
}

}  // namespace bench
