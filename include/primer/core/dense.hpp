// A dense layer. It keeps everything the last pass left behind, so that it can be looked at: that is what primer is
// for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "primer/core/activation.hpp"
#include "primer/core/regularize.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

struct Dense {
  // All parameters 0. Throws std::invalid_argument when a size is 0.
  Dense(std::size_t inputs, std::size_t units, std::unique_ptr<Activation> sigma);

  // z = x Wᵀ + b, a = σ(z). With batch_norm, dropout or residual:
  // u = x Wᵀ + b, z = batch_norm(u), s = σ(z), a = dropout(s) + x.
  // x (batch × inputs) must live until backward() is done. Throws std::invalid_argument when it does not fit.
  void forward(const Tensor& x);                               // evaluation
  void forward_training(const Tensor& x, std::uint64_t step);  // batch statistics, the dropout mask of that step
  void predict(const Tensor& x);                               // evaluation without σ′(z): backward() cannot follow

  // From ∂L/∂a (batch × units) of the pass before: all gradients below. dL_dx is computed only when asked for.
  void backward(const Tensor& dL_da, bool wants_dL_dx = true);
  // The same from dL_dz, which the caller has filled (with dropout's mask, if there is one). Not for a residual layer,
  // whose dL_dx has a share of dL_da.
  void backward_from_dL_dz(bool wants_dL_dx = true);

  std::vector<Parameter> parameters();  // weight, bias, then alpha, gamma, beta where there are such
  std::vector<Parameter> tensors();     // the same and, without a gradient, running_mean and running_var

  // Parameters. W is kept as its transpose, because then x Wᵀ and ∂L/∂W need no packing; only ∂L/∂x has to turn it,
  // which the first layer never needs. Files hold W.
  Tensor Wt;                               // inputs × units
  Tensor b;                                // 1 × units
  std::unique_ptr<Activation> activation;  // σ
  std::unique_ptr<BatchNorm> batch_norm;   // or none
  std::unique_ptr<Dropout> dropout;        // or none
  bool residual = false;                   // needs inputs = units

  // What the last passes left behind, each batch × units unless it says otherwise.
  const Tensor* x = nullptr;  // batch × inputs
  Tensor z, derivative, a;    // derivative is σ′(z)
  Tensor s;                   // σ(z), where a is more than that: with dropout or residual
  const Tensor* dL_da = nullptr;
  Tensor dL_dz;
  Tensor dL_dWt;  // inputs × units
  Tensor dL_db;   // 1 × units
  Tensor dL_dx;   // batch × inputs

  const Tensor& sigma_of_z() const { return dropped_ || residual ? s : a; }
  const Tensor& dL_du() const { return batch_norm ? batch_norm->dL_du : dL_dz; }

 private:
  enum class Mode { training, evaluation, prediction };
  void pass(const Tensor& x, Mode mode, std::uint64_t step);
  bool dropped_ = false;  // dropout took part in the last forward pass
};

}  // namespace primer
