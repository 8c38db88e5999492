// What becomes of the cells of a CSV file: labels, categories, numbers and missing values.
#include "primer/runs/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "../allocations.hpp"
#include "../program.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"

using namespace primer;
using program::Folder;
using program::Result;
using program::spill;

namespace {

FileSamples read(const std::string& csv, const DataOptions& data, Task task,
                 const std::vector<std::string>& inputs = {}) {
  std::istringstream stream(csv);
  return read_samples(stream, "f.csv", data, task, inputs);
}

std::vector<std::string> classes(const std::string& csv, Task task = Task::multiclass) {
  return find_classes(read(csv, {}, task).targets, task, 0);
}

std::string complaint(const std::string& csv, const DataOptions& data = {}, Task task = Task::regression,
                      const std::vector<std::string>& inputs = {}) {
  try {
    read(csv, data, task, inputs);
  } catch (const UserError& e) {
    return e.what();
  }
  return "read";
}

std::string column(const std::vector<std::string>& labels) {
  std::string csv = "x,y\n";
  for (const std::string& label : labels) csv += "1," + label + "\n";
  return csv;
}

using Texts = std::vector<std::string>;

// A model with text labels, trained on rows of x and a label.
struct Trained : Folder {
  explicit Trained(const std::string& csv, const std::string& keys = "", const std::string& output = "softmax",
                   const std::string& loss = "cross_entropy") {
    spill(*this / "d.csv", csv);
    spill(*this / "c.toml", "[data]\nfile = \"d.csv\"\n" + keys + "[[layer]]\nactivation = \"" + output +
                                "\"\n[train]\nloss = \"" + loss + "\"\nepochs = 2\n");
  }
  Result run(const std::string& arguments) const { return program::primer(arguments, path); }
  void train() const { REQUIRE(run("train c.toml --quiet --out r").code == 0); }
};

}  // namespace

TEST_CASE("a class is the text of its cell; only a plain integer and its decimal twins are one class") {
  CHECK(classes(column({"007", "7", "010", "10"})) == Texts{"007", "010", "10", "7"});
  CHECK(classes(column({"200000", "100000", "50000"})) == Texts{"50000", "100000", "200000"});
  CHECK(classes(column({"9007199254740993", "9007199254740992", "9007199254740995"})) ==
        Texts{"9007199254740992", "9007199254740993", "9007199254740995"});
  CHECK(classes(column({"98765432109876543210", "98765432109876543211"})) ==
        Texts{"98765432109876543210", "98765432109876543211"});
  CHECK(classes(column({"1.10", "1.1"})) == Texts{"1.1", "1.10"});
  CHECK(classes(column({"1E2", "100", "1e2"})) == Texts{"100", "1E2", "1e2"});
  CHECK(classes(column({"-0", "0", "0.0", "1"})) == Texts{"-0", "1"});
  CHECK(classes(column({"1.0", "2", "1", "2.00"})) == Texts{"1.0", "2"});  // as they were first written
  CHECK(classes(column({"10.0", "9.0"})) == Texts{"9.0", "10.0"});
  CHECK(classes(column({"True", "False", "true"})) == Texts{"False", "True", "true"});
  CHECK(classes(column({"1", "0.0"}), Task::binary) == Texts{"0.0", "1"});
  CHECK(classes(column({"01", "02"}), Task::binary) == Texts{"01", "02"});
  CHECK(classes(column({"1", "1"}), Task::binary) == Texts{"0", "1"});
  CHECK(classes(column({"0.25", "1"}), Task::binary).empty());
}

TEST_CASE("a word for a missing value in a label is refused like one in an input, with its location") {
  for (const std::string word : {"nan", "NA", "N/A", "NaN", "?", "null", "None", "-", "missing", "n/a"}) {
    for (const Task task : {Task::multiclass, Task::binary}) {
      CHECK(complaint("x,y\n1,a\n2," + word + "\n3,b\n", {}, task) ==
            "f.csv:3:3: column \"y\" has a missing value (\"" + word +
                "\"); fill in the cell or remove the row; if the cell contains the name of a class or category, rename "
                "this class or category");
    }
  }
  CHECK(complaint("x,y\n1,a\n2,\n", {}, Task::multiclass) ==
        "f.csv:3:3: column \"y\" has a missing value; fill in the cell or remove the row");
  CHECK(complaint(std::string("x,y\n1,a") + '\0' + "b\n", {}, Task::multiclass) ==
        "f.csv:2:3: the text contains a NUL byte; remove it");
}

