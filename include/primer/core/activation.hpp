// Activation functions a = σ(z). An elementwise one is a small struct with a name, a value and a derivative; this file
// lifts it to whole tensors, one virtual call a tensor, and keeps the table through which a config file finds it.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/real.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// A learnable tensor, its gradient, and its name in model files.
struct Parameter {
  std::string_view name;
  Tensor* value;
  Tensor* gradient;
  bool transposed = false;  // value and gradient are kept as the transposes of what files hold: W, inputs × units
};

// σ on whole tensors. Every tensor is batch × units.
class Activation {
 public:
  virtual ~Activation() = default;

  virtual std::string name() const = 0;  // as it stands in a config file: "leaky_relu(0.2)"
  virtual std::unique_ptr<Activation> clone() const = 0;

  // a = σ(z), and σ′(z) into `derivative`, in one pass. Where σ is no elementwise function, derivative is ∂aⱼ/∂zⱼ.
  virtual void forward(const Tensor& z, Tensor& a, Tensor& derivative) const = 0;
  // a = σ(z) alone, the same bits.
  virtual void value(const Tensor& z, Tensor& a) const = 0;

  // ∂L/∂z from ∂L/∂a, after forward() has filled a and derivative. The default is the elementwise rule.
  virtual void backward(const Tensor& z, const Tensor& a, const Tensor& derivative, const Tensor& dL_da, Tensor& dL_dz);

  virtual bool elementwise() const { return true; }
  virtual std::span<const real> kinks() const { return {}; }      // where σ, σ′ or σ″ jumps
  virtual bool rectifier() const { return false; }                // one-sided: a unit with z ≤ 0 counts as "off"
  virtual std::string_view canonical_loss() const { return {}; }  // the loss that is computed from z, or none
  virtual std::string_view initializer() const { return "xavier_uniform"; }  // what init = "auto" means
  virtual real leak() const { return 0; }                      // σ′ on z < 0 where σ is linear there, for He's rule
  virtual std::optional<Parameter> parameter() { return {}; }  // the shape constant, where it is learned
};

// What a struct must offer to become an activation: a name, a value and a derivative. It may also offer, as the
// built-in ones in activation.cpp do,
// - `alpha`, a shape constant that a config file writes as "name(0.2)", with its default; and in `alpha_ok()` and the
//   words of `alpha_rule`, which values it may have;
// - `kinks`, `rectifier`, `canonical_loss`, `initializer` and `leak()`, which mean what the members of Activation do.
template <typename F>
concept ElementwiseFunction = requires(const F f, real z) {
  { F::name } -> std::convertible_to<std::string_view>;
  { f.value(z) } -> std::convertible_to<real>;
  { f.derivative(z) } -> std::convertible_to<real>;
};

std::string spell(std::string_view name, real alpha);  // "name(alpha)"

template <ElementwiseFunction F>
class Elementwise : public Activation {
 public:
  explicit Elementwise(F f) : f_(f) {}

  std::string name() const override {
    if constexpr (requires { f_.alpha; }) return spell(F::name, f_.alpha);
    return std::string(F::name);
  }
  std::unique_ptr<Activation> clone() const override { return std::make_unique<Elementwise>(*this); }

  // flatten: everything is inlined, without which no loop is vectorised.
  [[gnu::flatten]] void forward(const Tensor& z, Tensor& a, Tensor& derivative) const override {
    a.resize(z.rows(), z.cols());
    derivative.resize(z.rows(), z.cols());
    const F f = f_;
    const real* const in = z.data();
    real* const value = a.data();
    real* const prime = derivative.data();
    for (std::size_t i = 0; i < z.size(); ++i) {
      const real z_i = in[i];
      value[i] = f.value(z_i);
      prime[i] = f.derivative(z_i);
    }
  }
  [[gnu::flatten]] void value(const Tensor& z, Tensor& a) const override {
    a.resize(z.rows(), z.cols());
    const F f = f_;
    const real* const in = z.data();
    real* const value = a.data();
    for (std::size_t i = 0; i < z.size(); ++i) value[i] = f.value(in[i]);
  }

  std::span<const real> kinks() const override {
    if constexpr (requires { F::kinks; }) return F::kinks;
    return {};
  }
  bool rectifier() const override {
    if constexpr (requires { F::rectifier; }) return F::rectifier;
    return false;
  }
  std::string_view canonical_loss() const override {
    if constexpr (requires { F::canonical_loss; }) return F::canonical_loss;
    return {};
  }
  std::string_view initializer() const override {
    if constexpr (requires { F::initializer; }) return F::initializer;
    return Activation::initializer();
  }
  real leak() const override {
    if constexpr (requires { f_.leak(); }) return f_.leak();
    return 0;
  }

 private:
  F f_;
};

// How the table makes an activation. `alpha` is the shape constant as written, if one was.
struct ActivationEntry {
  std::string_view name;
  std::unique_ptr<Activation> (*make)(std::optional<real> alpha);
};

// Adds an entry; throws std::invalid_argument when the name is taken or is not letters, digits and '_'.
void register_activation(const ActivationEntry& entry);

// f with this shape constant. Throws std::invalid_argument saying which shape constants are allowed.
template <ElementwiseFunction F>
F with_alpha(F f, std::optional<real> alpha);
[[noreturn]] void refuse_alpha(std::string_view name, std::string_view rule);  // "": there is none

template <ElementwiseFunction F>
void register_activation() {
  register_activation({F::name, [](std::optional<real> alpha) -> std::unique_ptr<Activation> {
                         return std::make_unique<Elementwise<F>>(with_alpha(F{}, alpha));
                       }});
}

// "tanh", "leaky_relu(0.2)", … Throws std::invalid_argument for an unknown name or an unfit shape constant.
std::unique_ptr<Activation> make_activation(std::string_view spec);

// All names that make_activation knows, in the order of the catalogue; what a user registered comes last.
std::vector<std::string_view> activation_names();

template <ElementwiseFunction F>
F with_alpha(F f, std::optional<real> alpha) {
  if (!alpha) return f;
  if constexpr (requires { f.alpha; }) {
    f.alpha = *alpha;
    if constexpr (requires { f.alpha_ok(); }) {
      if (!f.alpha_ok()) refuse_alpha(F::name, F::alpha_rule);
    }
    return f;
  }
  refuse_alpha(F::name, "");
}

}  // namespace primer
