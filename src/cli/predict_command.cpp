// primer predict: reads rows as CSV and answers each row as soon as it has read it.
#include <array>
#include <cstdio>
#include <istream>

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

// The cells of one answer: the predicted class and the probability of every class, or the outputs.
std::vector<std::string> answer(const Model& model, std::span<const real> a) {
  std::vector<std::string> cells;
  if (!model.classes.empty()) cells.push_back(model.classes[class_of(a)]);
  if (model.classes.size() == 2 && a.size() == 1) cells.push_back(number(1 - a[0]));
  for (const real v : a) cells.push_back(number(v));
  return cells;
}

void print(const std::string& line) { std::fputs(line.c_str(), stdout); }

void predict(const Model& model, std::istream& stream, const std::string& file, bool streamed) {
  CsvReader csv(stream, file);
  const std::vector<std::size_t> inputs = find_columns(csv, model.columns, "an input of the model");
  print(csv_row(header_of(model)));
  if (streamed) std::fflush(stdout);
  Tensor x(1, inputs.size());
  Prediction prediction;
  while (csv.next()) {
    for (std::size_t j = 0; j < inputs.size(); ++j) x(0, j) = real_at(csv, inputs[j]);
    if (model.standardizer) standardize(*model.standardizer, x);
    print(csv_row(answer(model, model.network.predict(x, prediction).row(0))));
    if (streamed) std::fflush(stdout);
    if (std::ferror(stdout) != 0) throw RuntimeError("standard output: cannot be written");
  }
}

int run(const Arguments& arguments) {
  Model model = read_model(arguments.operands[0]);
  const std::string file = arguments.operands.size() > 1 ? arguments.operands[1] : "-";
  if (file == "-") {
    StandardInput input;
    std::istream stream(&input);
    stream.exceptions(std::ios::badbit);  // passes on why standard input cannot be read
    predict(model, stream, "standard input", true);
  } else {
    std::ifstream stream = open_input(file);
    predict(model, stream, file, false);
  }
  return 0;
}

}  // namespace

const Command predict_command{"predict",
                              "MODEL [DATA.csv]",
                              "Predicts every row of a CSV file or of a pipe.",
                              "Without DATA.csv, or with -, it reads standard input and answers each row at\n"
                              "once. primer matches columns by name and ignores columns that the model does\n"
                              "not know. The output is CSV: prediction,p_CLASS,... for classes, or the values\n"
                              "of the targets.\n\n"
                              "  primer predict runs/iris/model.safetensors data/iris.csv\n"
                              "  head -n 3 data/iris.csv | primer predict runs/iris/model.safetensors\n",
                              {},
                              run};

}  // namespace primer
