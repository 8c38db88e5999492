// The formulas of the dense layer. `make assignment` removes what stands between "// task …" and "// end of task …".
#include "primer/core/dense.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "primer/core/product.hpp"

namespace primer {
namespace {

// Adds `from` to `to`: the skip connection of a residual layer.
void add(const Tensor& from, Tensor& to) {
  if (from.cols() != to.cols())
    throw std::invalid_argument("a residual layer needs as many units as inputs; units: " + std::to_string(to.cols()) +
                                ", inputs: " + std::to_string(from.cols()));
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

void linear(const Tensor* x, const Tensor& Wt, const Tensor& b, Tensor& u) {
  // task 2.1 (10 points): the forward pass of the dense layer
  multiply_add(*x, Wt, b, u);  // u = x Wᵀ + b; in a layer without batch_norm, this is z
  // end of task 2.1
}

}  // namespace

Dense::Dense(std::size_t inputs, std::size_t units, std::unique_ptr<Activation> sigma)
    : Wt(inputs, units), b(1, units), activation(std::move(sigma)), dL_dWt(inputs, units), dL_db(1, units) {
  if (inputs == 0 || units == 0) throw std::invalid_argument("a dense layer needs at least one input and one unit");
}

void Dense::forward(const Tensor& input, std::optional<std::uint64_t> step) {
  x = &input;
  const bool training = step.has_value();
  dropped_ = training && dropout;
  linear(x, Wt, b, batch_norm ? batch_norm->u : z);  // u = x Wᵀ + b
  if (batch_norm) batch_norm->forward(z, training);  // z = γ (u − mean)/√(var + ε) + β
  Tensor& sigma = dropped_ || residual ? s : a;
  activation->forward(z, sigma, derivative);  // σ(z) and σ′(z)
  if (dropped_) {
    dropout->forward(s, *step, a);  // a = mask ⊙ s
  } else if (residual) {
    a = s;
  }
  if (residual) add(*x, a);  // a = a + x
}

void Dense::predict(const Tensor& input, Tensor& z_out, Tensor& a_out) const {
  linear(&input, Wt, b, z_out);
  if (batch_norm) batch_norm->predict(z_out);
  activation->value(z_out, a_out);
  if (residual) add(input, a_out);
}

void Dense::backward(const Tensor& dL_da, bool wants_dL_dx) {
  if (dropped_) dropout->backward(dL_da);  // ∂L/∂s = mask ⊙ ∂L/∂a
  const Tensor& dL_ds = dropped_ ? dropout->dL_ds : dL_da;
  activation->backward(z, sigma_of_z(), derivative, dL_ds, dL_dz);  // ∂L/∂z = ∂L/∂s ⊙ σ′(z)
  backward_from_dL_dz(wants_dL_dx);
  if (residual && wants_dL_dx) add(dL_da, dL_dx);  // ∂L/∂x = … + ∂L/∂a, because a = … + x
}

void Dense::backward_from_dL_dz(bool wants_dL_dx) {
  if (batch_norm) batch_norm->backward(dL_dz);
  const Tensor& delta = dL_du();  // δ = ∂L/∂u, where u = x Wᵀ + b; without batch_norm, δ = ∂L/∂z
  // task 2.2 (15 points): the dense layer's three gradients
  multiply(transposed(*x), delta, dL_dWt);                  // ∂L/∂W = δᵀ x, kept transposed
  column_sums(delta, dL_db);                                // ∂L/∂b = Σᵢ δᵢ
  if (wants_dL_dx) multiply(delta, transposed(Wt), dL_dx);  // ∂L/∂x = δ W
  // end of task 2.2
}

std::vector<Parameter> Dense::parameters() {
  std::vector<Parameter> list{{"weight", &Wt, &dL_dWt, true}, {"bias", &b, &dL_db}};
  if (const auto alpha = activation->parameter()) list.push_back(*alpha);
  if (batch_norm) {
    list.push_back({"gamma", &batch_norm->gamma, &batch_norm->dL_dgamma});
    list.push_back({"beta", &batch_norm->beta, &batch_norm->dL_dbeta});
  }
  return list;
}

std::vector<Parameter> Dense::tensors() {
  std::vector<Parameter> list = parameters();
  if (batch_norm) {
    list.push_back({"running_mean", &batch_norm->running_mean, nullptr});
    list.push_back({"running_var", &batch_norm->running_var, nullptr});
  }
  return list;
}

}  // namespace primer
