// Batch normalisation and dropout, forward and backward.
#include "primer/core/regularize.hpp"

#include "primer/core/elementary.hpp"
#include "primer/core/product.hpp"
#include "primer/core/random.hpp"

namespace primer {

BatchNorm::BatchNorm(std::size_t units)
    : gamma(1, units, 1), beta(1, units), running_mean(1, units), running_var(1, units, 1) {}

void BatchNorm::forward(Tensor& z, bool training) {
  training_ = training;
  const std::size_t N = u.rows();
  const auto n = static_cast<real>(N);
  u_hat_.resize(N, u.cols());
  inv_std_.resize(1, u.cols());
  z.resize(N, u.cols());
  if (training) {
    column_sums(u, mean_);
    for (real& m : mean_.values()) m /= n;
    for (std::size_t i = 0; i < N; ++i) {
      const real* const u_i = u.row(i).data();
      const real* const mean = mean_.data();
      real* __restrict const square = u_hat_.row(i).data();
      for (std::size_t j = 0; j < u.cols(); ++j) square[j] = (u_i[j] - mean[j]) * (u_i[j] - mean[j]);
    }
    column_sums(u_hat_, var_);
    for (real& v : var_.values()) v /= n;
    const real unbiased = N > 1 ? n / (n - 1) : real(1);
    for (std::size_t j = 0; j < u.cols() && N > 1; ++j) {  // one row alone says nothing about the variance
      running_mean(0, j) = (1 - momentum) * running_mean(0, j) + momentum * mean_(0, j);
      running_var(0, j) = (1 - momentum) * running_var(0, j) + momentum * var_(0, j) * unbiased;
    }
  }
  const Tensor& mean = training ? mean_ : running_mean;
  const Tensor& var = training ? var_ : running_var;
  for (std::size_t j = 0; j < u.cols(); ++j) inv_std_(0, j) = 1 / sqrt(var(0, j) + eps);
  const real *const m = mean.data(), *const r = inv_std_.data(), *const g = gamma.data(), *const c = beta.data();
  for (std::size_t i = 0; i < N; ++i) {
    const real* const u_i = u.row(i).data();
    real* __restrict const u_hat = u_hat_.row(i).data();
    real* __restrict const z_i = z.row(i).data();
    for (std::size_t j = 0; j < u.cols(); ++j) {
      u_hat[j] = (u_i[j] - m[j]) * r[j];  // û = (u − mean) / √(var + eps)
      z_i[j] = g[j] * u_hat[j] + c[j];    // z = γ û + β
    }
  }
}

void BatchNorm::predict(Tensor& z) const {
  const real *const m = running_mean.data(), *const v = running_var.data();
  const real *const g = gamma.data(), *const c = beta.data();
  for (std::size_t i = 0; i < z.rows(); ++i) {
    real* __restrict const z_i = z.row(i).data();
    for (std::size_t j = 0; j < z.cols(); ++j) z_i[j] = g[j] * ((z_i[j] - m[j]) * (1 / sqrt(v[j] + eps))) + c[j];
  }
}

void BatchNorm::backward(const Tensor& dL_dz) {
  const std::size_t N = dL_dz.rows();
  dL_du.resize(N, dL_dz.cols());
  for (std::size_t i = 0; i < dL_du.size(); ++i) dL_du[i] = dL_dz[i] * u_hat_[i];
  column_sums(dL_du, dL_dgamma);  // ∂L/∂γ = Σᵢ ∂L/∂z ⊙ û
  column_sums(dL_dz, dL_dbeta);   // ∂L/∂β = Σᵢ ∂L/∂z
  // In training, mean and variance depend on u too, so the mean of ∂L/∂z and its component along û are subtracted.
  const real through = training_ ? 1 / static_cast<real>(N) : real(0);
  const real *const g = gamma.data(), *const r = inv_std_.data();
  const real *const dL_dg = dL_dgamma.data(), *const dL_dc = dL_dbeta.data();
  for (std::size_t i = 0; i < N; ++i) {
    const real* const delta = dL_dz.row(i).data();
    const real* const u_hat = u_hat_.row(i).data();
    real* __restrict const out = dL_du.row(i).data();
    for (std::size_t j = 0; j < dL_dz.cols(); ++j)
      out[j] = g[j] * r[j] * (delta[j] - through * (dL_dc[j] + u_hat[j] * dL_dg[j]));
  }
}

void Dropout::forward(const Tensor& s, std::uint64_t step, Tensor& a) {
  mask.resize(s.rows(), s.cols());
  a.resize(s.rows(), s.cols());
  Random random(seed ^ (layer << 32), Stream::dropout, step);
  const real kept = 1 / (1 - p);
  for (real& m : mask.values()) m = random.uniform() < static_cast<double>(p) ? real(0) : kept;
  for (std::size_t i = 0; i < s.size(); ++i) a[i] = mask[i] * s[i];
}

void Dropout::backward(const Tensor& dL_da) {
  dL_ds.resize(dL_da.rows(), dL_da.cols());
  for (std::size_t i = 0; i < dL_da.size(); ++i) dL_ds[i] = mask[i] * dL_da[i];
}

}  // namespace primer
