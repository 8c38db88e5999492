// The losses. A value and its gradient stand next to each other.
#include "primer/core/loss.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "primer/core/elementary.hpp"
#include "primer/core/sum.hpp"

namespace primer {
namespace {

real count(const Tensor& t) { return static_cast<real>(t.size()); }
real rows(const Tensor& t) { return static_cast<real>(t.rows()); }

// The mean over all elements of rule.value(a, y), and its gradient.
template <typename Rule>
class MeanOver final : public Loss {
 public:
  explicit MeanOver(Rule rule) : rule_(rule) {}
  std::string_view name() const override { return Rule::name; }
  std::vector<real> kinks() const override { return rule_.kinks(); }

  real value(const Tensor& a, const Tensor& y) const override {
    const auto term = [&](std::size_t i) { return rule_.value(a.data()[i], y.data()[i]); };
    return lane_sum(a.size(), term) / count(a);
  }
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override {
    dL_da.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) {
      dL_da.data()[i] = rule_.derivative(a.data()[i], y.data()[i]) / count(a);
    }
  }

 private:
  Rule rule_;
};

struct SquaredError {
  static constexpr std::string_view name = "mse";
  std::vector<real> kinks() const { return {}; }
  real value(real a, real y) const { return (a - y) * (a - y); }
  real derivative(real a, real y) const { return 2 * (a - y); }
};

struct AbsoluteError {
  static constexpr std::string_view name = "mae";
  std::vector<real> kinks() const { return {0}; }
  real value(real a, real y) const { return std::abs(a - y); }
  real derivative(real a, real y) const { return a > y ? real(1) : a < y ? real(-1) : a - y; }  // 0 at a = y
};

struct Huber {  // P. J. Huber, "Robust estimation of a location parameter", 1964
  static constexpr std::string_view name = "huber";
  real delta;
  std::vector<real> kinks() const { return {-delta, delta}; }
  real value(real a, real y) const {
    const real d = std::abs(a - y);
    return d <= delta ? d * d / 2 : delta * (d - delta / 2);
  }
  real derivative(real a, real y) const { return std::clamp(a - y, -delta, delta); }
};

// p log q with the limit 0 · log 0 = 0.
real times_log(real p, real q) { return p == 0 ? real(0) : p * log(q); }
real ratio(real p, real q) { return p == 0 ? real(0) : p / q; }

class BinaryCrossEntropy final : public Loss {
 public:
  explicit BinaryCrossEntropy(real smoothing) : smoothing_(smoothing) {}
  std::string_view name() const override { return "binary_cross_entropy"; }

  real value(const Tensor& a, const Tensor& y) const override {
    const auto term = [&](std::size_t i) {
      const real p = a.data()[i];
      const real t = smooth(y.data()[i]);
      return -times_log(t, p) - times_log(1 - t, 1 - p);  // −y ln a − (1 − y) ln(1 − a)
    };
    return lane_sum(a.size(), term) / count(a);
  }
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override {
    dL_da.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const real p = a.data()[i];
      const real t = smooth(y.data()[i]);
      dL_da.data()[i] = (ratio(1 - t, 1 - p) - ratio(t, p)) / count(a);  // (1 − y)/(1 − a) − y/a
    }
  }
  real value_from_logits(const Tensor& z, const Tensor& y) const override {
    const auto term = [&](std::size_t i) {
      const real z_i = z.data()[i];  // ln(1 + eᶻ) − y z, where softplus(z) = max(z, 0) + softplus(−|z|)
      return softplus(-std::abs(z_i)) + (std::max(z_i, real(0)) - smooth(y.data()[i]) * z_i);
    };
    return lane_sum(z.size(), term) / count(z);
  }
  void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {
    dL_dz.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) {
      dL_dz.data()[i] = (a.data()[i] - smooth(y.data()[i])) / count(a);  // ∂L/∂z = (a − y) / (N K)
    }
  }

 private:
  real smooth(real y) const { return (1 - smoothing_) * y + smoothing_ / 2; }
  real smoothing_;
};

class CrossEntropy final : public Loss {
 public:
  explicit CrossEntropy(real smoothing) : smoothing_(smoothing) {}
  std::string_view name() const override { return "cross_entropy"; }

