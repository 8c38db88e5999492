#include "primer/training/metrics.hpp"

#include "../golden.hpp"

using namespace primer;

namespace {

std::vector<std::size_t> indices(const golden::Numbers& n) {
  std::vector<std::size_t> list;
  for (const double v : n.data) list.push_back(static_cast<std::size_t>(v));
  return list;
}

Tensor row(const std::vector<double>& values) {
  Tensor t(1, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) t(0, i) = static_cast<real>(values[i]);
  return t;
}

}  // namespace

TEST_CASE("metrics meet scikit-learn's") {
  std::size_t compared = 0;
  for (const golden::Case& c : golden::cases("10_metrics.csv")) {
    if (c.optional()) continue;
    ++compared;
    if (c.attr.at("metric") == "regression") {
      const RegressionScores scores =
          regression_scores(golden::tensor(c.given("y_pred")), golden::tensor(c.given("y_true")));
      golden::check(c, "r2", scores.r2);
      golden::check(c, "mse", scores.mse);
      golden::check(c, "mae", scores.mae);
      CHECK(scores.rmse == std::sqrt(scores.mse));
      continue;
    }
    const auto K = static_cast<std::size_t>(c.number("K", 0));
    const Tensor confusion = confusion_matrix(indices(c.given("y_true")), indices(c.given("y_pred")), K);
    golden::check(c, "confusion", confusion);
    const ClassScores scores = class_scores(confusion);
    golden::check(c, "accuracy", scores.accuracy);
    golden::check(c, "precision", row(scores.precision));
    golden::check(c, "recall", row(scores.recall));
    golden::check(c, "f1", row(scores.f1));
    golden::check(c, "macro_f1", scores.macro_f1);
  }
  CHECK(compared == 8);
}

TEST_CASE("the class of a row is the position of its largest entry; one column alone is class 1 from ½ on") {
  CHECK(class_of(Tensor{{1, 3, 2}}.row(0)) == 1);
  CHECK(class_of(Tensor{{3, 3, 2}}.row(0)) == 0);
  CHECK(class_of(Tensor{{real(0.5)}}.row(0)) == 1);
  CHECK(class_of(Tensor{{real(0.49)}}.row(0)) == 0);
}

TEST_CASE("correct predictions are rows for classes and entries for sigmoids") {
  const Tensor a{{real(0.9), real(0.6)}, {real(0.2), real(0.7)}};
  const Tensor y{{1, 0}, {0, 1}};
  CHECK(correct_predictions(a, y, Task::multiclass) == 2);
  CHECK(correct_predictions(a, y, Task::binary) == 3);
}

TEST_CASE("a sigmoid at exactly ½ predicts 1, and a target of ½ counts as 1") {
  const Tensor a{{real(0.5), real(0.5), real(0.25), real(0.25)}};
  const Tensor y{{1, 0, real(0.5), real(0.25)}};
  CHECK(correct_predictions(a, y, Task::binary) == 2);
}

TEST_CASE(
    "R² of a constant target is 1 if every prediction is exact, otherwise 0, and all columns have the same weight") {
  CHECK(r2_score({0}, {0}) == 1);
  CHECK(r2_score({1}, {0}) == 0);
  CHECK(r2_score({1, 0, 2}, {4, 2, 1}) == doctest::Approx((0.75 + 1 - 1) / 3));
  CHECK(total_squares(Tensor{{1, 5}, {3, 5}, {5, 5}}, {1, 1}) == std::vector<double>{8, 0});
}

TEST_CASE("scores of a class that is never predicted or never occurs are 0, and absent classes do not count") {
  // actual 0, 0, 1, 1; predicted 0, 0, 0, 2; class 3 is absent
  const ClassScores scores = class_scores(confusion_matrix({0, 0, 1, 1}, {0, 0, 0, 2}, 4));
  CHECK(scores.accuracy == 0.5);
  CHECK(scores.precision == std::vector<double>{2.0 / 3, 0, 0, 0});
  CHECK(scores.recall == std::vector<double>{1, 0, 0, 0});
  CHECK(scores.f1 == std::vector<double>{0.8, 0, 0, 0});
  CHECK(scores.macro_f1 == doctest::Approx(0.8 / 3));
  CHECK(class_scores(Tensor(2, 2)).accuracy == 0);
  CHECK(class_scores(Tensor(2, 2)).macro_f1 == 0);
}

TEST_CASE("the last column can be the class, and a prediction is correct if it equals the class of the target") {
  CHECK(class_of(Tensor{{1, 2, 3}}.row(0)) == 2);
  CHECK(correct_predictions(Tensor{{0, 1}, {1, 0}, {0, 1}}, Tensor{{1, 0}, {1, 0}, {0, 1}}, Task::multiclass) == 2);
  CHECK(correct_predictions(Tensor{{real(0.5)}, {real(0.4)}}, Tensor{{1}, {1}}, Task::binary) == 1);
}

