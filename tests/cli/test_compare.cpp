#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "../program.hpp"

using program::Folder;
using program::slurp;

namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

std::string train(const Folder& folder, const std::string& config, const std::string& options, const std::string& run) {
  const auto result =
      program::primer("train configs/" + config + ".toml --quiet " + options + " --out '" + folder / run + "'");
  REQUIRE(result.code == 0);
  return result.out.substr(result.out.rfind("signature  ") + 11, 16);
}

}  // namespace

TEST_CASE("compare --csv has a row for each run of a sweep, with what was set and what history.csv says") {
  const Folder folder;
  std::vector<std::string> expected{
      "run,seed,layer.1.units,epochs,train_loss,train_accuracy,lowest_train_loss,lowest_at_epoch,signature"};
  std::string operands;
  for (const char* const seed : {"1", "2", "3", "4", "5"}) {
    for (const char* const units : {"2", "4"}) {
      const std::string run = std::string(seed) + "-" + units;
      const std::string signature =
          train(folder, "xor",
                "--set train.epochs=20 --set seed=" + std::string(seed) + " --set layer.1.units=" + units, run);
      const std::vector<std::string> lines = split(slurp(folder / run + "/history.csv"), '\n');
      REQUIRE(lines.size() == 21);
      std::size_t lowest = 1;
      for (std::size_t i = 1; i < lines.size(); ++i) {
        if (std::stod(split(lines[i], ',')[1]) < std::stod(split(lines[lowest], ',')[1])) lowest = i;
      }
      const std::vector<std::string> last = split(lines[20], ',');
      const std::vector<std::string> best = split(lines[lowest], ',');
      expected.push_back(run + "," + seed + "," + units + ",20," + last[1] + "," + last[2] + "," + best[1] + "," +
                         best[0] + "," + signature);
      operands += " " + run;
    }
  }
  const auto result = program::primer("compare" + operands + " --csv", folder.path);
  CHECK(result.code == 0);
  CHECK(split(result.out, '\n') == expected);
}

TEST_CASE("compare shows the keys that differ and no others, and the layers in one line if their number differs") {
  const Folder folder;
  const std::string a = train(folder, "iris", "--set train.epochs=3 --set data.validation_fraction=0.2", "a");
  const std::string b = train(folder, "iris",
                              "--set train.epochs=4 --set data.validation_fraction=0.2 --set layer.1.repeat=2 "
                              "--set layer.1.activation=relu --set layer.1.dropout=0.25",
                              "b");
  const auto result = program::primer("compare a b/", folder.path);
  CHECK(result.code == 0);
  const std::vector<std::string> lines = split(result.out, '\n');
  const auto line = [&](const std::string& key) {
    for (const std::string& text : lines) {
      std::istringstream words(text);
      std::vector<std::string> cells;
      for (std::string word; words >> word;) cells.push_back(word);
      if (cells.at(0) == key) return cells;
    }
    return std::vector<std::string>{};
  };
  using Cells = std::vector<std::string>;
  CHECK(line("run") == Cells{"run", "a", "b"});
  CHECK(result.out.find("16 tanh → 3 softmax  2 × 16 relu, dropout = 0.25 → 3 softmax\n") != std::string::npos);
  CHECK(line("layer.1.activation").empty());
  CHECK(line("train.epochs") == Cells{"train.epochs", "3", "4"});
  CHECK(line("epochs") == Cells{"epochs", "3", "4"});
  CHECK(line("signature") == Cells{"signature", a, b});
  CHECK(line("lowest_validation_loss").size() == 3);
  CHECK(line("train.learning_rate").empty());
  CHECK(line("data.file").empty());
}

TEST_CASE("compare names the file that a folder lacks, and needs two runs") {
  const Folder folder;
  train(folder, "xor", "--set train.epochs=1", "a");
  const auto missing = program::primer("compare a b", folder.path);
  CHECK(missing.code == 2);
  CHECK(missing.err == "primer: b/config.toml: cannot be opened: No such file or directory\n");
  CHECK(program::primer("compare a", folder.path).code == 2);
}

TEST_CASE("the scores of a run that stopped early are those of the epoch that it kept") {
  const Folder folder;
  program::spill(
      folder / "c.toml",
      "[data]\ngenerator = \"moons\"\npoints = 60\nnoise = 0.3\ntest_fraction = 0.2\nvalidation_fraction = "
      "0.3\n[[layer]]\nunits = 32\nactivation = \"tanh\"\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss "
      "= \"cross_entropy\"\noptimizer = \"adam\"\nlearning_rate = 0.3\nepochs = 100\nearly_stopping = 5\n");
  REQUIRE(program::primer("train c.toml --quiet --out r", folder.path).code == 0);
  const std::vector<std::string> lines = split(program::primer("compare r r --csv", folder.path).out, '\n');
  const std::vector<std::string> head = split(lines.at(0), ','), row = split(lines.at(1), ',');
  const auto cell = [&](const std::string& column) {
    const auto at = std::find(head.begin(), head.end(), column);
    return at == head.end() ? "no " + column : row[static_cast<std::size_t>(at - head.begin())];
  };
  CHECK(std::stoi(cell("epochs")) < 100);
  CHECK(cell("validation_loss") == cell("lowest_validation_loss"));
  const std::string history = "\n" + program::slurp(folder / "r/history.csv");
  const std::string kept = history.substr(history.find("\n" + cell("lowest_at_epoch") + ",") + 1);
  CHECK(kept.substr(0, kept.find('\n')).find("," + cell("test_loss") + "," + cell("test_accuracy") + ",") !=
        std::string::npos);
}

TEST_CASE("compare --html writes one page, whatever the classes are called") {
  const Folder folder;
  train(folder, "xor", "--set train.epochs=4", "a");
  train(folder, "spirals", "--set train.epochs=2 --set layer.1.activation=sigmoid", "<b>");
  const auto result = program::primer("compare a '<b>' --html page.html", folder.path);
  CHECK(result.code == 0);
  CHECK(result.out == "page.html\n");
  const std::string page = slurp(folder / "page.html");
  CHECK(page.find("<title>a · &lt;b&gt; – primer</title>") != std::string::npos);
  CHECK(page.find("<tr><td>layers</td><td>8 tanh → 1 sigmoid</td><td>2 × 16 sigmoid → 3 softmax</td></tr>") !=
        std::string::npos);
  std::istringstream history(slurp(folder / "a/history.csv"));  // the page shows four digits, and all under the pointer
  std::string last;
  for (std::string line; std::getline(history, line);) last = line;
  const std::string loss = split(last, ',')[1];
  REQUIRE(loss.size() > 8);
  CHECK(page.find("<tr><td>train_loss</td><td title=\"" + loss + "\">" + loss.substr(0, 4)) != std::string::npos);
  CHECK(page.find(">" + loss + "</td>") == std::string::npos);
  CHECK(page.find("{{") == std::string::npos);
  CHECK(page.find("<b>") == std::string::npos);
}
