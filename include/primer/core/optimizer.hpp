// Turns gradients into steps: update rules with PyTorch's definitions and defaults, and gradient clipping.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/registry.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

struct OptimizerOptions {
  std::string optimizer = "sgd";
  double momentum = 0;    // μ
  bool nesterov = false;  // whether to use Nesterov's momentum
  double rho = 0.99;      // ρ, decay rate of the mean square in rmsprop
  double beta1 = 0.9;     // β₁ and β₂, the decay rates of Adam's two moving averages
  double beta2 = 0.999;
  std::optional<double> epsilon{};       // ε in √v + ε; if empty, the default ε of the optimiser
  std::optional<double> weight_decay{};  // λ, strength of weight decay; if empty, the default λ of the optimiser
};

// Fills empty options with the defaults of the optimiser. Throws std::invalid_argument for an unknown optimiser.
OptimizerOptions resolved(OptimizerOptions options);

// The constants of one optimiser step. An update rule R is made by R{step}: derive R from Step, or write R(Step).
struct Step {
  const OptimizerOptions& options;  // the options after resolved() has filled epsilon and weight_decay
  real lr;                          // η, the learning rate
  std::uint64_t t;                  // the number of this step: 1, 2, …
  real mu = static_cast<real>(options.momentum);
  bool nesterov = options.nesterov;
  real rho = static_cast<real>(options.rho);
  real beta1 = static_cast<real>(options.beta1);
  real beta2 = static_cast<real>(options.beta2);
  real eps = static_cast<real>(*options.epsilon);
  real decay = static_cast<real>(*options.weight_decay);
};

// An optimiser is a struct with a name and update(p, g), update(p, g, m) or update(p, g, m, v). p is one element of a
// parameter tensor, g is ∂L/∂p. Each p has its own m and v, which start at 0. Optional members (see optimizer.cpp):
// - `uses`, the names of the members of OptimizerOptions that the struct reads;
// - `default_epsilon` and `default_weight_decay`, if the defaults differ from 1e-8 and 0;
// - `keeps_m()`, which returns false if the next step does not read m: m is then not stored.
template <typename R, typename... State>
concept Updates = requires(const R rule, real x, State... state) {
  rule.update(x, x, state...);
};
template <typename R>
concept ElementwiseRule = std::convertible_to<decltype(R::name), std::string_view> &&
    (Updates<R> || Updates<R, real> || Updates<R, real, real>);

template <bool keep_m, ElementwiseRule R>
[[gnu::flatten]] void update_each(const R rule, Tensor& value, const Tensor& gradient, Tensor& first, Tensor& second) {
  real* __restrict const p = value.data();
  const real* __restrict const g = gradient.data();
  real* __restrict const m = first.data();
  real* __restrict const v = second.data();
  for (std::size_t i = 0; i < value.size(); ++i) {
    real m_i = keep_m ? m[i] : real(0);
    if constexpr (Updates<R, real, real>)
      rule.update(p[i], g[i], m_i, v[i]);
    else if constexpr (Updates<R, real>)
      rule.update(p[i], g[i], m_i);
    else
      rule.update(p[i], g[i]);
    if constexpr (keep_m) m[i] = m_i;
  }
}

template <ElementwiseRule R>
void update_tensor(const Step& step, Tensor& p, const Tensor& g, Tensor& m, Tensor& v) {
  const R rule{step};
  bool keep_m = Updates<R, real> || Updates<R, real, real>;
  if constexpr (requires { rule.keeps_m(); }) keep_m = rule.keeps_m();
  if (keep_m && m.size() == 0) m = Tensor(p.rows(), p.cols());
  if (Updates<R, real, real> && v.size() == 0) v = Tensor(p.rows(), p.cols());
  keep_m ? update_each<true>(rule, p, g, m, v) : update_each<false>(rule, p, g, m, v);
}

// One optimiser. `update` changes the parameter p. It may keep state in m and v, which are empty before the first step.
struct OptimizerEntry {
  std::string_view name;
  void (*update)(const Step& step, Tensor& p, const Tensor& g, Tensor& m, Tensor& v);
  std::span<const std::string_view> uses{};  // the members of OptimizerOptions that `update` reads
  double epsilon = 1e-8;                     // default of ε
  double weight_decay = 0;                   // default of λ
};

template <ElementwiseRule R>
OptimizerEntry optimizer_entry() {
  OptimizerEntry entry{R::name, update_tensor<R>};
  if constexpr (requires { R::uses; }) entry.uses = R::uses;
  if constexpr (requires { R::default_epsilon; }) entry.epsilon = R::default_epsilon;
  if constexpr (requires { R::default_weight_decay; }) entry.weight_decay = R::default_weight_decay;
  return entry;
}

// All optimisers. register_optimizer() adds an elementwise rule; optimizers().add() adds a rule for whole tensors.
Registry<OptimizerEntry>& optimizers();
template <ElementwiseRule R>
void register_optimizer() {
  optimizers().add(optimizer_entry<R>());
}

// The state of a parameter is stored under its index: pass the same parameters in the same order to every step().
class Optimizer {
 public:
  // Throws std::invalid_argument for an unknown name.
  explicit Optimizer(const OptimizerOptions& options);

  // Updates all parameters from their gradients. One call is one step, however many tensors there are.
  void step(std::span<const Parameter> parameters, real learning_rate);

  // What step() remembers and checkpoints contain: the number of steps, and up to two tensors for each parameter.
  struct State {
    std::uint64_t steps = 0;
    std::vector<Tensor> first;   // m: momentum, or Adam's mean of gradients
    std::vector<Tensor> second;  // v: mean or sum of squared gradients
  };
  State state;

 private:
  OptimizerOptions options_;
  OptimizerEntry rule_;
};

// The 2-norm of all gradients together. If it exceeds max_norm, all gradients are scaled by max_norm / (norm + 1e-6).
// Returns the norm before scaling. (Pascanu et al., "On the difficulty of training recurrent networks", 2013)
real clip_gradients(std::span<const Parameter> parameters, real max_norm);

}  // namespace primer