  real value(const Tensor& a, const Tensor& y) const override {
    const auto term = [&](std::size_t i) { return -times_log(smooth(y.data()[i], y), a.data()[i]); };  // −Σ y ln a
    return lane_sum(a.size(), term) / rows(a);
  }
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override {
    dL_da.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) {
      dL_da.data()[i] = -ratio(smooth(y.data()[i], y), a.data()[i]) / rows(a);  // −y/a
    }
  }
  // task 3.1 (15 points): cross-entropy of softmax, from the logits
  // Log-sum-exp: ln Σₖ exp zₖ − Σₖ yₖ zₖ, with z − max z for z. Loops run over the rows, which are many, and not over
  // the classes, which are few; so both are transposed first.
  real value_from_logits(const Tensor& z, const Tensor& y) const override {
    const std::size_t samples = z.rows(), classes = z.cols();
    transpose(z, shifted_);
    transpose(y, targets_);
    rows_.resize(4, samples);
    rows_.fill(0);
    const auto top = rows_.row(0), found = rows_.row(1);
    const auto mean = rows_.row(2);    // Σₖ yₖ zₖ
    const auto others = rows_.row(3);  // Σₖ exp zₖ − 1
    std::copy_n(shifted_.data(), samples, top.data());
    for (std::size_t k = 1; k < classes; ++k) {
      for (std::size_t i = 0; i < samples; ++i) top[i] = std::max(top[i], shifted_(k, i));
    }
    for (std::size_t k = 0; k < classes; ++k) {
      for (std::size_t i = 0; i < samples; ++i) {
        const real t = smooth(targets_(k, i), y);
        shifted_(k, i) -= top[i];
        mean[i] += t == 0 ? real(0) : t * shifted_(k, i);  // a class of weight 0 takes no part, however unlikely it is
      }
    }
    for (real& v : shifted_.values()) v = exp(v);
    for (std::size_t k = 0; k < classes; ++k) {
      for (std::size_t i = 0; i < samples; ++i) {
        const bool first = shifted_(k, i) == 1 && found[i] == 0;  // the 1 of the highest comes in through log1p
        found[i] = first ? real(1) : found[i];
        others[i] += first ? real(0) : shifted_(k, i);
      }
    }
    return lane_sum(samples, [=](std::size_t i) { return log1p(others[i]) - mean[i]; }) / rows(z);
  }
  void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {
    dL_dz.resize(a.rows(), a.cols());
    for (std::size_t i = 0; i < a.size(); ++i) {
      dL_dz.data()[i] = (a.data()[i] - smooth(y.data()[i], y)) / rows(a);  // ∂L/∂z = (a − y) / N
    }
  }
  // end of task 3.1

 private:
  real smooth(real y_k, const Tensor& y) const {
    return (1 - smoothing_) * y_k + smoothing_ / static_cast<real>(y.cols());
  }
  real smoothing_;
  mutable Tensor shifted_, targets_, rows_;  // kept so that value_from_logits() allocates nothing
};

}  // namespace

real Loss::value_from_logits(const Tensor&, const Tensor&) const {
  throw std::logic_error(std::string(name()) + " has no form in logits");
}
void Loss::gradient_from_logits(const Tensor&, const Tensor&, Tensor&) const {
  throw std::logic_error(std::string(name()) + " has no form in logits");
}

std::unique_ptr<Loss> make_loss(const LossOptions& options) {
  if (options.loss == "mse") return std::make_unique<MeanOver<SquaredError>>(SquaredError{});
  if (options.loss == "mae") return std::make_unique<MeanOver<AbsoluteError>>(AbsoluteError{});
  if (options.loss == "huber") return std::make_unique<MeanOver<Huber>>(Huber{options.huber_delta});
  if (options.loss == "binary_cross_entropy") return std::make_unique<BinaryCrossEntropy>(options.label_smoothing);
  if (options.loss == "cross_entropy") return std::make_unique<CrossEntropy>(options.label_smoothing);
  throw std::invalid_argument("unknown loss '" + std::string(options.loss) + "'");
}

std::vector<std::string_view> loss_names() { return {"mse", "mae", "huber", "binary_cross_entropy", "cross_entropy"}; }

}  // namespace primer
