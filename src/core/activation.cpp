// The activation functions, their derivatives and the table of their names. An elementwise σ′ is computed from z, not
// from a = σ(z). Example: the derivative of tanh at z = 20 is 1.7e-17, but the formula 1 − a² would give 0. σ and σ′
// contain the same calls on purpose, such as sigmoid(z). In a loop over σ and σ′, the compiler computes the call once.
#include "primer/core/activation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "primer/core/elementary.hpp"
#include "primer/core/sum.hpp"

namespace primer {

void Activation::backward(const Tensor&, const Tensor&, const Tensor& derivative, const Tensor& dL_da, Tensor& dL_dz) {
  dL_dz.resize(dL_da.rows(), dL_da.cols());
  // task 1.2 (5 points): the gradient through an elementwise σ
  for (std::size_t i = 0; i < dL_dz.size(); ++i) {
    dL_dz[i] = dL_da[i] * derivative[i];  // ∂L/∂z = ∂L/∂a ⊙ σ′(z)
  }
  // end of task 1.2
}

namespace {

constexpr std::array<real, 1> zero{0};
constexpr Traits smooth_rectifier{.rectifier = true, .initializer = "he_uniform"};
constexpr Traits bent_rectifier{.kinks = zero, .rectifier = true, .initializer = "he_uniform"};

struct Identity {
  static constexpr std::string_view name = "identity";
  real value(real z) const { return z; }
  real derivative(real z) const { return z == z ? real(1) : z; }  // NaN stays NaN
};

struct Heaviside {
  static constexpr std::string_view name = "step";
  static constexpr Traits traits{.kinks = zero};
  real value(real z) const { return z >= 0 ? real(1) : z < 0 ? real(0) : z; }
  real derivative(real z) const { return z == z ? real(0) : z; }
};

struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr Traits traits{.canonical_loss = "binary_cross_entropy"};
  real value(real z) const { return sigmoid(z); }                  // σ(z) = 1 / (1 + e⁻ᶻ)
  real derivative(real z) const { return sigmoid_derivative(z); }  // σ′(z) = e / (1 + e)², e = exp(−|z|)
};

struct Tanh {
  static constexpr std::string_view name = "tanh";
  real value(real z) const { return tanh(z); }
  real derivative(real z) const { return tanh_derivative(z); }  // tanh′(z) = 4e / (1 + e)², e = exp(−2|z|)
};

struct Relu {
  static constexpr std::string_view name = "relu";
  static constexpr Traits traits = bent_rectifier;
  real value(real z) const { return z < 0 ? real(0) : z; }
  real derivative(real z) const { return z > 0 ? real(1) : z <= 0 ? real(0) : z; }  // relu′(0) = 0
};

struct LeakyRelu {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr Traits traits = bent_rectifier;
  static constexpr std::string_view alpha_rule = "0 ≤ α < 1";
  bool alpha_ok() const { return alpha >= 0 && alpha < 1; }
  real alpha = real(0.01);
  real leak() const { return alpha; }
  real value(real z) const { return z > 0 ? z : alpha * z; }
  real derivative(real z) const { return z > 0 ? real(1) : z <= 0 ? alpha : z; }  // leaky′(0) = α
};

struct Elu {  // Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by ELUs", 2015
  static constexpr std::string_view name = "elu";
  static constexpr Traits traits = bent_rectifier;
  static constexpr std::string_view alpha_rule = "α > 0";
  bool alpha_ok() const { return alpha > 0 && std::isfinite(alpha); }
  real alpha = 1;
  real value(real z) const { return z > 0 ? z : alpha * expm1(std::min(z, real(0))); }
  real derivative(real z) const { return z > 0 ? real(1) : alpha * exp(std::min(z, real(0))); }  // elu′(0) = α
};

struct Selu {  // Klambauer et al., "Self-normalizing neural networks", 2017
  static constexpr std::string_view name = "selu";
  static constexpr Traits traits{.kinks = zero, .rectifier = true, .initializer = "lecun_normal"};
  static constexpr real lambda = real(1.0507009873554804934193349852946);
  static constexpr real lambda_alpha = real(1.7580993408473768599402175208123);
  real value(real z) const { return z > 0 ? lambda * z : lambda_alpha * expm1(std::min(z, real(0))); }
  real derivative(real z) const { return z > 0 ? lambda : lambda_alpha * exp(std::min(z, real(0))); }
};

struct Softplus {
  static constexpr std::string_view name = "softplus";
  static constexpr Traits traits{.initializer = "he_uniform"};
  real value(real z) const { return softplus(z); }  // ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|)
  real derivative(real z) const { return sigmoid(z); }
};

// Limits z to −far ≤ z ≤ far. gelu, gelu_tanh and silu multiply z by a factor that underflows to 0 if z is far from 0.
// Without a limit, z = ±∞ would give ∞ · 0 = NaN instead of 0. The functions value() need only the limit z ≥ −far.
real clamped(real z, real far) { return std::max(std::min(z, far), -far); }

struct Gelu {  // Hendrycks & Gimpel, "Gaussian error linear units", 2016
  static constexpr std::string_view name = "gelu";
  static constexpr Traits traits = smooth_rectifier;
  real value(real z) const { return std::max(z, real(-40)) * normal_cdf(z); }               // z Φ(z)
  real derivative(real z) const { return normal_cdf(z) + clamped(z, 40) * normal_pdf(z); }  // Φ(z) + z φ(z)
};

struct GeluTanh {  // Hendrycks & Gimpel: gelu ≈ ½ z (1 + tanh u) = z sigmoid(2u), u = √(2/π) (z + 0.044715 z³)
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr Traits traits = smooth_rectifier;
  static constexpr real c = real(1.5957691216057307117597842397375);  // 2 √(2/π)
  static constexpr real k = real(0.044715);
  static real two_u(real z) { return c * (z + k * z * z * z); }
  real value(real z) const { return std::max(z, real(-25)) * sigmoid(two_u(clamped(z, 25))); }
  real derivative(real z) const {
    const real v = clamped(z, 25);
    return sigmoid(two_u(v)) + v * sigmoid_derivative(two_u(v)) * c * (1 + 3 * k * v * v);  // σ(2u) + z σ′(2u) 2u′
  }
};

struct Silu {  // SiLU, also called swish: Ramachandran, Zoph, Le, "Searching for activation functions", 2017
  static constexpr std::string_view name = "silu";
  static constexpr Traits traits = smooth_rectifier;
  real value(real z) const { return std::max(z, real(-800)) * sigmoid(z); }                       // z σ(z)
  real derivative(real z) const { return sigmoid(z) + clamped(z, 800) * sigmoid_derivative(z); }  // σ(z) + z σ′(z)
};

// He et al., "Delving deep into rectifiers", 2015: a leaky_relu whose α is learned. A layer has one α.
class Prelu : public Activation {
 public:
  explicit Prelu(real alpha) : Activation(LeakyRelu::traits), initial_alpha_(alpha) { alpha_(0, 0) = alpha; }

