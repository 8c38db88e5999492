// What turns gradients into steps: update rules with PyTorch's definitions and defaults, clipping and schedules.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primer/core/activation.hpp"

namespace primer {

// A negative number stands for the optimiser's own default.
struct OptimizerOptions {
  std::string optimizer = "sgd";  // sgd, rmsprop, adagrad, adam, adamw
  double momentum = 0;            // sgd and rmsprop
  bool nesterov = false;          // sgd with momentum
  double rho = 0.99;              // rmsprop: decay of the mean square
  double beta1 = 0.9;             // adam, adamw
  double beta2 = 0.999;
  double epsilon = -1;       // added outside the root: 1e-8, adagrad 1e-10
  double weight_decay = -1;  // λ: 0, adamw 0.01. adamw shrinks the parameters by it, the others add λ p to the gradient
};

// The same options with the optimiser's own defaults filled in. Throws std::invalid_argument for an unknown name.
OptimizerOptions resolved(OptimizerOptions options);

// The parameters' state is kept by position: always hand step() the same parameters in the same order.
class Optimizer {
 public:
  // Throws std::invalid_argument for an unknown name.
  explicit Optimizer(const OptimizerOptions& options);

  // One update of all parameters from their gradients, which must be there. One step, however many tensors.
  void step(std::span<const Parameter> parameters, real learning_rate);

  // Everything that step() remembers, for checkpoints: steps taken, and per parameter up to two tensors of its shape.
  struct State {
    std::uint64_t steps = 0;
    std::vector<Tensor> first;   // momentum, or Adam's mean of gradients
    std::vector<Tensor> second;  // mean or sum of squared gradients
  };
  State state;

 private:
  enum class Rule { sgd, rmsprop, adagrad, adam, adamw };
  void update(const Parameter& p, Tensor& first, Tensor& second, real learning_rate) const;
  OptimizerOptions options_;
  Rule rule_;
};

std::vector<std::string_view> optimizer_names();

// The 2-norm over all gradients together; where it exceeds max_norm they are scaled by max_norm / (norm + 1e-6).
// Returns the norm before. (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent networks", 2013)
real clip_gradients(std::span<const Parameter> parameters, real max_norm);

// The learning rate as a factor of time t = 0, 1, …, in epochs or steps.
struct ScheduleOptions {
  std::string schedule = "none";   // none, step, exponential, cosine, linear_warmup
  double schedule_step_size = 30;  // step: γ^⌊t / step_size⌋
  double schedule_gamma = 0.1;     // step and exponential: γᵗ
  double schedule_t_max = 0;  // cosine: η_min + (η − η_min)(1 + cos(π t / t_max)) / 2; 0: the number of epochs
  double schedule_eta_min = 0;
  double schedule_start_factor = 1.0 / 3;  // linear_warmup: from η · start_factor to η over total_iters
  double schedule_total_iters = 5;
  std::string schedule_unit = "epoch";  // or "step"
};
double scheduled(const ScheduleOptions& options, double learning_rate, std::uint64_t t);

std::vector<std::string_view> schedule_names();

}  // namespace primer
