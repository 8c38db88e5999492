// Activation functions a = σ(z). An elementwise activation is a small struct with a name, a value and a derivative.
// This file applies the struct to whole tensors, with one virtual call per tensor, and registers it under its name.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "primer/core/registry.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

// The properties that an activation declares.
struct Traits {
  std::span<const real> kinks{};  // the values of z at which σ, σ′ or σ″ jumps
  bool rectifier = false;         // true if σ is similar to relu: a unit with z ≤ 0 is then called "off"
  std::string_view initializer = "xavier_uniform";  // the initialiser that init = "auto" chooses
  std::string_view canonical_loss{};                // name of the loss that is computed from z, not from `a`; or empty
  bool elementwise = true;
  bool distribution = false;  // the entries of a row of `a` are ≥ 0 and sum to 1; cross_entropy needs this
};

// σ on whole tensors. Every tensor is batch × units. Const members may be called from several threads at once.
class Activation {
 public:
  explicit Activation(const Traits& declared = {}) : traits(declared) {}
  virtual ~Activation() = default;

  const Traits traits;

  virtual std::string name() const = 0;  // the name in config files, with σ's constant α if any: "leaky_relu(0.2)"

  // Computes a = σ(z) and derivative = σ′(z) in one pass. If σ is not elementwise, derivative is the diagonal ∂aⱼ/∂zⱼ.
  virtual void forward(const Tensor& z, Tensor& a, Tensor& derivative) const = 0;
  // Computes a = σ(z) without σ′(z), with the same bits as forward().
  virtual void value(const Tensor& z, Tensor& a) const = 0;

  // Computes ∂L/∂z from ∂L/∂a. forward() must have filled `a` and `derivative`. The base class uses ∂L/∂a ⊙ σ′(z).
  virtual void backward(const Tensor& z, const Tensor& a, const Tensor& derivative, const Tensor& dL_da, Tensor& dL_dz);

  virtual real leak() const { return 0; }  // σ′ for z < 0, or 0 if σ does not declare it; for He's initialisation
  virtual std::optional<Parameter> parameter() { return {}; }  // α and ∂L/∂α, if training changes α (prelu); else empty
};

// An elementwise activation is a struct with a name, a value and a derivative. Optional members (see activation.cpp):
// - `alpha`, a constant α with a default value; "name(0.2)" in a config file sets α = 0.2;
// - `alpha_ok()`, which says whether α is allowed, and `alpha_rule`, the rule for α in error messages, such as "α > 0";
// - `static constexpr Traits traits`, the properties of σ; `leak()`, the slope σ′ for z < 0, if σ is linear there.
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
  explicit Elementwise(F f) : Activation(traits_of_f()), f_(f) {}

  std::string name() const override {
    if constexpr (requires { f_.alpha; }) return spell(F::name, f_.alpha);
    return std::string(F::name);
  }

  // [[gnu::flatten]] inlines every function that the loop calls; otherwise the compiler would not vectorise the loop.
  [[gnu::flatten]] void forward(const Tensor& z, Tensor& a, Tensor& derivative) const override {
    a.resize(z.rows(), z.cols());
    derivative.resize(z.rows(), z.cols());
    const F f = f_;
    const auto in = z.values();
    const auto value = a.values(), prime = derivative.values();
    for (std::size_t i = 0; i < in.size(); ++i) {
      const real z_i = in[i];
      value[i] = f.value(z_i);
      prime[i] = f.derivative(z_i);
    }
  }
  [[gnu::flatten]] void value(const Tensor& z, Tensor& a) const override {
    a.resize(z.rows(), z.cols());
    const F f = f_;
    const auto in = z.values();
    const auto value = a.values();
    for (std::size_t i = 0; i < in.size(); ++i) value[i] = f.value(in[i]);
  }

  real leak() const override {
    if constexpr (requires { f_.leak(); }) return f_.leak();
    return 0;
  }

 private:
  static Traits traits_of_f() {
    if constexpr (requires { F::traits; }) return F::traits;
    return {};
  }
  F f_;
};

// One activation of the table activations(). make(alpha) creates it: alpha is 2 for "elu(2)", and empty for "elu".
struct ActivationEntry {
  std::string_view name;
  std::unique_ptr<Activation> (*make)(std::optional<real> alpha);
  bool alias = false;  // whether `name` is a second name of an activation: "swish" is a second name of "silu"
};

// Always throws std::invalid_argument. Message: α must satisfy `rule`. Message if `rule` is empty: σ has no α.
[[noreturn]] void refuse_alpha(std::string_view name, std::string_view rule);

template <ElementwiseFunction F>
std::unique_ptr<Activation> make_elementwise(std::optional<real> alpha) {
  F f{};
  if constexpr (requires { f.alpha; }) {
    if (alpha) f.alpha = *alpha;
    if constexpr (requires { f.alpha_ok(); }) {
      if (!f.alpha_ok()) refuse_alpha(F::name, F::alpha_rule);
    }
  } else if (alpha) {
    refuse_alpha(F::name, "");
  }
  return std::make_unique<Elementwise<F>>(f);
}

// All activations. register_activation() adds an elementwise activation; activations().add() adds any activation.
Registry<ActivationEntry>& activations();
template <ElementwiseFunction F>
void register_activation() {
  activations().add({F::name, make_elementwise<F>});
}

// Makes the activation "tanh", "leaky_relu(0.2)", …. Throws std::invalid_argument for an unknown name or a wrong α.
std::unique_ptr<Activation> make_activation(std::string_view spec);

}  // namespace primer