TEST_CASE("rows with a missing value are dropped and counted if the config says so") {
  DataOptions data;
  data.missing = "drop";
  const FileSamples s = read("x,note,y\n1,NA,a\nNA,n,b\n3,n,?\n4,n,b\n", data, Task::multiclass, {"x"});
  CHECK(s.x == Tensor{{1}, {4}});  // a missing note does not count, because it is not used
  CHECK(s.targets[0].labels[1] == "b");
  CHECK(s.dropped == 2);
  CHECK(s.positions[1].line == 5);
  CHECK(complaint("x,y\n?,1\n", data) == "f.csv: every row has a missing value");
}

TEST_CASE("a pipe gives the same samples as a file, with dropped rows and categories, too") {
  const std::string csv = "x,colour,y\n1,red,a\nNA,green,b\n3,blue,b\n";
  DataOptions data;
  data.missing = "drop";
  data.one_hot = {"colour"};
  const FileSamples file = read(csv, data, Task::multiclass);
  CHECK(file.columns == Texts{"x", "colour=blue", "colour=red"});  // a dropped row has no category
  struct Pipe : std::streambuf {                                   // cannot go back
    explicit Pipe(std::string text) : text_(std::move(text)) { setg(text_.data(), text_.data(), text_.data() + 5); }
    int_type underflow() override {
      char* const end = text_.data() + text_.size();
      if (egptr() == end) return traits_type::eof();
      setg(egptr(), egptr(), end);
      return traits_type::to_int_type(*gptr());
    }
    std::string text_;
  } pipe(csv);
  std::istream stream(&pipe);
  const FileSamples piped = read_samples(stream, "pipe", data, Task::multiclass);
  CHECK(piped.x == file.x);
  CHECK(piped.columns == file.columns);
  CHECK(piped.dropped == 1);
}

#ifndef PRIMER_ADDRESS_SANITIZER
TEST_CASE("reading a file takes at most 1.6 times the memory of its numbers") {
  const auto ratio = [](const std::string& header, const std::string& row, std::size_t numbers, std::string keys) {
    const Folder folder;
    std::string csv = header;
    constexpr std::size_t rows = 100'000;
    for (std::size_t i = 0; i < rows; ++i) csv += row + std::to_string(i) + (i % 2 == 0 ? ",no,1\n" : ",yes,NA\n");
    spill(folder / "d.csv", csv);
    keys += "standardize = true\n[[layer]]\n[train]\nloss = \"mse\"\n";
    spill(folder / "c.toml", "[data]\nfile = \"d.csv\"\ntest_fraction = 0.2\n" + keys);
    csv = std::string();
    const std::size_t before = heap::most = heap::bytes;
    const Experiment experiment = load_experiment(folder / "c.toml", {});
    CHECK(experiment.data.test.size() > 0);
    constexpr std::size_t buffers = 300'000;
    return static_cast<double>(heap::most - before - buffers) / static_cast<double>(rows * numbers * sizeof(real));
  };
  const double most = sizeof(real) == sizeof(double) ? 1.6 : 2.2;  // files are read as double
  CHECK(ratio("a,b,c,d,e,f,g,y,text,m\n", "1,2,3,4,5,6,7,", 8, "target = \"y\"\nignore = [\"text\", \"m\"]\n") < most);
  CHECK(ratio("a,b,c,d,e,f,g,y,text,m\n", "1,2,3,4,5,6,7,", 10,
              "target = \"y\"\none_hot = [\"text\"]\nignore = [\"m\"]\n") < most);
  CHECK(ratio("a,b,c,d,e,f,g,y,text,m\n", "1,2,3,4,5,6,7,", 9,
              "target = \"y\"\nignore = [\"text\"]\nmissing = \"drop\"\n") < most / 2);  // half of the rows
  CHECK(ratio("a,y,text,m\n", "1,", 2, "target = \"y\"\nignore = [\"text\", \"m\"]\n") < most);
}
#endif

