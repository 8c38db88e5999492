// Losses L(a, y) and their gradients ∂L/∂a. The canonical output activation of cross_entropy is softmax; that of
// binary_cross_entropy is sigmoid. With this activation, L is computed from the logits z, and the gradient is ∂L/∂z.
// Reason: a probability may underflow to 0, and ln 0 = −∞. The logarithm of a sum of exponentials stays finite.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "primer/core/activation.hpp"
#include "primer/core/registry.hpp"
#include "primer/core/sum.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// What the targets mean to a loss: numbers, one of two classes, or one of several classes.
enum class Task { regression, binary, multiclass };

// The tensors a, z, y and the gradients are batch × outputs. y contains target numbers, or the probabilities of classes
// (one-hot if the class is certain). All members are const: a loss may be used by several threads at once.
class Loss {
 public:
  virtual ~Loss() = default;
  virtual std::string_view name() const = 0;

  virtual real value(const Tensor& a, const Tensor& y) const = 0;
  virtual void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const = 0;

  // If L is a function of a − y, returns the values of a − y at which L, L′ or L″ jumps; otherwise returns no values.
  virtual std::span<const real> kinks() const { return {}; }

  // In the mean loss over several batches, the batch with targets y has this weight. Default: the number of rows of y.
  virtual double weight(const Tensor& y) const { return static_cast<double>(y.rows()); }

  // Whether `output` is the canonical activation of this loss, as softmax is for cross_entropy. Only then, call
  // …_from_logits(). value_from_logits() overwrites `scratch`. Pass the same tensor to all calls to save allocations.
  bool pairs_with(const Activation& output) const { return output.traits.canonical_loss == name(); }
  virtual real value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const;
  virtual void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const;  // (a − y) / N, or / (N K)
};

struct LossOptions {
  std::string_view loss;
  real huber_delta = 1;
  real label_smoothing = 0;  // ε: the target y becomes (1 − ε) y + ε / K for K classes (binary_cross_entropy: K = 2)
};

// A struct becomes a loss if it has a name, a value for one output `a` with the target y, and the derivative of this
// value with respect to `a`. The loss is the mean over all outputs. The struct may also have (see loss.cpp):
// - a constructor from LossOptions, and `uses`, the names of the members of LossOptions that the constructor reads;
// - `task`, by default Task::regression, and `kinks`, the values of a − y at which L, its slope or its curvature jumps.
template <typename F>
concept ElementwiseLoss = requires(const F f, real a, real y) {
  { F::name } -> std::convertible_to<std::string_view>;
  { f.value(a, y) } -> std::convertible_to<real>;
  { f.derivative(a, y) } -> std::convertible_to<real>;
};

template <ElementwiseLoss F>
class MeanLoss : public Loss {
 public:
  explicit MeanLoss(F f) : f_(f) {}
  std::string_view name() const override { return F::name; }
  std::span<const real> kinks() const override {
    if constexpr (requires { f_.kinks; }) return f_.kinks;
    return {};
  }

  real value(const Tensor& a, const Tensor& y) const override {
    return mean(a, [&, f = f_](std::size_t i) { return f.value(a[i], y[i]); });
  }
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override {
    each(dL_da, a, [&, f = f_](std::size_t i) { return f.derivative(a[i], y[i]); });
  }

 protected:
  static real mean(const Tensor& of, auto term) { return lane_sum(of.size(), term) / static_cast<real>(of.size()); }
  // gradient[i] = term(i) / n, where n is the size of the tensor `of` and term(i) is the derivative for its element i.
  static void each(Tensor& gradient, const Tensor& of, auto term) {
    gradient.resize(of.rows(), of.cols());
    for (std::size_t i = 0; i < of.size(); ++i) gradient[i] = term(i) / static_cast<real>(of.size());
  }
  F f_;
};

struct LossEntry {
  std::string_view name;
  std::unique_ptr<Loss> (*make)(const LossOptions& options);
  Task task = Task::regression;
  std::span<const std::string_view> uses{};  // the members of LossOptions that the loss reads
};

template <ElementwiseLoss F>
std::unique_ptr<Loss> make_mean_loss(const LossOptions& options) {
  if constexpr (std::is_constructible_v<F, const LossOptions&>)
    return std::make_unique<MeanLoss<F>>(F(options));
  else
    return std::make_unique<MeanLoss<F>>(F{});
}

template <ElementwiseLoss F>
LossEntry loss_entry() {
  LossEntry entry{F::name, make_mean_loss<F>};
  if constexpr (requires { F::task; }) entry.task = F::task;
  if constexpr (requires { F::uses; }) entry.uses = F::uses;
  return entry;
}

// All losses. To add a loss that is the mean over all outputs, call register_loss(), otherwise losses().add().
Registry<LossEntry>& losses();
template <ElementwiseLoss F>
void register_loss() {
  losses().add(loss_entry<F>());
}

// make_loss() and task_of() throw std::invalid_argument if no loss has this name.
inline std::unique_ptr<Loss> make_loss(const LossOptions& options) { return losses().at(options.loss).make(options); }
inline Task task_of(std::string_view loss) { return losses().at(loss).task; }

}  // namespace primer
