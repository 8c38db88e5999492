// How good a prediction is: accuracy, the confusion matrix and what is read off it, and the errors of regression.
#pragma once

#include <vector>

#include "primer/core/tensor.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// The class that a row of outputs (or of targets) names: the largest entry, or for one column a ≥ ½.
std::size_t class_of(std::span<const real> row);

// The number of right answers: rows for classes, entries for sigmoids. a and y are rows × outputs.
std::size_t correct_predictions(const Tensor& a, const Tensor& y, Task task);

// confusion(i, j): the rows of class i that were taken for class j, K × K.
Tensor confusion_matrix(const std::vector<std::size_t>& truth, const std::vector<std::size_t>& prediction,
                        std::size_t K);

// For each class: precision = right / predicted so, recall = right / truly so, f1 their harmonic mean; 0 where
// undefined.
struct ClassScores {
  std::vector<double> precision, recall, f1;
  double accuracy;
  double macro_f1;  // the mean of f1 over the classes that occur in truth or prediction
};
ClassScores class_scores(const Tensor& confusion);

// Over all entries; r2 is the mean over columns of 1 − SS_res / SS_tot, where a constant column counts 1 if it is met
// exactly and 0 otherwise.
struct RegressionScores {
  double mse, rmse, mae, r2;
};
RegressionScores regression_scores(const Tensor& a, const Tensor& y);

// The same r2 from its sums, one entry a column.
double r2_score(const std::vector<double>& residual_squares, const std::vector<double>& total_squares);
void add_residual_squares(const Tensor& a, const Tensor& y, std::vector<double>& residual_squares);  // Σᵢ (aᵢₖ − yᵢₖ)²
std::vector<double> total_squares(const Tensor& y);  // Σᵢ (yᵢₖ − ȳₖ)²

}  // namespace primer
