// primer eval: prints how well a model predicts the rows of a CSV file.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <istream>
#include <optional>

#include "primer/cli/commands.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/runs/model.hpp"
#include "primer/training/metrics.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

void print(const std::string& metric, double value) {
  std::fputs(csv_row(std::vector{metric, number(value)}).c_str(), stdout);
}

// Prints the scores of yes/no predictions: p is the predicted probability of class 1, `actual` the true class, 0 or 1.
void print_ranks(const std::string& of, const std::vector<double>& p, const std::vector<std::size_t>& actual) {
  const std::optional<RankScores> ranks = rank_scores(p, actual);
  if (!ranks) return;
  print("roc_auc" + of, ranks->roc_auc);
  print("average_precision" + of, ranks->average_precision);
}

std::vector<std::size_t> classes_of(const Tensor& t) {
  std::vector<std::size_t> classes;
  for (std::size_t i = 0; i < t.rows(); ++i) classes.push_back(class_of(t.row(i)));
  return classes;
}

std::vector<double> doubles(std::span<const real> values) { return {values.begin(), values.end()}; }

// Prints the scores over all yes/no targets together, then the scores of each target.
void print_yes_no_targets(const Model& model, const Tensor& a, const Tensor& y) {
  if (!std::ranges::all_of(y.values(), [](real v) { return v == 0 || v == 1; })) return;  // y are probabilities
  std::vector<std::size_t> all;
  for (const real v : y.values()) all.push_back(v == 1 ? 1 : 0);
  print_ranks("", doubles(a.values()), all);
  for (std::size_t k = 0; k < y.cols() && y.cols() > 1; ++k) {
    const Tensor p = column_of(a, k);
    const std::vector<std::size_t> actual = classes_of(column_of(y, k));
    const std::string of = "_" + model.config.data.target[k];
    const ClassScores scores = class_scores(confusion_matrix(actual, classes_of(p), 2));
    print("accuracy" + of, scores.accuracy);
    print("balanced_accuracy" + of, scores.balanced_accuracy);
    print_ranks(of, doubles(p.values()), actual);
  }
}

void print_regression(const Model& model, Tensor& a, Tensor& y) {
  if (model.target_standardizer) {
    unstandardize(*model.target_standardizer, a);
    unstandardize(*model.target_standardizer, y);
  }
  const auto print_scores = [](const std::string& of, const RegressionScores& r) {
    print("r2" + of, r.r2);
    print("rmse" + of, r.rmse);
    print("mae" + of, r.mae);
  };
  print_scores("", regression_scores(a, y));
  for (std::size_t k = 0; k < y.cols() && y.cols() > 1; ++k) {
    print_scores("_" + model.config.data.target[k], regression_scores(column_of(a, k), column_of(y, k)));
  }
}

std::string count_text(real count) { return std::to_string(static_cast<std::uint64_t>(count)); }

void print_tables(const std::vector<std::string>& classes, const Tensor& confusion, const ClassScores& scores) {
  std::vector<std::vector<std::string>> rows{{"actual \\ predicted"}};
  std::size_t width = 20;
  for (const std::string& name : classes) width += 2 + std::max<std::size_t>(count_characters(printable(name)), 4);
  const bool numbered = width > output_width();  // the names do not fit on one line: number the columns instead
  for (std::size_t i = 0; i < classes.size(); ++i) {
    rows[0].push_back(numbered ? std::to_string(i + 1) : printable(classes[i]));
    rows.push_back({(numbered ? std::to_string(i + 1) + " " : "") + printable(classes[i])});
    for (const real count : confusion.row(i)) rows.back().push_back(count_text(count));
  }
  std::printf("\n%s\n", table(rows, 1, output_width()).c_str());
  rows = {{"class", "precision", "recall", "f1", "rows"}};
  for (std::size_t k = 0; k < classes.size(); ++k) {
    real actual = 0;
    for (const real count : confusion.row(k)) actual += count;
    rows.push_back({printable(classes[k]), short_number(scores.precision[k]), short_number(scores.recall[k]),
                    short_number(scores.f1[k]), count_text(actual)});
  }
  std::printf("%s", table(rows, 1, output_width()).c_str());
}

// Reads the rows of the file DATA.csv, or only the part (train, validation or test) that --rows selects.
Dataset read_rows(const Model& model, const Arguments& arguments) {
  const std::string& file = arguments.operands[1];
  FileSamples samples;
  if (file == "-") {
    StandardInput input;
    std::istream stream(&input);
    stream.exceptions(std::ios::badbit);  // makes `stream` rethrow each exception that its buffer `input` throws
    samples = read_samples(stream, "standard input", model.config.data, model.task, model.columns);
  } else {
    samples = read_samples(file, model.config.data, model.task, model.columns);
  }
  if (samples.dropped > 0) {
    const std::string rows = counted(samples.dropped, "row is left out", "rows are left out");
    std::fprintf(stderr, "%s because of missing values\n", rows.c_str());
  }
  return rows_of(model, std::move(samples), part_of(arguments));
}

int run(const Arguments& arguments) {
  Model model = read_model(arguments.operands[0]);
  Dataset data = read_rows(model, arguments);
  Tensor a;
  const Scores scores = evaluate(model.network, *make_loss(model.config.train), data, model.task, &a);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(a[i])) continue;
    throw UserError({arguments.operands[1]}, "the outputs for row ", i / a.cols() + 1,
                    " are not finite; are the numbers in that row too large?");
  }
  if (!std::isfinite(scores.loss)) {
    throw UserError({arguments.operands[1]}, "the loss is not finite; are the targets too large?");
  }
  std::printf("metric,value\n");
  print("loss", scores.loss);
  if (model.task == Task::regression) {
    print_regression(model, a, data.y);
    return 0;
  }
  print("accuracy", scores.metric);
  if (model.classes.empty()) {
    print_yes_no_targets(model, a, data.y);
    return 0;
  }
  const std::vector<std::size_t> actual = classes_of(data.y);
  const Tensor confusion = confusion_matrix(actual, classes_of(a), model.classes.size());
  const ClassScores by_class = class_scores(confusion);
  print("balanced_accuracy", by_class.balanced_accuracy);
  print("macro_f1", by_class.macro_f1);
  if (model.classes.size() == 2) print_ranks("", doubles(column_of(a, a.cols() - 1).values()), actual);
  if (arguments.has("--table") || isatty(STDOUT_FILENO) != 0) print_tables(model.classes, confusion, by_class);
  return 0;
}

constexpr std::array<Option, 2> options{
    {rows_option, {"--table", "", "print the confusion matrix and class scores, even to a pipe"}}};

}  // namespace

const Command eval_command{"eval",
                           "MODEL DATA.csv",
                           "Prints a model's loss and metrics on labelled data.",
                           "The output is CSV. Each row has the name of a metric and its value. For classes:\n"
                           "loss, accuracy, balanced_accuracy (the mean recall) and macro_f1; for two\n"
                           "classes also roc_auc and average_precision. For regression: loss, r2, rmse, mae.\n"
                           "With several targets, eval also prints scores of each target, as in r2_NAME. For\n"
                           "classes, a terminal also shows the confusion matrix and the scores of each\n"
                           "class. primer matches columns by name. Use rows that the model was not trained\n"
                           "on: --rows test selects such rows in the data file of the run. If DATA.csv is -,\n"
                           "eval reads standard input.\n\n"
                           "  primer eval runs/iris/model.safetensors data/iris.csv --rows test\n",
                           options,
                           run};

}  // namespace primer
