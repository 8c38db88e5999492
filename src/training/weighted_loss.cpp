// Gives row i of a batch the factor wᵢ / Σⱼ wⱼ in the loss and in the gradient; wᵢ is the weight of the class of row i.
#include "primer/training/weighted_loss.hpp"

#include <algorithm>
#include <stdexcept>

namespace primer {
namespace {

void copy_row(const Tensor& from, std::size_t i, Tensor& to) {
  to.resize(1, from.cols());
  std::ranges::copy(from.row(i), to.data());
}

}  // namespace

double WeightedLoss::row_weight(std::span<const real> y) const {
  if (y.size() == 1) return (1 - double{y[0]}) * weights_[0] + double{y[0]} * weights_[1];
  double weight = 0;
  for (std::size_t k = 0; k < y.size(); ++k) weight += double{y[k]} * weights_[k];
  return weight;
}

double WeightedLoss::weight(const Tensor& y) const {
  double sum = 0;
  for (std::size_t i = 0; i < y.rows(); ++i) sum += row_weight(y.row(i));
  return sum;
}

real WeightedLoss::mean(const Tensor& of, const Tensor& y, auto loss_of_row) const {
  Tensor of_i, y_i;
  double sum = 0;
  for (std::size_t i = 0; i < y.rows(); ++i) {
    copy_row(of, i, of_i);
    copy_row(y, i, y_i);
    sum += row_weight(y.row(i)) * double{loss_of_row(of_i, y_i)};
  }
  return static_cast<real>(sum / weight(y));  // Σᵢ wᵢ Lᵢ / Σᵢ wᵢ
}

real WeightedLoss::value(const Tensor& a, const Tensor& y) const {
  return mean(a, y, [&](const Tensor& a_i, const Tensor& y_i) { return of_row_->value(a_i, y_i); });
}

real WeightedLoss::value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const {
  return mean(z, y,
              [&](const Tensor& z_i, const Tensor& y_i) { return of_row_->value_from_logits(z_i, y_i, scratch); });
}

// Turns the gradient of a mean of N rows into the gradient of a weighted mean: row i gets wᵢ / Σⱼ wⱼ instead of 1 / N.
void WeightedLoss::weigh(const Tensor& y, Tensor& gradient) const {
  const double N_over_sum = static_cast<double>(y.rows()) / weight(y);
  for (std::size_t i = 0; i < y.rows(); ++i) {
    const auto factor = static_cast<real>(row_weight(y.row(i)) * N_over_sum);
    for (real& g : gradient.row(i)) g *= factor;
  }
}

void WeightedLoss::gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const {
  of_row_->gradient(a, y, dL_da);
  weigh(y, dL_da);
}

void WeightedLoss::gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const {
  of_row_->gradient_from_logits(a, y, dL_dz);
  weigh(y, dL_dz);
}

std::vector<double> balanced_weights(const Tensor& y) {
  std::vector<double> counts(std::max<std::size_t>(y.cols(), 2));
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y.cols() > 1) counts[i % y.cols()] += double{y[i]};
    if (y.cols() == 1) counts[y[i] >= real(0.5) ? 1 : 0] += 1;
  }
  if (std::ranges::any_of(counts, [](double n) { return n == 0; }))
    throw std::invalid_argument("a class without training rows has no balanced weight");
  const double share = static_cast<double>(y.rows()) / static_cast<double>(counts.size());
  for (double& n : counts) n = share / n;  // N / (K · Nₖ)
  return counts;
}

}  // namespace primer
