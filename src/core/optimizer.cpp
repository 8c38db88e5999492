// The update rules. Each is a loop over the elements of one tensor: p a parameter, g its gradient.
#include "primer/core/optimizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "primer/core/elementary.hpp"
#include "primer/core/sum.hpp"

namespace primer {
namespace {

constexpr std::array<std::string_view, 5> rule_names{"sgd", "rmsprop", "adagrad", "adam", "adamw"};

// bⁿ by repeated squaring: a function of n alone, so a resumed run has the same bits.
double power(double b, std::uint64_t n) {
  double result = 1;
  for (; n > 0; n /= 2, b *= b) {
    if (n % 2 == 1) result *= b;
  }
  return result;
}

}  // namespace

OptimizerOptions resolved(OptimizerOptions options) {
  if (std::find(rule_names.begin(), rule_names.end(), options.optimizer) == rule_names.end()) {
    throw std::invalid_argument("unknown optimizer '" + options.optimizer + "'");
  }
  if (options.epsilon < 0) options.epsilon = options.optimizer == "adagrad" ? 1e-10 : 1e-8;
  if (options.weight_decay < 0) options.weight_decay = options.optimizer == "adamw" ? 0.01 : 0;
  return options;
}

Optimizer::Optimizer(const OptimizerOptions& options) : options_(resolved(options)) {
  const auto* const found = std::find(rule_names.begin(), rule_names.end(), options.optimizer);
  rule_ = static_cast<Rule>(found - rule_names.begin());
}

void Optimizer::step(std::span<const Parameter> parameters, real learning_rate) {
  const bool uses_first = rule_ == Rule::adam || rule_ == Rule::adamw || options_.momentum > 0;
  const bool uses_second = rule_ != Rule::sgd;
  state.first.resize(parameters.size());
  state.second.resize(parameters.size());
  ++state.steps;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Tensor& p = *parameters[i].value;
    if (uses_first && state.first[i].size() == 0) state.first[i] = Tensor(p.rows(), p.cols());
    if (uses_second && state.second[i].size() == 0) state.second[i] = Tensor(p.rows(), p.cols());
    update(parameters[i], state.first[i], state.second[i], learning_rate);
  }
}

void Optimizer::update(const Parameter& parameter, Tensor& first, Tensor& second, real lr) const {
  real* __restrict const p = parameter.value->data();
  const real* __restrict const gradient = parameter.gradient->data();
  real* __restrict const m = first.data();
  real* __restrict const v = second.data();
  const std::size_t n = parameter.value->size();
  const auto mu = static_cast<real>(options_.momentum);
  const auto eps = static_cast<real>(options_.epsilon);
  const auto decay = static_cast<real>(options_.weight_decay);
  const auto g = [=](std::size_t i) { return gradient[i] + decay * p[i]; };

  switch (rule_) {
    case Rule::sgd:
      // task 4.1 (5 points): stochastic gradient descent with momentum
      if (mu == 0) {
        for (std::size_t i = 0; i < n; ++i) p[i] -= lr * g(i);  // p ← p − η g
      } else {
        const bool nesterov = options_.nesterov;
        for (std::size_t i = 0; i < n; ++i) {
          const real g_i = g(i);
          m[i] = mu * m[i] + g_i;                            // m ← μ m + g
          p[i] -= lr * (nesterov ? g_i + mu * m[i] : m[i]);  // p ← p − η m, or p − η (g + μ m)
        }
      }
      // end of task 4.1
      break;

    case Rule::rmsprop: {  // Tieleman & Hinton, lecture 6.5 of "Neural networks for machine learning", 2012
      const auto rho = static_cast<real>(options_.rho);
      for (std::size_t i = 0; i < n; ++i) {
        const real g_i = g(i);
        v[i] = rho * v[i] + (1 - rho) * g_i * g_i;  // v ← ρ v + (1 − ρ) g²
        const real step = g_i / (sqrt(v[i]) + eps);
        if (mu > 0) m[i] = mu * m[i] + step;
        p[i] -= lr * (mu > 0 ? m[i] : step);  // p ← p − η g / (√v + ε)
      }
      break;
    }

    case Rule::adagrad:  // Duchi, Hazan, Singer, "Adaptive subgradient methods", 2011
      for (std::size_t i = 0; i < n; ++i) {
        const real g_i = g(i);
        v[i] += g_i * g_i;                      // v ← v + g²
        p[i] -= lr * g_i / (sqrt(v[i]) + eps);  // p ← p − η g / (√v + ε)
      }
      break;

    case Rule::adam:     // Kingma & Ba, "Adam", 2015, algorithm 1
    case Rule::adamw: {  // Loshchilov & Hutter, "Decoupled weight decay regularization", 2019
      const auto beta1 = static_cast<real>(options_.beta1);
      const auto beta2 = static_cast<real>(options_.beta2);
      // task 4.2 (10 points): Adam
      const double correction1 = 1 - power(options_.beta1, state.steps);
      const double correction2 = 1 - power(options_.beta2, state.steps);
      const auto lr_hat = static_cast<real>(static_cast<double>(lr) / correction1);  // η / (1 − β₁ᵗ)
      const auto root = static_cast<real>(1 / std::sqrt(correction2));               // 1 / √(1 − β₂ᵗ)
      const real shrink = rule_ == Rule::adamw ? 1 - lr * decay : real(1);
      const real coupled = rule_ == Rule::adamw ? real(0) : decay;
      for (std::size_t i = 0; i < n; ++i) {
        const real g_i = gradient[i] + coupled * p[i];
        m[i] = beta1 * m[i] + (1 - beta1) * g_i;                           // m ← β₁ m + (1 − β₁) g
        v[i] = beta2 * v[i] + (1 - beta2) * g_i * g_i;                     // v ← β₂ v + (1 − β₂) g²
        p[i] = shrink * p[i] - lr_hat * m[i] / (sqrt(v[i]) * root + eps);  // p ← p − η m̂ / (√v̂ + ε)
      }
      // end of task 4.2
      break;
    }
  }
}

std::vector<std::string_view> optimizer_names() { return {rule_names.begin(), rule_names.end()}; }

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

double scheduled(const ScheduleOptions& o, double learning_rate, std::uint64_t t) {
  const auto time = static_cast<double>(t);
  if (o.schedule == "step") {
    return learning_rate * power(o.schedule_gamma, t / static_cast<std::uint64_t>(o.schedule_step_size));
  }
  if (o.schedule == "exponential") return learning_rate * power(o.schedule_gamma, t);
  if (o.schedule == "cosine") {
    const double swing = (1 + cos(std::numbers::pi * time / o.schedule_t_max)) / 2;
    return o.schedule_eta_min + (learning_rate - o.schedule_eta_min) * swing;
  }
  if (o.schedule == "linear_warmup") {
    const double done = std::min(time / o.schedule_total_iters, 1.0);
    return learning_rate * (o.schedule_start_factor + (1 - o.schedule_start_factor) * done);
  }
  return learning_rate;
}

std::vector<std::string_view> schedule_names() { return {"none", "step", "exponential", "cosine", "linear_warmup"}; }

}  // namespace primer
