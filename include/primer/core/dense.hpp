// A dense layer. It keeps everything that the last pass computed, so that you can look at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "primer/core/activation.hpp"
#include "primer/core/regularize.hpp"
#include "primer/core/tensor.hpp"

namespace primer {

struct Dense {
  // Makes a layer whose weights and biases are 0. Throws std::invalid_argument if `inputs` or `units` is 0.
  Dense(std::size_t inputs, std::size_t units, std::unique_ptr<Activation> sigma);

  // A plain layer computes z = x Wᵀ + b and a = σ(z). A layer with batch_norm, dropout or residual computes:
  //   u = x Wᵀ + b
  //   z = batch_norm(u); without batch_norm, z = u
  //   s = σ(z)
  //   a = dropout(s); without dropout, a = s. A residual layer then adds x to a. The next layer gets `a` as its input.
  // x (batch × inputs) must exist until backward() returns. Throws std::invalid_argument if x.cols() is not `inputs`.
  // With a `step`: a training pass (batch statistics, dropout mask of this step). Without a `step`: an evaluation pass.
  void forward(const Tensor& x, std::optional<std::uint64_t> step = {});
  // Fills z and `a` as an evaluation pass does, without σ′(z). The layer does not change: threads may share it.
  void predict(const Tensor& x, Tensor& z, Tensor& a) const;

  // Computes the gradients for the last forward pass from ∂L/∂a (batch × units); ∂L/∂x only if `wants_dL_dx` is true.
  void backward(const Tensor& dL_da, bool wants_dL_dx = true);
  // Like backward(), but the caller has already filled dL_dz. Only for a layer without dropout and without residual.
  void backward_from_dL_dz(bool wants_dL_dx = true);

  std::vector<Parameter> parameters();  // weight and bias; alpha, gamma and beta if the layer has them
  std::vector<Parameter> tensors();     // the parameters, then running_mean and running_var, which have no gradient

  // The parameters. The weights are stored as Wᵀ, because x Wᵀ then reads rows that are contiguous in memory. Only the
  // computation of ∂L/∂x must transpose Wᵀ; the first layer does not need ∂L/∂x. Model files contain W.
  Tensor Wt;                               // inputs × units
  Tensor b;                                // 1 × units
  std::unique_ptr<Activation> activation;  // σ
  std::optional<BatchNorm> batch_norm;
  std::optional<Dropout> dropout;
  bool residual = false;  // whether the layer adds its input x to its output; then it needs as many units as inputs

  // The results of the last forward and the last backward pass, each batch × units unless stated otherwise.
  const Tensor* x = nullptr;  // batch × inputs
  Tensor z, derivative, a;    // derivative is σ′(z)
  Tensor s;                   // σ(z); used only if dropout or residual makes `a` different from σ(z)
  Tensor dL_dz;
  Tensor dL_dWt;  // inputs × units
  Tensor dL_db;   // 1 × units
  Tensor dL_dx;   // batch × inputs

  const Tensor& sigma_of_z() const { return dropped_ || residual ? s : a; }
  const Tensor& dL_du() const { return batch_norm ? batch_norm->dL_du : dL_dz; }

 private:
  bool dropped_ = false;  // whether the last forward pass used dropout
};

}  // namespace primer
