// The losses. In the code, the gradient of each loss stands directly after its value.
#include "primer/core/loss.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "primer/core/elementary.hpp"
#include "primer/core/sum.hpp"

namespace primer {
namespace {

struct SquaredError {
  static constexpr std::string_view name = "mse";
  real value(real a, real y) const { return (a - y) * (a - y); }
  real derivative(real a, real y) const { return 2 * (a - y); }
};

struct AbsoluteError {
  static constexpr std::string_view name = "mae";
  static constexpr std::array<real, 1> kinks{0};
  real value(real a, real y) const { return std::abs(a - y); }
  real derivative(real a, real y) const { return a > y ? real(1) : a < y ? real(-1) : a - y; }  // 0 at a = y
};

struct Huber {  // P. J. Huber, "Robust estimation of a location parameter", 1964
  static constexpr std::string_view name = "huber";
  static constexpr std::array<std::string_view, 1> uses{"huber_delta"};
  explicit Huber(const LossOptions& o) : delta(o.huber_delta), kinks{-delta, delta} {}
  real delta;
  std::array<real, 2> kinks;
  real value(real a, real y) const {
    const real d = std::abs(a - y);
    return d <= delta ? d * d / 2 : delta * (d - delta / 2);
  }
  real derivative(real a, real y) const { return std::clamp(a - y, -delta, delta); }
};

constexpr std::array<std::string_view, 1> smoothing{"label_smoothing"};

// p log q with the limit 0 · log 0 = 0, and its derivative with respect to q.
real times_log(real p, real q) { return p == 0 ? real(0) : p * log(q); }
real ratio(real p, real q) { return p == 0 ? real(0) : p / q; }

struct BinaryError {  // in the formulas of this struct, t is smooth(y), the smoothed target
  static constexpr std::string_view name = "binary_cross_entropy";
  explicit BinaryError(const LossOptions& o) : epsilon(o.label_smoothing) {}
  real epsilon;
  real smooth(real y) const { return (1 - epsilon) * y + epsilon / 2; }
  real value(real a, real y) const {
    return -times_log(smooth(y), a) - times_log(1 - smooth(y), 1 - a);  // −t ln a − (1 − t) ln(1 − a)
  }
  real derivative(real a, real y) const { return ratio(1 - smooth(y), 1 - a) - ratio(smooth(y), a); }
};

class BinaryCrossEntropy final : public MeanLoss<BinaryError> {
 public:
  explicit BinaryCrossEntropy(const LossOptions& o) : MeanLoss(BinaryError(o)) {}
  real value_from_logits(const Tensor& z, const Tensor& y, Tensor&) const override {
    return mean(z, [&, f = f_](std::size_t i) {  // ln(1 + eᶻ) − t z, with ln(1 + eᶻ) = max(z, 0) + softplus(−|z|)
      return softplus(-std::abs(z[i])) + (std::max(z[i], real(0)) - f.smooth(y[i]) * z[i]);
    });
  }
  void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {
    each(dL_dz, a, [&, f = f_](std::size_t i) { return a[i] - f.smooth(y[i]); });  // ∂L/∂z = (a − t) / (N K)
  }
};

class CrossEntropy final : public Loss {
 public:
  explicit CrossEntropy(const LossOptions& o) : epsilon_(o.label_smoothing) {}
  std::string_view name() const override { return "cross_entropy"; }

  real value(const Tensor& a, const Tensor& y) const override {
    return lane_sum(a.size(), [&](std::size_t i) { return -times_log(smooth(y[i], y), a[i]); }) / rows(a);  // −Σ t ln a
  }
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override {
    dL_da.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) dL_da[i] = -ratio(smooth(y[i], y), a[i]) / rows(a);  // −t/a
  }
  // task 3.1 (15 points): cross-entropy of softmax, from the logits
  // The loss of a row is ln Σₖ exp zₖ − Σₖ tₖ zₖ. Subtracting max z from every zₖ does not change the loss. The largest
  // term of the sum is then exp 0 = 1. log1p adds this 1 to the other terms, so that a loss near 0 keeps its digits.
  real value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const override {
    const std::size_t N = z.rows(), K = z.cols();
    scratch.resize(K + 2, N);  // memory for `shifted` (N · K numbers), `others` and `mean` (N numbers each)
    const auto shifted = scratch.values().first(N * K);
    const auto others = scratch.row(K), mean = scratch.row(K + 1);  // Σₖ exp(zₖ − max z) − 1, and Σₖ tₖ (zₖ − max z)
    for (std::size_t i = 0; i < N; ++i) {
      const auto z_i = shifted.subspan(i * K, K);
      const std::size_t top = subtract_maximum(z.row(i), z_i);
      real dot = 0;
      for (std::size_t k = 0; k < K; ++k) {
        const real t = smooth(y(i, k), y);
        dot += t == 0 ? real(0) : t * z_i[k];  // a class with target 0 adds 0 to the sum, even if its z is infinite
      }
      mean[i] = dot;
      z_i[top] = -std::numeric_limits<real>::infinity();  // leaves exp 0 = 1 out of the sum, because log1p adds 1
    }
    for (real& v : shifted) v = exp(v);
    for (std::size_t i = 0; i < N; ++i) {
      real sum = 0;
      for (const real e : shifted.subspan(i * K, K)) sum += e;
      others[i] = sum;
    }
    return lane_sum(N, [=](std::size_t i) { return log1p(others[i]) - mean[i]; }) / rows(z);
  }
  void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {
    dL_dz.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) dL_dz[i] = (a[i] - smooth(y[i], y)) / rows(a);  // ∂L/∂z = (a − t) / N
  }
  // end of task 3.1

 private:
  static real rows(const Tensor& t) { return static_cast<real>(t.rows()); }
  real smooth(real y_k, const Tensor& y) const { return (1 - epsilon_) * y_k + epsilon_ / static_cast<real>(y.cols()); }
  real epsilon_;
};

template <typename L>
std::unique_ptr<Loss> make(const LossOptions& options) {
  return std::make_unique<L>(options);
}

}  // namespace

Registry<LossEntry>& losses() {
  static Registry<LossEntry> table("loss", {loss_entry<SquaredError>(),
                                            loss_entry<AbsoluteError>(),
                                            loss_entry<Huber>(),
                                            {"binary_cross_entropy", make<BinaryCrossEntropy>, Task::binary, smoothing},
                                            {"cross_entropy", make<CrossEntropy>, Task::multiclass, smoothing}});
  return table;
}

real Loss::value_from_logits(const Tensor&, const Tensor&, Tensor&) const {
  throw std::logic_error(std::string(name()) + " cannot be computed from the logits");
}
void Loss::gradient_from_logits(const Tensor&, const Tensor&, Tensor&) const {
  throw std::logic_error(std::string(name()) + " cannot be computed from the logits");
}

}  // namespace primer
