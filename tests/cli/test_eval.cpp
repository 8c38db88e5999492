// primer eval, as a user and a script see it.
#include <doctest/doctest.h>

#include "../program.hpp"

namespace {

using program::Folder;
using program::primer;
using program::Result;
using program::spill;

constexpr const char* regression =
    "[data]\nfile = \"d.csv\"\ntarget = \"y\"\n[[layer]]\ninit = \"zeros\"\n[train]\nloss = \"mse\"\nepochs = 0\n";

}  // namespace

TEST_CASE("eval of a regression prints loss, r2, rmse and mae as computed by hand") {
  const Folder folder;
  spill(folder / "c.toml", regression);
  spill(folder / "d.csv", "x,y\n1,2\n2,4\n");
  REQUIRE(primer("train c.toml --quiet --out r", folder.path).code == 0);
  // The model always answers 0: squares 0 + 16 + 0 + 16, the mean of y is 2 and SS_tot = 16.
  spill(folder / "e.csv", "note,y,x\na,0,7\nb,4,7\nc,0,7\nd,4,7\n");
  const Result result = primer("eval r/model.safetensors e.csv", folder.path);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(result.out == "metric,value\nloss,8\nr2,-1\nrmse,2.8284271247461903\nmae,2\n");
}

TEST_CASE("eval of classes with text labels prints accuracy and macro_f1, and the tables with --table") {
  const Folder folder;
  spill(folder / "c.toml",
        "[data]\nfile = \"d.csv\"\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss = \"cross_entropy\"\n"
        "optimizer = \"adam\"\nlearning_rate = 0.1\nepochs = 200\n");
  spill(folder / "d.csv", "x,animal\n-2,cat\n-1,cat\n1,\"dog, big\"\n2,\"dog, big\"\n");
  REQUIRE(primer("train c.toml --quiet --out r", folder.path).code == 0);
  spill(folder / "e.csv", "animal,x\ncat,-3\ncat,-3\ncat,3\n\"dog, big\",3\n");
  const Result plain = primer("eval r/model.safetensors e.csv", folder.path);
  CHECK(plain.out.starts_with("metric,value\nloss,"));
  CHECK(plain.out.find("\naccuracy,0.75\nbalanced_accuracy,0.8333333333333333\n"
                       "macro_f1,0.7333333333333334\n") != std::string::npos);  // (2/3 + 1) / 2 and (4/5 + 2/3) / 2
  const Result tables = primer("eval r/model.safetensors e.csv --table", folder.path);
  CHECK(tables.out == plain.out +
                          "\n"
                          "actual \\ predicted  cat  dog, big\n"
                          "cat                   2         1\n"
                          "dog, big              0         1\n"
                          "\n"
                          "class     precision  recall     f1  rows\n"
                          "cat               1   0.667    0.8     3\n"
                          "dog, big        0.5       1  0.667     1\n");
}

TEST_CASE("eval on a validation file prints the numbers that training printed for it") {
  const Folder folder;
  const std::string text = program::slurp(PRIMER_SOURCE_DIR "/configs/iris.toml");
  spill(folder / "train.csv", program::slurp(PRIMER_SOURCE_DIR "/data/iris.csv"));
  spill(folder / "validation.csv", program::slurp(PRIMER_SOURCE_DIR "/data/iris.csv"));
  spill(folder / "c.toml", text);
  const std::string set =
      "--set data.file=train.csv --set data.test_fraction=0 --set data.validation_file=validation.csv --set "
      "train.epochs=5";
  REQUIRE(primer("train c.toml --quiet --out r " + set, folder.path).code == 0);
  const std::string history = program::slurp(folder / "r/history.csv");
  const Result result = primer("eval r/model.safetensors validation.csv", folder.path);
  std::istringstream lines(result.out);
  std::string loss;
  std::string accuracy;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("loss,")) loss = line.substr(5);
    if (line.starts_with("accuracy,")) accuracy = line.substr(9);
  }
  REQUIRE(loss.size() > 5);
  CHECK(history.substr(history.find("\n5,")).find("," + loss + "," + accuracy + ",,,") != std::string::npos);
}

TEST_CASE("eval refuses data that do not fit, with name and location") {
  const Folder folder;
  spill(folder / "c.toml", regression);
  spill(folder / "d.csv", "x,y\n1,2\n2,4\n");
  REQUIRE(primer("train c.toml --quiet --out r", folder.path).code == 0);
  const auto complaint = [&](const std::string& data) {
    spill(folder / "e.csv", data);
    const Result result = primer("eval r/model.safetensors e.csv", folder.path);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(complaint("a,y\n1,2\n") ==
        "primer: e.csv:1: there is no column \"x\", but the network needs this input; the columns are a, y\n");
  CHECK(complaint("x,target\n1,2\n") ==
        "primer: e.csv:1: there is no column \"y\", which is needed as a target; the columns are x, target\n");
  CHECK(complaint("x,y\n1,two\n") ==
        "primer: e.csv:2:3: column \"y\" needs a number, not \"two\"; correct the cell or remove the row\n");
  CHECK(complaint("x,y\n") == "primer: e.csv: has a header but no rows\n");
  CHECK(complaint("") == "primer: e.csv: the file is empty; a CSV file begins with a header row\n");
  CHECK(primer("eval d.csv d.csv", folder.path).error(2).starts_with("primer: d.csv: "));
  CHECK(primer("eval none d.csv", folder.path).error(2) ==
        "primer: none: cannot be opened: No such file or directory\n");
  CHECK(primer("eval r/model.safetensors", folder.path).code == 2);
}

TEST_CASE("data in the place of the model is recognised") {
  CHECK(program::primer("eval data/iris.csv data/wine.csv").error(2) ==
        "primer: data/iris.csv: is text and not a safetensors file; check the order of the arguments\n");
}
