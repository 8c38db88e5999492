// Counting and adding up.
#include "primer/training/metrics.hpp"

#include <algorithm>
#include <cmath>

namespace primer {

std::size_t class_of(std::span<const real> row) {
  if (row.size() == 1) return row[0] >= real(0.5) ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

std::size_t correct_predictions(const Tensor& a, const Tensor& y, Task task) {
  std::size_t right = 0;
  if (task == Task::binary) {
    const auto yes = [](real p) { return p >= real(0.5); };
    for (std::size_t i = 0; i < a.size(); ++i) right += yes(a.data()[i]) == yes(y.data()[i]) ? 1 : 0;
  } else {
    for (std::size_t i = 0; i < a.rows(); ++i) right += class_of(a.row(i)) == class_of(y.row(i)) ? 1 : 0;
  }
  return right;
}

Tensor confusion_matrix(const std::vector<std::size_t>& truth, const std::vector<std::size_t>& prediction,
                        std::size_t K) {
  Tensor confusion(K, K);
  for (std::size_t i = 0; i < truth.size(); ++i) confusion(truth[i], prediction[i]) += 1;
  return confusion;
}

ClassScores class_scores(const Tensor& confusion) {
  const auto over = [](double part, double whole) { return whole == 0 ? 0.0 : part / whole; };
  ClassScores scores{};
  double right = 0;
  double all = 0;
  double f1_sum = 0;
  double occurring = 0;
  for (std::size_t k = 0; k < confusion.rows(); ++k) {
    const auto hits = static_cast<double>(confusion(k, k));
    double truly = 0;
    double predicted = 0;
    for (std::size_t j = 0; j < confusion.rows(); ++j) {
      truly += static_cast<double>(confusion(k, j));
      predicted += static_cast<double>(confusion(j, k));
    }
    scores.precision.push_back(over(hits, predicted));       // TP / (TP + FP)
    scores.recall.push_back(over(hits, truly));              // TP / (TP + FN)
    scores.f1.push_back(over(2 * hits, truly + predicted));  // 2 TP / (2 TP + FP + FN)
    right += hits;
    all += truly;
    f1_sum += scores.f1.back();
    occurring += truly + predicted > 0 ? 1 : 0;
  }
  scores.accuracy = over(right, all);
  scores.macro_f1 = over(f1_sum, occurring);
  return scores;
}

RegressionScores regression_scores(const Tensor& a, const Tensor& y) {
  std::vector<double> residual(y.cols());
  add_residual_squares(a, y, residual);
  double squares = 0;
  for (const double r : residual) squares += r;
  double absolutes = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    absolutes += std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(y.data()[i]));
  }
  const auto n = static_cast<double>(y.size());
  return {squares / n, std::sqrt(squares / n), absolutes / n, r2_score(residual, total_squares(y))};
}

void add_residual_squares(const Tensor& a, const Tensor& y, std::vector<double>& residual_squares) {
  for (std::size_t i = 0; i < y.rows(); ++i) {
    for (std::size_t k = 0; k < y.cols(); ++k) {
      const double d = static_cast<double>(a(i, k)) - static_cast<double>(y(i, k));
      residual_squares[k] += d * d;
    }
  }
}

std::vector<double> total_squares(const Tensor& y) {
  std::vector<double> totals(y.cols());
  for (std::size_t k = 0; k < y.cols(); ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < y.rows(); ++i) sum += static_cast<double>(y(i, k));
    const double mean = sum / static_cast<double>(y.rows());
    for (std::size_t i = 0; i < y.rows(); ++i) {
      const double d = static_cast<double>(y(i, k)) - mean;
      totals[k] += d * d;
    }
  }
  return totals;
}

double r2_score(const std::vector<double>& residual_squares, const std::vector<double>& total_squares) {
  double sum = 0;
  for (std::size_t k = 0; k < residual_squares.size(); ++k) {
    const double constant = residual_squares[k] == 0 ? 1 : 0;
    sum += total_squares[k] == 0 ? constant : 1 - residual_squares[k] / total_squares[k];
  }
  return sum / static_cast<double>(residual_squares.size());
}

}  // namespace primer
