// Two options of a dense layer: batch normalisation before σ, and dropout after it.
#pragma once

#include <cstdint>

#include "primer/core/tensor.hpp"

namespace primer {

// Ioffe & Szegedy, "Batch normalization", 2015, algorithms 1 and 2. In training, a column is normalised by the mean and
// the biased variance of the batch. The same mean and the unbiased variance update the running statistics. A batch of
// one row does not update them, because its unbiased variance would be 0/0. Evaluation uses the running statistics.
struct BatchNorm {
  static constexpr real eps = real(1e-5);
  static constexpr real momentum = real(0.1);

  explicit BatchNorm(std::size_t units);

  Tensor gamma, beta;                // 1 × units, learned
  Tensor running_mean, running_var;  // 1 × units

  Tensor u;  // batch × units: x Wᵀ + b, the input of forward(); the caller fills u before the call
  Tensor dL_du, dL_dgamma, dL_dbeta;

  void forward(Tensor& z, bool training);  // z = γ û + β, where û is u = x Wᵀ + b after normalisation
  void predict(Tensor& z) const;  // in evaluation: replaces u (stored in z) by γ û + β, where û is the normalised u
  void backward(const Tensor& dL_dz);  // computes dL_du, dL_dgamma and dL_dbeta for the last call of forward()

 private:
  Tensor u_hat_;       // batch × units: (u − mean) / √(var + eps)
  Tensor inv_std_;     // 1 × units: 1 / √(var + eps)
  Tensor mean_, var_;  // 1 × units, mean and variance of the batch
  bool training_ = false;
};

// Srivastava et al., "Dropout", 2014, in the inverted form: in training, the units that are kept are scaled by 1/(1 −
// p); in evaluation nothing happens. The mask is a function of seed, layer and step alone.
struct Dropout {
  real p;
  std::uint64_t seed;
  std::uint64_t layer;

  Tensor mask;   // batch × units: 0 or 1/(1 − p)
  Tensor dL_ds;  // batch × units: ∂L/∂σ(z)

  void forward(const Tensor& s, std::uint64_t step, Tensor& a);  // a = mask ⊙ s
  void backward(const Tensor& dL_da);                            // ∂L/∂s = mask ⊙ ∂L/∂a
};

}  // namespace primer
