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
  const std::size_t N = u.rows(), units = u.cols();
  const auto n = static_cast<real>(N);
  u_hat_.resize(N, units);
  inv_std_.resize(1, units);
  z.resize(N, units);
  if (training) {
    column_sums(u, mean_);
    for (real& m : mean_.values()) m /= n;
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < units; ++j) u_hat_(i, j) = (u(i, j) - mean_[j]) * (u(i, j) - mean_[j]);
    }
    column_sums(u_hat_, var_);
    for (real& v : var_.values()) v /= n;
    for (std::size_t j = 0; j < units && N > 1; ++j) {  // running statistics need 2 rows: for 1 row, n / (n − 1) is 1/0
      running_mean[j] = (1 - momentum) * running_mean[j] + momentum * mean_[j];
      running_var[j] = (1 - momentum) * running_var[j] + momentum * var_[j] * (n / (n - 1));  // unbiased
    }
  }
  const Tensor& mean = training ? mean_ : running_mean;
  const Tensor& var = training ? var_ : running_var;
  for (std::size_t j = 0; j < units; ++j) inv_std_[j] = 1 / sqrt(var[j] + eps);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < units; ++j) {
      u_hat_(i, j) = (u(i, j) - mean[j]) * inv_std_[j];  // û = (u − mean) / √(var + eps)
      z(i, j) = gamma[j] * u_hat_(i, j) + beta[j];       // z = γ û + β
    }
  }
}

void BatchNorm::predict(Tensor& z) const {
  for (std::size_t i = 0; i < z.rows(); ++i) {
    for (std::size_t j = 0; j < z.cols(); ++j) {
      const real u_hat = (z(i, j) - running_mean[j]) * (1 / sqrt(running_var[j] + eps));
      z(i, j) = gamma[j] * u_hat + beta[j];
    }
  }
}

void BatchNorm::backward(const Tensor& dL_dz) {
  const std::size_t N = dL_dz.rows();
  dL_du.resize(N, dL_dz.cols());
  for (std::size_t i = 0; i < dL_du.size(); ++i) dL_du[i] = dL_dz[i] * u_hat_[i];
  column_sums(dL_du, dL_dgamma);  // ∂L/∂γ = Σᵢ ∂L/∂z ⊙ û
  column_sums(dL_dz, dL_dbeta);   // ∂L/∂β = Σᵢ ∂L/∂z
  // In training, the mean and the variance of the input u depend on u. So ∂L/∂u is computed from ∂L/∂z minus two parts:
  // the mean of ∂L/∂z over the batch, and the component of ∂L/∂z along û, the normalised u.
  const real through = training_ ? 1 / static_cast<real>(N) : real(0);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < dL_dz.cols(); ++j) {
      const real along = dL_dbeta[j] + u_hat_(i, j) * dL_dgamma[j];
      dL_du(i, j) = gamma[j] * inv_std_[j] * (dL_dz(i, j) - through * along);
    }
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