TEST_CASE("inputs can be named or left out, and the default target is the last column that is left") {
  DataOptions named;
  named.input_names = {"b", "a"};
  CHECK(read("id,a,b,y\n1,2,3,4\n", named, Task::regression).columns == Texts{"b", "a"});
  CHECK(read("id,a,b,y\n1,2,3,4\n", named, Task::regression).x == Tensor{{3, 2}});
  DataOptions ignoring;
  ignoring.ignore = {"id", "when"};
  const FileSamples s = read("id,a,y,when\nx,2,4,2024-01-31\n", ignoring, Task::regression);
  CHECK(s.columns == Texts{"a"});
  CHECK(s.targets[0].name == "y");
  ignoring.ignore = {"idd"};
  CHECK(complaint("idx,a,y\nx,2,4\n", ignoring) ==
        "f.csv:1: there is no column \"idd\", which data.ignore lists; did you mean 'idx'?");
  CHECK(complaint("name,a,y\nann,2,4\n") ==
        "f.csv:2:1: column \"name\" needs numbers, but begins with \"ann\"; list the column in data.ignore, or, if "
        "the column contains categories, in data.one_hot");
  CHECK(complaint("a,b,y\n1,$5.20,4\n") ==
        "f.csv:2:3: column \"b\" needs numbers, but begins with \"$5.20\"; write numbers such as 1234.5 (for a "
        "decimal comma, set data.decimal), or list the column in data.ignore, or, if the column contains categories, "
        "in data.one_hot");
  CHECK(complaint("a,y\n1,4\nbob,4\n") ==
        "f.csv:3:1: column \"a\" needs a number, not \"bob\"; correct the cell or remove the row");
}