  std::string name() const override { return spell("prelu", initial_alpha_); }
  real leak() const override { return alpha_(0, 0); }
  std::optional<Parameter> parameter() override { return Parameter{"alpha", &alpha_, &dL_dalpha_}; }

  void forward(const Tensor& z, Tensor& a, Tensor& derivative) const override { leaky().forward(z, a, derivative); }
  void value(const Tensor& z, Tensor& a) const override { leaky().value(z, a); }
  void backward(const Tensor& z, const Tensor& a, const Tensor& derivative, const Tensor& dL_da,
                Tensor& dL_dz) override {
    Activation::backward(z, a, derivative, dL_da, dL_dz);
    dL_dalpha_(0, 0) = lane_sum(z.size(), [&](std::size_t i) {
      return z[i] > 0 ? real(0) : dL_da[i] * z[i];  // ∂L/∂α = Σ ∂L/∂a · min(z, 0)
    });
  }

 private:
  Elementwise<LeakyRelu> leaky() const { return Elementwise(LeakyRelu{alpha_(0, 0)}); }
  real initial_alpha_;
  Tensor alpha_{1, 1};
  Tensor dL_dalpha_{1, 1};
};

// Each softmax output depends on all z of its row, so backward() is a vector–Jacobian product, not a product with σ′.
class Softmax : public Activation {
 public:
  Softmax() : Activation({.canonical_loss = "cross_entropy", .elementwise = false, .distribution = true}) {}
  std::string name() const override { return "softmax"; }

