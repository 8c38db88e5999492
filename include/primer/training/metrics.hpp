// Measures the quality of predictions. Classes: accuracy, confusion matrix, precision, recall, f1 and ROC. Regression:
// mse, rmse, mae and R². The outputs a and the targets y are always matrices of rows × outputs.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "primer/core/tensor.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// The class of a row of outputs or targets: the position of its largest entry, the first if several are equal. A row of
// a single entry contains the probability p of class 1: its class is 1 if p ≥ ½, else 0.
std::size_t class_of(std::span<const real> row);

// Returns the number of correct rows (multiclass task) or the number of correct entries of `a` (binary task).
std::size_t correct_predictions(const Tensor& a, const Tensor& y, Task task);

// Returns a K × K matrix. Its entry (i, j) is the number of rows of class i that were predicted as class j. `actual`
// and `predicted` contain one class per row, each less than K.
Tensor confusion_matrix(const std::vector<std::size_t>& actual, const std::vector<std::size_t>& predicted,
                        std::size_t K);

// Per class: precision TP / (TP + FP), recall TP / (TP + FN) and f1, their harmonic mean. A score 0 / 0 counts as 0.
struct ClassScores {
  std::vector<double> precision, recall, f1;
  double accuracy;
  double balanced_accuracy;  // the mean of recall over the classes that actually occur
  double macro_f1;           // the mean of f1 over the classes that actually occur or are predicted
};
ClassScores class_scores(const Tensor& confusion);

// ROC AUC and average precision of a binary classifier. p is the predicted probability of class 1. With a threshold t,
// the rows with p ≥ t are predicted as class 1. Each value of p is used as a threshold, from high to low.
struct RankScores {
  double roc_auc;            // the area under the ROC curve: recall plotted against FP / negatives (trapezoidal rule)
  double average_precision;  // Σ (recall at t − recall at the next higher t) · precision at t, over all thresholds t
};
// Returns ROC AUC and average precision, or std::nullopt if `actual`, the class of each row, lacks class 0 or class 1.
std::optional<RankScores> rank_scores(const std::vector<double>& p, const std::vector<std::size_t>& actual);

// mse and mae are means over all entries; rmse = √mse. r2 is the mean of R² = 1 − SS_res / SS_tot over the columns. For
// a column with constant targets, R² is 1 if every prediction is exact, and 0 otherwise.
struct RegressionScores {
  double mse, rmse, mae, r2;
};
RegressionScores regression_scores(const Tensor& a, const Tensor& y);

Tensor column_of(const Tensor& t, std::size_t k);

// Returns r2, the mean of R² over the columns. In both sums of squares, square_scales(y) prevents overflow by large y.
double r2_score(const std::vector<double>& residual_squares, const std::vector<double>& total_squares);
std::vector<double> square_scales(const Tensor& y);  // for each column of y: a factor s such that Σ (s y)² is finite
void add_residual_squares(const Tensor& a, const Tensor& y, const std::vector<double>& scales,
                          std::vector<double>& residual_squares);  // adds Σᵢ (s (aᵢₖ − yᵢₖ))², s = scales[k]
std::vector<double> total_squares(const Tensor& y, const std::vector<double>& scales);  // Σᵢ (s (yᵢₖ − ȳₖ))²

}  // namespace primer