TEST_CASE("R² of a constant target is 0 or 1 for every value and count, and does not depend on the magnitude") {
  for (const double value : {0.1, 0.7, 1.1, 3.3, 123.456, 5.0, -1e-300, 1e300, 1e-310}) {
    if (!std::isfinite(static_cast<real>(value))) continue;  // in the float build
    for (const std::size_t rows : {1u, 2u, 3u, 7u, 300u}) {
      const Tensor y(rows, 1, static_cast<real>(value));
      Tensor a = y;
      CHECK(regression_scores(a, y).r2 == 1);
      a[0] += static_cast<real>(value);
      CHECK(regression_scores(a, y).r2 == (value != 0 && a[0] != y[0] ? 0 : 1));
    }
  }
  if (sizeof(real) < sizeof(double)) return;
  for (const double factor : {1e-300, 1e-170, 1.0, 1e160, 1e300}) {
    CAPTURE(factor);
    Tensor y{{1, 5}, {2, 5}, {4, 5}}, a{{real(1.1), 5}, {2, 5}, {real(3.5), 5}};
    for (Tensor* t : {&y, &a}) {
      for (real& v : t->values()) v = static_cast<real>(v * factor);
    }
    CHECK(regression_scores(column_of(a, 0), column_of(y, 0)).r2 == doctest::Approx(0.9442857142857143).epsilon(1e-12));
    CHECK(regression_scores(a, y).rmse / factor == doctest::Approx(std::sqrt(0.26 / 6)).epsilon(1e-12));
    CHECK(regression_scores(a, y).mae / factor == doctest::Approx(0.1).epsilon(1e-12));
  }
  for (const double factor : {1.0, 1.7e308}) {  // at which neither a sum nor a difference of two targets is a double
    const Tensor zero(4, 1);
    Tensor y{{1}, {-1}, {1}, {-1}}, a{{real(-0.5)}, {real(0.5)}, {1}, {-1}};
    for (Tensor* t : {&y, &a}) {
      for (real& v : t->values()) v = static_cast<real>(v * factor);
    }
    CHECK(regression_scores(zero, y).mae / factor == doctest::Approx(1).epsilon(1e-12));
    CHECK(regression_scores(zero, y).rmse / factor == doctest::Approx(1).epsilon(1e-12));
    CHECK(regression_scores(zero, y).r2 == 0);
    CHECK(regression_scores(a, y).mae / factor == doctest::Approx(0.75).epsilon(1e-12));
    CHECK(regression_scores(a, y).r2 == doctest::Approx(-0.125).epsilon(1e-12));
  }
}

TEST_CASE("the scales of the squares are one for each target, however few the rows") {
  const std::vector<double> scales = square_scales(Tensor{{1, real(1e30), 1, 1, 1}});
  REQUIRE(scales.size() == 5);
  CHECK(scales[0] == scales[4]);
}

TEST_CASE("ROC AUC, average precision and balanced accuracy are scikit-learn's, with ties and without") {
  // sklearn.metrics.roc_auc_score, average_precision_score and balanced_accuracy_score
  const std::vector<std::size_t> y{0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0};
  const std::vector<double> p{.1, .4, .35, .8, .4, .4, .05, .9, .15, .7, .2, .15};
  const auto scores = rank_scores(p, y);
  REQUIRE(scores);
  CHECK(scores->roc_auc == doctest::Approx(0.7285714285714285).epsilon(1e-14));
  CHECK(scores->average_precision == doctest::Approx(0.7142857142857142).epsilon(1e-14));
  std::vector<std::size_t> predicted;
  for (const double v : p) predicted.push_back(v >= 0.5 ? 1 : 0);
  CHECK(class_scores(confusion_matrix(y, predicted, 2)).balanced_accuracy ==
        doctest::Approx(0.6285714285714286).epsilon(1e-14));
  const auto all_equal = rank_scores({.5, .5, .5, .5}, {0, 1, 1, 1});
  CHECK(all_equal->roc_auc == 0.5);
  CHECK(all_equal->average_precision == 0.75);
  const auto perfect = rank_scores({.1, .9, .8}, {0, 1, 1});
  CHECK(perfect->roc_auc == 1);
  CHECK(perfect->average_precision == 1);
  CHECK_FALSE(rank_scores({.1, .9}, {1, 1}));
  CHECK_FALSE(rank_scores({.1, .9}, {0, 0}));
  CHECK(rank_scores({.1, .9}, {0, 1})->roc_auc == 1);
  CHECK(rank_scores({.1, .9}, {1, 0})->roc_auc == 0);
  CHECK(rank_scores({.1, .9}, {1, 0})->average_precision == 0.5);
  CHECK(class_scores(confusion_matrix({0, 0, 1}, {0, 1, 1}, 3)).balanced_accuracy == 0.75);  // class 2 does not occur
}

TEST_CASE("one extreme number among small ones sets the scale, in whichever row it is" *
          doctest::skip(!golden::is_double)) {
  for (std::size_t row = 0; row < 3; ++row) {
    Tensor y(3, 1), a(3, 1);
    y[row] = real(3e200);
    const RegressionScores far = regression_scores(a, y);  // the residual is that number, 0 and 0
    CHECK(far.rmse / 1e200 == doctest::Approx(std::sqrt(3.0)).epsilon(1e-12));
    CHECK(far.mae / 1e200 == doctest::Approx(1).epsilon(1e-12));
    CHECK(far.r2 == doctest::Approx(1 - 9.0 / 6).epsilon(1e-12));  // SS_res = 9, SS_tot = 4 + 1 + 1
    std::swap(a, y);
    CHECK(regression_scores(a, y).rmse / 1e200 == doctest::Approx(std::sqrt(3.0)).epsilon(1e-12));
    CHECK(regression_scores(a, y).r2 == 0);
  }
}
