// primer eval: prints how well a model predicts the rows of a CSV file.
#include <unistd.h>

#include <array>
#include <cstdio>

#include "primer/cli/commands.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/model.hpp"
#include "primer/training/metrics.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

void print(const char* metric, double value) { std::printf("%s,%s\n", metric, number(value).c_str()); }

Tensor confusion_of(const Model& model, const Tensor& a, const Tensor& y) {
  std::vector<std::size_t> actual;
  std::vector<std::size_t> predicted;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    actual.push_back(class_of(y.row(i)));
    predicted.push_back(class_of(a.row(i)));
  }
  return confusion_matrix(actual, predicted, model.classes.size());
}

std::string count_text(real count) { return std::to_string(static_cast<std::uint64_t>(count)); }

void print_tables(const std::vector<std::string>& classes, const Tensor& confusion, const ClassScores& scores) {
  std::vector<std::vector<std::string>> rows{{"actual \\ predicted"}};
  for (const std::string& name : classes) rows[0].push_back(printable(name));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    rows.push_back({printable(classes[i])});
    for (const real count : confusion.row(i)) rows.back().push_back(count_text(count));
  }
  std::printf("\n%s\n", table(rows).c_str());
  rows = {{"class", "precision", "recall", "f1", "rows"}};
  for (std::size_t k = 0; k < classes.size(); ++k) {
    real actual = 0;
    for (const real count : confusion.row(k)) actual += count;
    rows.push_back({printable(classes[k]), short_number(scores.precision[k]), short_number(scores.recall[k]),
                    short_number(scores.f1[k]), count_text(actual)});
  }
  std::printf("%s", table(rows).c_str());
}

int run(const Arguments& arguments) {
  Model model = read_model(arguments.operands[0]);
  FileSamples samples = read_samples(arguments.operands[1], model.config.data, model.task, model.columns);
  Dataset data{std::move(samples.x), encode(samples, model.task, model.classes)};
  if (model.standardizer) standardize(*model.standardizer, data.x);

  Tensor a;
  const Scores scores = evaluate(model.network, *make_loss(model.config.train), data, model.task, &a);
  std::printf("metric,value\n");
  print("loss", scores.loss);
  if (model.task == Task::regression) {
    const RegressionScores r = regression_scores(a, data.y);
    print("r2", r.r2);
    print("rmse", r.rmse);
    print("mae", r.mae);
    return 0;
  }
  print("accuracy", scores.metric);
  if (model.classes.empty()) return 0;
  const Tensor confusion = confusion_of(model, a, data.y);
  const ClassScores by_class = class_scores(confusion);
  print("macro_f1", by_class.macro_f1);
  if (arguments.has("--table") || isatty(STDOUT_FILENO) != 0) print_tables(model.classes, confusion, by_class);
  return 0;
}

constexpr std::array<Option, 1> options{{{"--table", "", "print the tables even if the output is not a terminal"}}};

}  // namespace

const Command eval_command{"eval",
                           "MODEL DATA.csv",
                           "Prints a model's loss and metrics on labelled data.",
                           "The output has a line metric,value for each metric: loss, accuracy and macro_f1\n"
                           "for classes; loss, r2, rmse and mae for regression. For classes, a terminal also\n"
                           "shows the confusion matrix and the scores of each class. primer matches columns\n"
                           "by name. Use data that the model was not trained on.\n\n"
                           "  primer eval runs/iris/model.safetensors data/iris.csv\n",
                           options,
                           run};

}  // namespace primer