TEST_CASE("a column of categories becomes an input for each of them") {
  DataOptions data;
  data.one_hot = {"colour"};
  const FileSamples s = read("a,colour,b,y\n5,red,1,0\n6,blue,2,0\n7,red,3,0\n", data, Task::regression);
  CHECK(s.columns == Texts{"a", "colour=blue", "colour=red", "b"});
  CHECK(s.x == Tensor{{5, 0, 1, 1}, {6, 1, 0, 2}, {7, 0, 1, 3}});
  const FileSamples again = read("y,b,colour,a\n0,9,blue,8\n", data, Task::regression, s.columns);
  CHECK(again.x == Tensor{{8, 1, 0, 9}});
  CHECK(complaint("a,colour,b,y\n1,green,2,3\n", data, Task::regression, s.columns) ==
        "f.csv:2:3: column \"colour\" has the category \"green\", but the network knows only blue or red");
  CHECK(complaint("a,colour,colour=red,y\n1,red,2,3\n", data) ==
        "f.csv:1: rename the column \"colour=red\": names of the form colour=CATEGORY are reserved for the inputs "
        "that data.one_hot makes from \"colour\"");
  std::string ids = "colour,y\n";
  for (int i = 0; i < 10'000; ++i) ids += "k" + std::to_string(i) + ",1\n";
  CHECK(read(ids, data, Task::regression).x.cols() == 10'000);
  CHECK(complaint(ids + "one more,1\n", data) ==
        "f.csv:10002:1: column \"colour\" has more than 10000 categories, and each would be an input; list the column "
        "in data.ignore");
  data.one_hot = {"y"};
  CHECK(complaint("a,y\n1,2\n", data) == "f.csv:1: data.one_hot names the column \"y\", which is not an input");
}

TEST_CASE("semicolons and decimal commas are read where the config says so") {
  DataOptions data;
  data.separator = ";";
  data.decimal = ",";
  const FileSamples s = read("a;b;y\n1,5;-2,25e1;\"0,125\"\n", data, Task::regression);
  CHECK(s.x == Tensor{{real(1.5), real(-22.5)}});
  CHECK(s.targets[0].numbers[0] == 0.125);
  CHECK(complaint("a;y\n1.5;2\n", data) ==
        "f.csv:2:1: column \"a\" needs numbers, but begins with \"1.5\"; write numbers such as 1234.5 (for a "
        "decimal comma, set data.decimal), or list the column in data.ignore, or, if the column contains categories, "
        "in data.one_hot");
  const Target target = read("x;y\n1;0,25\n2;1,0\n", data, Task::binary).targets[0];
  CHECK(target.labels.distinct() == Texts{"0.25", "1.0"});
  CHECK(find_classes({target}, Task::binary, 0).empty());  // probabilities
  data.separator = "\t";
  CHECK(read(
            "a\ty\n\t2\n3 \t4\n",
            [&] {
              data.missing = "drop";
              return data;
            }(),
            Task::regression)
            .x == Tensor{{3}});
}

TEST_CASE("what a model learnt decides how later files are read, and it answers in the words of its file") {
  Trained t("x,y\n1,01\n2,02\n3,x\n4,1.10\n5,1E2\n");
  t.train();
  spill(t / "part.csv", "x,y\n1,01\n2,02\n");
  CHECK(t.run("eval r/model.safetensors part.csv").code == 0);
  CHECK(t.run("train c.toml --quiet --out v --set data.validation_file=part.csv").code == 0);
  const Result predicted = t.run("predict r/model.safetensors d.csv");
  CHECK(predicted.out.starts_with("prediction,p_01,p_02,p_1.10,p_1E2,p_x\n"));
  spill(t / "part.csv", "x,y\n1,01\n2,1\n");
  CHECK(t.run("eval r/model.safetensors part.csv").error(2) ==
        "primer: part.csv:3:3: column 'y': class '1' is not one of the 5 classes, 01 … x\n");
  CHECK(t.run("eval r/model.safetensors - <d.csv").code == 0);
}

TEST_CASE("a prediction is a text of the training file, and every row of that file can be evaluated alone") {
  for (const Texts& labels : std::vector<Texts>{{"007", "7", "10"},
                                                {"+1", "-1"},
                                                {"1e0", "1", "1."},
                                                {"\"a,b\"", "\"c\"\"d\"", "\" e\""},
                                                {"0x10", "16"},
                                                {"1_000", "1000", "1 000"},
                                                {"True", "true"},
                                                {"1e400", "inf", "nan1"},
                                                {"00", "0", "-1", "-01"},
                                                {"12345678901234567890123", "12345678901234567890124"}}) {
    std::string csv = "x,y\n";
    for (std::size_t k = 0; k < labels.size(); ++k) csv += std::to_string(k) + "," + labels[k] + "\n";
    Trained t(csv);
    REQUIRE(t.run("train c.toml --quiet --out r --set train.epochs=300 --set train.learning_rate=1").code == 0);
    std::istringstream predicted(t.run("predict r/model.safetensors d.csv").out);
    std::string line;
    std::getline(predicted, line);
    for (const std::string& label : labels) {
      CAPTURE(label);
      std::getline(predicted, line);
      CHECK(std::ranges::any_of(labels, [&](const std::string& l) {
        return line.starts_with(l + ",") || line.starts_with(l.substr(1, l.size() - 2) + ",");
      }));
      spill(t / "one.csv", "y,x\n" + label + ",0\n");
      CHECK(t.run("eval r/model.safetensors one.csv").code == 0);
    }
  }
}

TEST_CASE("a run that ends has a model that eval reads, for columns of every magnitude") {
  for (const double factor : {1e-310, 1e-200, 1e-30, 1e30, 1e200, 4.2e307}) {
    if (!std::isnormal(static_cast<real>(factor)) && sizeof(real) < sizeof(double)) continue;
    CAPTURE(factor);
    std::ostringstream csv;
    csv.precision(17);
    csv << "a,b,y\n";
    for (int i = 0; i < 9; ++i)
      csv << factor * (i % 5) << "," << -factor * (i % 4) << "," << factor * (i % 3 - 1) << "\n";
    Trained t(csv.str(), "standardize = true\nstandardize_targets = true\n", "identity", "mse");
    REQUIRE(t.run("train c.toml --quiet --out r --set train.epochs=50").code == 0);
    const Result eval = t.run("eval r/model.safetensors d.csv");
    CHECK(eval.code == 0);
    for (const char* const wrong : {"inf", "nan"}) CHECK(eval.out.find(wrong) == std::string::npos);
    CHECK(t.run("predict r/model.safetensors d.csv").code == 0);
  }
}

TEST_CASE("categories, classes and scalings travel in the model") {
  Trained t("colour,a,y\nred,1,10000\nblue,2,20000\nred,3,30000\ngreen,4,5000\n",
            "one_hot = [\"colour\"]\nstandardize = true\nstandardize_targets = true\n", "identity", "mse");
  REQUIRE(t.run("train c.toml --quiet --out r --set train.epochs=3000 --set train.learning_rate=0.1").code == 0);
  spill(t / "other.csv", "extra,a,colour\n0,3,red\n0,2,blue\n");
  const Result predicted = t.run("predict r/model.safetensors other.csv");
  REQUIRE(predicted.code == 0);
  std::istringstream lines(predicted.out);
  std::string line;
  std::getline(lines, line);
  CHECK(line == "y");
  for (const double y : {30000.0, 20000.0}) {
    std::getline(lines, line);
    CHECK(std::stod(line) == doctest::Approx(y).epsilon(1e-3));
  }
  const Result evaluated = t.run("eval r/model.safetensors d.csv");
  const std::size_t at = evaluated.out.find("rmse,") + 5;
  CHECK(std::stod(evaluated.out.substr(at)) < 30);  // in the unit of the file
  spill(t / "other.csv", "a,colour\n3,pink\n");
  CHECK(t.run("predict r/model.safetensors other.csv").error(2).find("has the category \"pink\"") != std::string::npos);
}

TEST_CASE("outputs that are not finite are no answer") {
  Trained t("a,b,y\n1,2,0\n2,1,1\n");
  REQUIRE(t.run("train c.toml --quiet --out r --set 'layer.1.init=constant(10)'").code == 0);
  spill(t / "big.csv", "a,b,y\n1,2,0\n1e308,1e308,0\n1,1,0\n");
  const bool is_double = sizeof(real) == sizeof(double);
  if (is_double) {
    CHECK(t.run("predict r/model.safetensors big.csv").error(2) ==
          "primer: big.csv:3:1: the outputs are not finite; are the numbers of this row too large?\n");
    CHECK(t.run("eval r/model.safetensors big.csv").error(2).find("the outputs for row 2 are not finite") !=
          std::string::npos);
  }
}

TEST_CASE("a loss that is not finite is an error") {
  Trained t("x,y\n1,1\n2,2\n3,3\n", "", "identity", "mse");
  t.train();
  const std::string big = sizeof(real) == sizeof(double) ? "1e200" : "1e30";
  spill(t / "big.csv", "x,y\n1," + big + "\n2,-" + big + "\n");
  CHECK(t.run("eval r/model.safetensors big.csv").error(2) ==
        "primer: big.csv: the loss is not finite; are the targets too large?\n");
}

TEST_CASE("the rows of a part are those that the run had, and another file has none") {
  std::string csv = "x,y\n";
  for (int i = 0; i < 40; ++i) csv += std::to_string(i) + (i % 3 == 0 ? ",no\n" : ",yes\n");
  Trained t(csv, "test_fraction = 0.25\nvalidation_fraction = 0.2\nstandardize = true\n");
  t.train();
  const auto value = [](const std::string& text, const std::string& name) {
    const std::size_t at = text.find("\n" + name + ",");
    return at == text.npos ? std::string()
                           : text.substr(at + name.size() + 2, text.find('\n', at + 1) - at - name.size() - 2);
  };
  const std::string history = program::slurp(t / "r/history.csv");
  for (const std::string part : {"test", "validation"}) {
    const Result result = t.run("eval r/model.safetensors d.csv --rows " + part);
    REQUIRE(result.code == 0);
    CHECK(history.find("," + value(result.out, "loss") + "," + value(result.out, "accuracy") + ",") !=
          std::string::npos);
  }
  std::size_t rows = 0;
  for (const std::string part : {"train", "validation", "test"}) {
    const Result predicted = t.run("predict r/model.safetensors d.csv --rows " + part);
    CHECK(predicted.code == 0);
    rows += static_cast<std::size_t>(std::count(predicted.out.begin(), predicted.out.end(), '\n')) - 1;
  }
  CHECK(rows == 40);
  spill(t / "e.csv", csv + "40,yes\n");
  CHECK(t.run("eval r/model.safetensors e.csv --rows test").error(2) ==
        "primer: e.csv: is not the data file of the model, so primer cannot tell training from test rows; leave out "
        "--rows\n");
  CHECK(t.run("eval r/model.safetensors d.csv --rows tset").error(2) ==
        "primer: --rows tset: write train, validation or test; did you mean 'test'?\n");
}

TEST_CASE("a file without a header is refused, and column numbers for names are noticed") {
  for (const std::string csv : {"5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n", "0,0,0\n0,1,1\n1,0,1\n1,1,0\n",
                                "14.23,1.71,1\n13.2,1.78,1\n", "1,0\n0,1\n"}) {
    CHECK(complaint(csv, {}, Task::multiclass).find("so the file seems to have no header") != std::string::npos);
  }
  Trained t("0,1\n1,a\n2,b\n3,a\n4,b\n");
  CHECK(t.run("check c.toml").out.find("numbered-columns: the columns are called 0, 1, 2") != std::string::npos);
}

TEST_CASE("a large file tells how far its reading is, and the end also if reading fails; a small file tells nothing") {
  static std::vector<std::string> told;
  watch_reading([](const std::string& text) { told.push_back(text); });
  const auto read = [](std::size_t rows, const std::string& last) {
    told.clear();
    std::string csv = "a,b\n";
    for (std::size_t i = 0; i < rows; ++i) csv += "1,2\n";
    std::istringstream stream(csv + last);
    read_samples(stream, "big.csv", DataOptions{}, Task::regression);
    return told;
  };
  CHECK(read(1000, "").empty());
  // 2²⁰ cells each. The last line feed stands alone behind a multiple of 2¹⁶ bytes.
  CHECK(read(1'200'000, std::string(49'660, ' ') + "\n") ==
        Texts{"big.csv: row 524289 of 1200003", "big.csv: row 1048578 of 1200003", ""});
  CHECK_THROWS_AS(read(600'000, "1,x\n"), UserError);
  CHECK(told == Texts{"big.csv: row 524289 of 600003", ""});
  watch_reading(nullptr);
}

TEST_CASE("a missing column is named with the nearest name, or with at most five of the columns") {
  const auto said = [](const std::string& header, const std::string& wanted) {
    DataOptions data;
    data.target = {wanted};
    return complaint(header + "\n", data);
  };
  const std::string start = "f.csv:1: there is no column \"zzz\", which is needed as a target; the columns are ";
  CHECK(said("a,b", "zzz") == start + "a, b");
  CHECK(said("a,b,c,d,e", "zzz") == start + "a, b, c, d, e");
  CHECK(said("a,b,c,d,e,f", "zzz") == start + "a, b, c, d, e, … 1 more");
  CHECK(said("a,b,c,d,e,f,g,h", "zzz") == start + "a, b, c, d, e, … 3 more");
  CHECK(said("a,b", "c") ==  // all are near a letter
        "f.csv:1: there is no column \"c\", which is needed as a target; the columns are a, b");
  CHECK(said("ab,xyz", "ac") == "f.csv:1: there is no column \"ac\", which is needed as a target; did you mean 'ab'?");
  DataOptions data;
  data.ignore = {"y"};
  data.input_names = {"x"};
  CHECK(complaint("x,y\n1,2\n", data) ==
        "f.csv:1: every column is in data.inputs or data.ignore, so no column is left for the target; leave the target "
        "column out of both lists");
  data.one_hot = {"colr"};
  CHECK(complaint("x,colour,y,z\n1,2,3,4\n", data) ==
        "f.csv:1: there is no column \"colr\", which data.one_hot lists; did you mean 'colour'?");
}

TEST_CASE("the categories of a network are in its own order, and no other category is learnt from a file") {
  DataOptions data;
  data.one_hot = {"c", "d"};
  const std::string csv = "c,d,y\nx,p,0\ny,q,0\n";
  const FileSamples s = read(csv, data, Task::regression);
  CHECK(s.columns == Texts{"c=x", "c=y", "d=p", "d=q"});
  CHECK(s.x == Tensor{{1, 0, 1, 0}, {0, 1, 0, 1}});
  const Texts reversed{"d=q", "d=p", "c=y", "c=x"};
  CHECK(read(csv, data, Task::regression, reversed).x == Tensor{{0, 1, 0, 1}, {1, 0, 1, 0}});
  data.missing = "drop";
  CHECK(read("c,d,y\nx,p,0\n,q,0\ny,q,0\n", data, Task::regression, reversed).x == Tensor{{0, 1, 0, 1}, {1, 0, 1, 0}});
  CHECK(complaint("c,d,y\nx,r,0\n", data, Task::regression, reversed) ==
        "f.csv:2:3: column \"d\" has the category \"r\", but the network knows only p or q");
}

TEST_CASE("the first mistake of a file is the one that is reported, also if its categories are read first") {
  DataOptions data;
  data.one_hot = {"colour"};
  CHECK(complaint("a,colour,y\nx,red,1\n2,,3\n", data).starts_with("f.csv:2:1: column \"a\" needs numbers"));
  CHECK(complaint("a,colour,y\n1,red,1\n2,,3\n", data) ==
        "f.csv:3:3: column \"colour\" has a missing value; fill in the cell or remove the row");
}

TEST_CASE("a row of categories is written over another") {
  DataOptions data;
  data.one_hot = {"c"};
  std::istringstream stream("c,a,y\nx,5,0\ny,6,0\n");
  CsvReader csv(stream, "f");
  InputColumns inputs(csv, {"c=x", "c=y", "a"}, {"c"}, "an input");
  CHECK(inputs.size() == 3);
  CHECK(inputs.names() == Texts{"c=x", "c=y", "a"});
  std::vector<real> row{7, 7, 7};
  REQUIRE(csv.next());
  CHECK_FALSE(inputs.any_missing(csv));
  inputs.read(csv, row);
  CHECK(row == std::vector<real>{1, 0, 5});
  REQUIRE(csv.next());
  inputs.read(csv, row);
  CHECK(row == std::vector<real>{0, 1, 6});
}

TEST_CASE("the rows of a stream are read from its position, of a pipe too") {
  std::istringstream later("skipped\nx,y\n1,2\n3,4\n");
  later.seekg(8);
  CHECK(read_samples(later, "f", {}, Task::regression).x == Tensor{{1}, {3}});
  struct Pipe : std::streambuf {
    int_type underflow() override {
      if (gptr() != nullptr) return traits_type::eof();
      setg(text.data(), text.data(), text.data() + text.size());
      return traits_type::to_int_type(text[0]);
    }
    std::string text = "x,y\n1,2\n3,4\n5,6\n";
  } pipe;
  std::istream stream(&pipe);
  CHECK(read_samples(stream, "f", {}, Task::regression).x == Tensor{{1}, {3}, {5}});
}

TEST_CASE("a number beyond the largest float is refused by the float build") {
  CHECK(complaint("x,y\n1,2\n1e300,3\n") ==
        (sizeof(real) == sizeof(double) ? "read" : "f.csv:3:1: is beyond the largest float; scale the column"));
}

TEST_CASE("reading a wide file whose rows may be dropped tells the rows of the file without their number") {
  static std::vector<std::string> told;
  watch_reading([](const std::string& text) { told.push_back(text); });
  std::string header = "c0", row = "1";
  for (int k = 1; k < 100'000; ++k) {
    header.append(",c").append(std::to_string(k));
    row += ",1";
  }
  std::string csv = header + "\n,";
  csv += row.substr(2) + "\n";
  for (int k = 1; k < 12; ++k) csv += row + "\n";
  DataOptions data;
  data.missing = "drop";
  std::istringstream stream(csv);
  CHECK(read_samples(stream, "wide", data, Task::regression).dropped == 1);
  CHECK(told == Texts{"wide: row 11", ""});  // 2²⁰ cells are ten rows and a half
  watch_reading(nullptr);
}
