// The update rules: how each rule changes one number p of a parameter, given g = ∂L/∂p.
#include "primer/core/optimizer.hpp"

#include <array>
#include <cmath>

#include "primer/core/elementary.hpp"
#include "primer/core/sum.hpp"

namespace primer {
namespace {

struct Sgd : Step {
  static constexpr std::string_view name = "sgd";
  static constexpr std::array<std::string_view, 3> uses{"momentum", "nesterov", "weight_decay"};
  bool keeps_m() const { return mu > 0; }
  // task 4.1 (5 points): stochastic gradient descent with momentum
  void update(real& p, real g, real& m) const {
    g += decay * p;                         // g ← g + λ p
    m = mu * m + g;                         // m ← μ m + g
    p -= lr * (nesterov ? g + mu * m : m);  // p ← p − η m, or p − η (g + μ m)
  }
  // end of task 4.1
};

struct Rmsprop : Step {  // Tieleman & Hinton, lecture 6.5 of "Neural networks for machine learning", 2012
  static constexpr std::string_view name = "rmsprop";
  static constexpr std::array<std::string_view, 4> uses{"momentum", "rho", "epsilon", "weight_decay"};
  bool keeps_m() const { return mu > 0; }
  void update(real& p, real g, real& m, real& v) const {
    g += decay * p;
    v = rho * v + (1 - rho) * g * g;   // v ← ρ v + (1 − ρ) g²
    m = mu * m + g / (sqrt(v) + eps);  // m ← μ m + g / (√v + ε)
    p -= lr * m;                       // p ← p − η m
  }
};

struct Adagrad : Step {  // Duchi, Hazan, Singer, "Adaptive subgradient methods", 2011
  static constexpr std::string_view name = "adagrad";
  static constexpr std::array<std::string_view, 2> uses{"epsilon", "weight_decay"};
  static constexpr double default_epsilon = 1e-10;
  bool keeps_m() const { return false; }
  void update(real& p, real g, real&, real& v) const {
    g += decay * p;
    v += g * g;                     // v ← v + g²
    p -= lr * g / (sqrt(v) + eps);  // p ← p − η g / (√v + ε)
  }
};

// Adam: Kingma & Ba, "Adam", 2015, algorithm 1. AdamW decays the weights directly, not through the gradient: Loshchilov
// & Hutter, "Decoupled weight decay regularization", 2019.
template <bool decoupled>
struct Adam : Step {
  static constexpr std::string_view name = decoupled ? "adamw" : "adam";
  static constexpr std::array<std::string_view, 4> uses{"beta1", "beta2", "epsilon", "weight_decay"};
  static constexpr double default_weight_decay = decoupled ? 0.01 : 0;
  // task 4.2 (10 points): Adam and AdamW
  real lr_hat = static_cast<real>(static_cast<double>(lr) / (1 - power(options.beta1, t)));  // η / (1 − β₁ᵗ)
  real root = static_cast<real>(1 / std::sqrt(1 - power(options.beta2, t)));                 // 1 / √(1 − β₂ᵗ)
  void update(real& p, real g, real& m, real& v) const {
    if (decoupled)
      p *= 1 - lr * decay;  // p ← (1 − η λ) p
    else
      g += decay * p;                     // g ← g + λ p
    m = beta1 * m + (1 - beta1) * g;      // m ← β₁ m + (1 − β₁) g
    v = beta2 * v + (1 - beta2) * g * g;  // v ← β₂ v + (1 − β₂) g²
    p -= lr_hat * m / (sqrt(v) * root + eps);  // p ← p − η m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
  }
  // end of task 4.2
};

}  // namespace

Registry<OptimizerEntry>& optimizers() {
  static Registry<OptimizerEntry> table("optimizer",
                                        {optimizer_entry<Sgd>(), optimizer_entry<Rmsprop>(), optimizer_entry<Adagrad>(),
                                         optimizer_entry<Adam<false>>(), optimizer_entry<Adam<true>>()});
  return table;
}

OptimizerOptions resolved(OptimizerOptions options) {
  const OptimizerEntry& rule = optimizers().at(options.optimizer);
  options.epsilon = options.epsilon.value_or(rule.epsilon);
  options.weight_decay = options.weight_decay.value_or(rule.weight_decay);
  return options;
}

Optimizer::Optimizer(const OptimizerOptions& options)
    : options_(resolved(options)), rule_(optimizers().at(options.optimizer)) {}

void Optimizer::step(std::span<const Parameter> parameters, real learning_rate) {
  state.first.resize(parameters.size());
  state.second.resize(parameters.size());
  const Step step{options_, learning_rate, ++state.steps};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    rule_.update(step, *parameters[i].value, *parameters[i].gradient, state.first[i], state.second[i]);
  }
}

real clip_gradients(std::span<const Parameter> parameters, real max_norm) {
  real squares = 0;
  for (const Parameter& p : parameters) squares += sum_of_squares(p.gradient->values());
  const real norm = sqrt(squares);
  const real factor = max_norm / (norm + real(1e-6));
  if (factor < 1) {
    for (const Parameter& p : parameters) {
      for (real& g : p.gradient->values()) g *= factor;
    }
  }
  return norm;
}

}  // namespace primer
