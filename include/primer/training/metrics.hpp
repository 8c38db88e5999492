// Measures the quality of predictions: accuracy, the confusion matrix and its scores, and the errors of regression.
// Outputs a and targets y are always rows × outputs.
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

// The number of correct predictions. For a multiclass task it counts rows, for a binary task it counts entries.
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

// How well the probabilities of class 1 rank the rows. The threshold t sweeps from high to low over the probabilities;
// all rows with p ≥ t count as predictions of class 1.
struct RankScores {
  double roc_auc;            // area under the ROC curve, recall as a function of FP / negatives (trapezoidal rule)
  double average_precision;  // Σ (recall − previous recall) · precision, over all thresholds
};
// `actual` has the class, 0 or 1, of each row. Returns std::nullopt if one of these classes does not occur.
std::optional<RankScores> rank_scores(const std::vector<double>& p, const std::vector<std::size_t>& actual);

// mse and mae are means over all entries, and rmse = √mse. r2 is the mean of 1 − SS_res / SS_tot over the columns; a
// constant column of targets counts as 1 if every prediction is exact, and as 0 otherwise.
struct RegressionScores {
  double mse, rmse, mae, r2;
};
RegressionScores regression_scores(const Tensor& a, const Tensor& y);

Tensor column_of(const Tensor& t, std::size_t k);

// Computes r2 from two sums of squares per column. The factors `scales` = square_scales(y) prevent overflow.
double r2_score(const std::vector<double>& residual_squares, const std::vector<double>& total_squares);
std::vector<double> square_scales(const Tensor& y);  // one factor per column, from scale_for_squares()
void add_residual_squares(const Tensor& a, const Tensor& y, const std::vector<double>& scales,
                          std::vector<double>& residual_squares);  // adds Σᵢ (s (aᵢₖ − yᵢₖ))², s = scales[k]
std::vector<double> total_squares(const Tensor& y, const std::vector<double>& scales);  // Σᵢ (s (yᵢₖ − ȳₖ))²

}  // namespace primer
