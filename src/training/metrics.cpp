// Counts correct predictions, and adds up errors in double precision.
#include "primer/training/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

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
  double recall_sum = 0;
  double actual_classes = 0;
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
    recall_sum += scores.recall.back();
    actual_classes += actual > 0 ? 1 : 0;
    f1_sum += scores.f1.back();
    occurring += actual + predicted > 0 ? 1 : 0;
  }
  scores.accuracy = over(correct, all);
  scores.balanced_accuracy = over(recall_sum, actual_classes);
  scores.macro_f1 = over(f1_sum, occurring);
  return scores;
}

std::optional<RankScores> rank_scores(const std::vector<double>& p, const std::vector<std::size_t>& actual) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::greater<>(), [&](std::size_t i) { return p[i]; });
  const auto positives = static_cast<double>(std::accumulate(actual.begin(), actual.end(), std::size_t{0}));
  const double negatives = static_cast<double>(actual.size()) - positives;
  if (positives == 0 || negatives == 0) return {};
  RankScores scores{};
  double hits = 0, false_alarms = 0;  // TP and FP
  for (std::size_t i = 0; i < order.size();) {
    const double hits_before = hits, false_alarms_before = false_alarms;
    for (const double threshold = p[order[i]]; i < order.size() && p[order[i]] == threshold; ++i) {
      (actual[order[i]] == 1 ? hits : false_alarms) += 1;
    }
    scores.roc_auc += (false_alarms - false_alarms_before) * (hits + hits_before) / 2;
    scores.average_precision += (hits - hits_before) * hits / (hits + false_alarms);
  }
  scores.roc_auc /= positives * negatives;
  scores.average_precision /= positives;
  return scores;
}

RegressionScores regression_scores(const Tensor& a, const Tensor& y) {
  const std::vector<double> scales = square_scales(y);
  std::vector<double> residual(y.cols());
  add_residual_squares(a, y, scales, residual);
  const double r2 = r2_score(residual, total_squares(y, scales));
  double most = 0;
  for (std::size_t i = 0; i < y.size(); ++i) most = std::max({most, std::abs(double{a[i]}), std::abs(double{y[i]})});
  const double scale = scale_for_squares(most);
  double squares = 0, absolutes = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double d = scale * a[i] - scale * y[i];
    squares += d * d;
    absolutes += std::abs(d);
  }
  const auto n = static_cast<double>(y.size());
  return {squares / n / scale / scale, std::sqrt(squares / n) / scale, absolutes / n / scale, r2};
}

Tensor column_of(const Tensor& t, std::size_t k) {
  Tensor column(t.rows(), 1);
  for (std::size_t i = 0; i < t.rows(); ++i) column[i] = t(i, k);
  return column;
}

std::vector<double> square_scales(const Tensor& y) {
  std::vector<double> most(y.cols());
  for (std::size_t i = 0; i < y.size(); ++i) {
    double& m = most[i % y.cols()];
    m = std::max(m, std::abs(double{y[i]}));
  }
  for (double& m : most) m = scale_for_squares(m);
  return most;
}

void add_residual_squares(const Tensor& a, const Tensor& y, const std::vector<double>& scales,
                          std::vector<double>& residual_squares) {
  for (std::size_t i = 0; i < y.rows(); ++i) {
    for (std::size_t k = 0; k < y.cols(); ++k) {
      const double d = scales[k] * a(i, k) - scales[k] * y(i, k);
      residual_squares[k] += d * d;
    }
  }
}

std::vector<double> total_squares(const Tensor& y, const std::vector<double>& scales) {
  std::vector<double> totals(y.cols());
  for (std::size_t k = 0; k < y.cols(); ++k) {
    bool constant = true;  // whether all targets are equal: then the sum of squares is exactly 0, without rounding
    double sum = 0;
    for (std::size_t i = 0; i < y.rows(); ++i) {
      constant = constant && y(i, k) == y(0, k);
      sum += scales[k] * y(i, k);
    }
    const double mean = sum / static_cast<double>(y.rows());
    for (std::size_t i = 0; i < y.rows() && !constant; ++i) {
      const double d = scales[k] * y(i, k) - mean;
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