  void forward(const Tensor& z, Tensor& a, Tensor& derivative) const override {
    value(z, a);
    derivative.resize(z.rows(), z.cols());
    for (std::size_t i = 0; i < a.size(); ++i) derivative[i] = a[i] * (1 - a[i]);  // ∂aⱼ/∂zⱼ
  }
  void value(const Tensor& z, Tensor& a) const override {
    a.resize(z.rows(), z.cols());
    for (std::size_t i = 0; i < z.rows(); ++i) subtract_maximum(z.row(i), a.row(i));  // softmax(z) = softmax(z − c)
    for (real& v : a.values()) v = exp(v);
    for (std::size_t i = 0; i < a.rows(); ++i) {
      real sum = 0;
      for (const real v : a.row(i)) sum += v;
      for (real& v : a.row(i)) v /= sum;  // aₖ = exp(zₖ) / Σⱼ exp(zⱼ)
    }
  }

  void backward(const Tensor&, const Tensor& a, const Tensor&, const Tensor& dL_da, Tensor& dL_dz) override {
    dL_dz.resize(a.rows(), a.cols());
    // task 1.3 (10 points): the vector–Jacobian product of softmax
    for (std::size_t i = 0; i < a.rows(); ++i) {
      real dot = 0;
      for (std::size_t k = 0; k < a.cols(); ++k) dot += dL_da(i, k) * a(i, k);
      for (std::size_t j = 0; j < a.cols(); ++j) dL_dz(i, j) = a(i, j) * (dL_da(i, j) - dot);  // aⱼ (gⱼ − Σₖ gₖ aₖ)
    }
    // end of task 1.3
  }
};

std::unique_ptr<Activation> make_prelu(std::optional<real> alpha) {
  if (alpha && !std::isfinite(*alpha)) refuse_alpha("prelu", "|α| < ∞");
  return std::make_unique<Prelu>(alpha.value_or(real(0.25)));
}

std::unique_ptr<Activation> make_softmax(std::optional<real> alpha) {
  if (alpha) refuse_alpha("softmax", "");
  return std::make_unique<Softmax>();
}

template <typename F>
ActivationEntry entry() {
  return {F::name, make_elementwise<F>};
}

}  // namespace

Registry<ActivationEntry>& activations() {
  static Registry<ActivationEntry> table("activation", {entry<Identity>(),
                                                        entry<Heaviside>(),
                                                        entry<Sigmoid>(),
                                                        entry<Tanh>(),
                                                        entry<Relu>(),
                                                        entry<LeakyRelu>(),
                                                        {"prelu", make_prelu},
                                                        entry<Elu>(),
                                                        entry<Selu>(),
                                                        entry<Softplus>(),
                                                        entry<Gelu>(),
                                                        entry<GeluTanh>(),
                                                        entry<Silu>(),
                                                        {"swish", make_elementwise<Silu>, true},
                                                        {"softmax", make_softmax}});
  return table;
}

std::string spell(std::string_view name, real alpha) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), alpha).ptr;
  return std::string(name) + "(" + std::string(digits.data(), end) + ")";
}

void refuse_alpha(std::string_view name, std::string_view rule) {
  throw std::invalid_argument(
      "activation " + std::string(name) +
      (rule.empty() ? " has no constant α" : ": the constant α must satisfy " + std::string(rule)));
}

std::unique_ptr<Activation> make_activation(std::string_view spec) {
  const std::string_view name = spec.substr(0, spec.find('('));
  const std::optional<real> alpha = number_in<real>(spec);
  if (!alpha && name != spec)
    throw std::invalid_argument("activation '" + std::string(spec) +
                                "': write its constant α in parentheses, as in leaky_relu(0.2)");
  return activations().at(name).make(alpha);
}

}  // namespace primer
