// Counts correct predictions, and adds up errors in double precision.
#include "primer/training/metrics.hpp"

#include <algorithm>
#include <cmath>

namespace primer {

std::size_t class_of(std::span<const real> row) {
  if (row.size() == 1) return row[0] >= real(0.5) ? 1 : 0;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

std::size_t correct_predictions(const Tensor& a, const Tensor& y, Task task) {
  const bool by_entry = task == Task::binary;
  std::size_t correct = 0;
  for (std::size_t i = 0; i < (by_entry ? a.size() : a.rows()); ++i) {
    const auto item = [&](const Tensor& t) { return by_entry ? t.values().subspan(i, 1) : t.row(i); };
    correct += class_of(item(a)) == class_of(item(y)) ? 1 : 0;
  }
  return correct;
}

Tensor confusion_matrix(const std::vector<std::size_t>& actual, const std::vector<std::size_t>& predicted,
                        std::size_t K) {
  Tensor confusion(K, K);
  for (std::size_t i = 0; i < actual.size(); ++i) confusion(actual[i], predicted[i]) += 1;
  return confusion;
}

ClassScores class_scores(const Tensor& confusion) {
  const auto over = [](double part, double whole) { return whole == 0 ? 0.0 : part / whole; };
  ClassScores scores{};
  double correct = 0;
  double all = 0;
  double f1_sum = 0;
  double occurring = 0;
  for (std::size_t k = 0; k < confusion.rows(); ++k) {
    const double hits = confusion(k, k);
    double actual = 0;
    double predicted = 0;
    for (std::size_t j = 0; j < confusion.rows(); ++j) {
      actual += confusion(k, j);
      predicted += confusion(j, k);
    }
    scores.precision.push_back(over(hits, predicted));        // TP / (TP + FP)
    scores.recall.push_back(over(hits, actual));              // TP / (TP + FN)
    scores.f1.push_back(over(2 * hits, actual + predicted));  // 2 TP / (2 TP + FP + FN)
    correct += hits;
    all += actual;
    f1_sum += scores.f1.back();
    occurring += actual + predicted > 0 ? 1 : 0;
  }
  scores.accuracy = over(correct, all);
  scores.macro_f1 = over(f1_sum, occurring);
  return scores;
}

RegressionScores regression_scores(const Tensor& a, const Tensor& y) {
  std::vector<double> residual(y.cols());
  add_residual_squares(a, y, residual);
  double squares = 0;
  for (const double r : residual) squares += r;
  double absolutes = 0;
  for (std::size_t i = 0; i < y.size(); ++i) absolutes += std::abs(double{a.data()[i]} - y.data()[i]);
  const auto n = static_cast<double>(y.size());
  return {squares / n, std::sqrt(squares / n), absolutes / n, r2_score(residual, total_squares(y))};
}

void add_residual_squares(const Tensor& a, const Tensor& y, std::vector<double>& residual_squares) {
  for (std::size_t i = 0; i < y.rows(); ++i) {
    for (std::size_t k = 0; k < y.cols(); ++k) {
      const double d = double{a(i, k)} - y(i, k);
      residual_squares[k] += d * d;
    }
  }
}

std::vector<double> total_squares(const Tensor& y) {
  std::vector<double> totals(y.cols());
  for (std::size_t k = 0; k < y.cols(); ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < y.rows(); ++i) sum += y(i, k);
    const double mean = sum / static_cast<double>(y.rows());
    for (std::size_t i = 0; i < y.rows(); ++i) {
      const double d = y(i, k) - mean;
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
