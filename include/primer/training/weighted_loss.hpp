// A loss in which some classes count more than others: Σᵢ wᵢ Lᵢ / Σᵢ wᵢ over the rows of a batch, where Lᵢ is the loss
// of row i alone and wᵢ the weight of its class. PyTorch and scikit-learn define weighted losses in the same way.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "primer/core/loss.hpp"

namespace primer {

class WeightedLoss final : public Loss {
 public:
  // `weights` has one weight for each column of y, or two weights if y is a single column of 0 and 1.
  WeightedLoss(std::unique_ptr<Loss> of_row, std::vector<double> weights)
      : of_row_(std::move(of_row)), weights_(std::move(weights)) {}
  std::string_view name() const override { return of_row_->name(); }
  std::span<const real> kinks() const override { return of_row_->kinks(); }

  real value(const Tensor& a, const Tensor& y) const override;
  void gradient(const Tensor& a, const Tensor& y, Tensor& dL_da) const override;
  double weight(const Tensor& y) const override;  // Σᵢ wᵢ
  real value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const override;
  void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override;

 private:
  double row_weight(std::span<const real> y) const;  // Σₖ pₖ wₖ: target probability pₖ and weight wₖ of class k
  real mean(const Tensor& of, const Tensor& y, auto loss_of_row) const;  // `of`: a or z
  void weigh(const Tensor& y, Tensor& gradient) const;

  std::unique_ptr<Loss> of_row_;
  std::vector<double> weights_;
};

// Returns N / (K · Nₖ) as the weight of class k. There are N rows and K classes; Nₖ rows belong to class k. All classes
// then have the same total weight. Throws std::invalid_argument if a class has no rows.
std::vector<double> balanced_weights(const Tensor& y);

}  // namespace primer
