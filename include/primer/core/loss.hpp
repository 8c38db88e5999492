// Losses L(a, y) and their gradients ∂L/∂a. An elementwise one is a small struct with a name, a value and a derivative.
// If the output activation is the loss's canonical partner (softmax for cross_entropy, sigmoid for
// binary_cross_entropy), both are computed from the logits z instead: the logarithm of a probability that has
// underflowed is −∞, the logarithm of a sum of exponentials is not.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "primer/core/activation.hpp"
#include "primer/core/sum.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// What the targets mean, which follows from the loss: numbers, one of two classes, or one of several classes.
enum class Task { regression, binary, multiclass };

// a, z, y and the gradients are batch × outputs; y holds targets, or probabilities (one-hot rows for classes).
// All members are const: a loss may be used by several threads at once.
class Loss {
 public:
  virtual ~Loss() = default;
  virtual std::string_view name() const = 0;

  virtual real value(const Tensor& a, const Tensor& y) const = 0;
  virtual void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const = 0;

  // The values of a − y at which L or one of its first two derivatives jumps.
  virtual std::span<const real> kinks() const { return {}; }

  // The canonical pair. Only called when pairs_with(output activation). `scratch` is overwritten; a caller that keeps
  // it allocates nothing the next time.
  bool pairs_with(const Activation& output) const { return output.canonical_loss() == name(); }
  virtual real value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const;
  virtual void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const;  // (a − y) / N, or / (N K)
};

struct LossOptions {
  std::string_view loss;
  real huber_delta = 1;
  real label_smoothing = 0;  // ε: y becomes (1 − ε) y + ε / K for cross_entropy, (1 − ε) y + ε / 2 for a sigmoid
};

// What a struct must offer to become a loss, which is then a mean over all elements: a name, a value, and its
// derivative with respect to a. loss.cpp shows what it may offer besides:
// - a constructor from LossOptions, and in `uses` the names of the members that it reads;
// - `task`, which is Task::regression otherwise, and `kinks`, with the meaning that it has in Loss;
// - `value_from_logits(z, y)` and `gradient_from_logits(a, y)`, if it has a canonical partner.
template <typename F>
concept ElementwiseLoss = requires(const F f, real a, real y) {
  { F::name } -> std::convertible_to<std::string_view>;
  { f.value(a, y) } -> std::convertible_to<real>;
  { f.derivative(a, y) } -> std::convertible_to<real>;
};

template <ElementwiseLoss F>
class MeanLoss final : public Loss {
 public:
  explicit MeanLoss(F f) : f_(f) {}
  std::string_view name() const override { return F::name; }
  std::span<const real> kinks() const override {
    if constexpr (requires { f_.kinks; }) return f_.kinks;
    return {};
  }

  real value(const Tensor& a, const Tensor& y) const override {
    return lane_sum(a.size(), [&, f = f_](std::size_t i) { return f.value(a[i], y[i]); }) / count(a);
  }
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override {
    dL_da.resize(a.rows(), a.cols());
    const F f = f_;
    for (std::size_t i = 0; i < a.size(); ++i) dL_da[i] = f.derivative(a[i], y[i]) / count(a);
  }
  real value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const override {
    if constexpr (requires { f_.value_from_logits(real(), real()); }) {
      return lane_sum(z.size(), [&, f = f_](std::size_t i) { return f.value_from_logits(z[i], y[i]); }) / count(z);
    }
    return Loss::value_from_logits(z, y, scratch);
  }
  void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {
    if constexpr (requires { f_.gradient_from_logits(real(), real()); }) {
      dL_dz.resize(a.rows(), a.cols());
      const F f = f_;
      for (std::size_t i = 0; i < a.size(); ++i) dL_dz[i] = f.gradient_from_logits(a[i], y[i]) / count(a);
    } else {
      Loss::gradient_from_logits(a, y, dL_dz);
    }
  }

 private:
  static real count(const Tensor& t) { return static_cast<real>(t.size()); }
  F f_;
};

// What the table knows of a loss.
struct LossEntry {
  std::string_view name;
  std::unique_ptr<Loss> (*make)(const LossOptions& options);
  Task task = Task::regression;
  std::span<const std::string_view> uses{};  // the members of LossOptions that it reads
};

template <ElementwiseLoss F>
LossEntry loss_entry() {
  LossEntry entry{F::name, [](const LossOptions& options) -> std::unique_ptr<Loss> {
                    if constexpr (std::is_constructible_v<F, const LossOptions&>) {
                      return std::make_unique<MeanLoss<F>>(F(options));
                    } else {
                      return std::make_unique<MeanLoss<F>>(F{});
                    }
                  }};
  if constexpr (requires { F::task; }) entry.task = F::task;
  if constexpr (requires { F::uses; }) entry.uses = F::uses;
  return entry;
}

// Both throw std::invalid_argument when the name is taken or is not letters, digits and '_'. The entry is for a loss
// that is not a mean over all elements.
void register_loss(const LossEntry& entry);
template <ElementwiseLoss F>
void register_loss() {
  register_loss(loss_entry<F>());
}

// These throw std::invalid_argument for an unknown name.
std::unique_ptr<Loss> make_loss(const LossOptions& options);
Task task_of(std::string_view loss);
bool loss_uses(std::string_view loss, std::string_view option);  // whether it reads that member of LossOptions

std::vector<std::string_view> loss_names();  // what a user registered comes last

}  // namespace primer
