// primer predict: reads rows as CSV and prints the prediction for each row as soon as the row is complete.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <istream>
#include <utility>

#include "primer/cli/commands.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/model.hpp"
#include "primer/training/metrics.hpp"

namespace primer {
namespace {

std::vector<std::string> header_of(const Model& model) {
  if (model.classes.empty()) return model.config.data.target;
  std::vector<std::string> header{"prediction"};
  for (const std::string& name : model.classes) header.push_back("p_" + name);
  return header;
}

// The CSV cells of a prediction: the predicted class and all class probabilities, or the predicted target values.
std::vector<std::string> answer(const Model& model, std::span<const real> a, const Location& location) {
  std::vector<std::string> cells;
  if (!std::ranges::all_of(a, [](real v) { return std::isfinite(v); })) {
    throw UserError(location, "the outputs are not finite; are the numbers of this row too large?");
  }
  if (!model.classes.empty()) cells.push_back(model.classes[class_of(a)]);
  if (model.classes.size() == 2 && a.size() == 1) cells.push_back(number(1 - a[0]));
  for (std::size_t k = 0; k < a.size(); ++k) {
    const auto& s = model.target_standardizer;
    cells.push_back(number(s ? a[k] * s->deviation[k] + s->mean[k] : a[k]));
  }
  return cells;
}

void print(const std::string& line) { std::fputs(line.c_str(), stdout); }

void predict(const Model& model, std::istream& stream, const std::string& file, bool streamed) {
  CsvReader csv(stream, file, format_of(model.config.data));
  InputColumns inputs(csv, model.columns, model.config.data.one_hot, "which is an input of the model");
  print(csv_row(header_of(model)));
  if (streamed) std::fflush(stdout);
  Prediction prediction;
  Tensor x(1, inputs.size());
  while (csv.next()) {
    inputs.read(csv, x.row(0));
    if (model.standardizer) standardize(*model.standardizer, x);
    print(csv_row(answer(model, model.network.predict(x, prediction).row(0), csv.location(0))));
    if (streamed) std::fflush(stdout);
    if (std::ferror(stdout) != 0) throw RuntimeError("cannot write to standard output");
  }
}

// Predicts one `part` (train, validation or test) of the run's data. The rows keep the order of the file.
void predict_part(const Model& model, const std::string& file, const std::string& part) {
  const Dataset rows = rows_of(model, read_samples(file, model.config.data, model.task, model.columns), part);
  print(csv_row(header_of(model)));
  Prediction prediction;
  const Tensor& a = model.network.predict(rows.x, prediction);
  for (std::size_t i = 0; i < rows.size(); ++i) print(csv_row(answer(model, a.row(i), {file})));
}

int run(const Arguments& arguments) {
  Model model = read_model(arguments.operands[0]);
  const std::string file = arguments.operands.size() > 1 ? arguments.operands[1] : "-";
  if (const std::string part = part_of(arguments); !part.empty()) {
    if (file == "-") throw UserError("--rows accepts only the file that the model was trained on, not standard input");
    predict_part(model, file, part);
  } else if (file == "-") {
    StandardInput input;
    std::istream stream(&input);
    stream.exceptions(std::ios::badbit);  // makes `stream` rethrow each exception that its buffer `input` throws
    predict(model, stream, "standard input", true);
  } else {
    std::ifstream stream = open_input(file);
    predict(model, stream, file, false);
  }
  return 0;
}

constexpr std::array<Option, 1> options{{rows_option}};

}  // namespace

const Command predict_command{"predict",
                              "MODEL [DATA.csv]",
                              "Prints a prediction for each row of a CSV file.",
                              "Without DATA.csv, or with -, predict reads standard input and prints each\n"
                              "prediction as soon as the row is complete. primer matches columns by name and\n"
                              "ignores columns that the model does not know. The output is CSV with the columns\n"
                              "prediction,p_CLASS,... for classes, or the predicted value of each target.\n\n"
                              "  primer predict runs/iris/model.safetensors data/iris.csv\n"
                              "  head -n 3 data/iris.csv | primer predict runs/iris/model.safetensors\n",
                              options,
                              run};

}  // namespace primer
