// primer train as a user runs it: every shipped config reaches its band, equal runs have equal bytes, and every error
// is one line that names the location.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

using program::Folder;
using program::Result;
using program::slurp;
using program::spill;

std::vector<std::map<std::string, std::string>> csv(const std::string& path) {
  std::istringstream file(slurp(path));
  const auto cells = [](const std::string& line) {
    std::vector<std::string> list{""};
    for (const char c : line) {
      if (c == ',') {
        list.emplace_back();
      } else {
        list.back() += c;
      }
    }
    return list;
  };
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> names = cells(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> values = cells(line);
    REQUIRE(values.size() == names.size());
    rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) rows.back()[names[i]] = values[i];
  }
  return rows;
}

double last(const Folder& run, const std::string& column) {
  return std::stod(csv(run / "history.csv").back().at(column));
}

Result train(const std::string& config, const Folder& run, const std::string& more = "") {
  return program::primer("train " + config + " --quiet --replace --out '" + run.path + "' " + more);
}

constexpr const char* small_config =
    "seed = 3\n"
    "[data]\n"
    "generator = \"spirals\"\n"
    "points = 60\n"
    "[[layer]]\n"
    "units = 4\n"
    "activation = \"tanh\"\n"
    "[[layer]]\n"
    "activation = \"softmax\"\n"
    "[train]\n"
    "loss = \"cross_entropy\"\n"
    "epochs = 5\n";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("every shipped config trains to its band") {
  const Folder run;
  CHECK(train("configs/spirals.toml", run).code == 0);
  CHECK(last(run, "train_accuracy") >= 0.99);
  CHECK(last(run, "test_accuracy") >= 0.95);
  CHECK(train("configs/xor.toml", run).code == 0);
  CHECK(last(run, "train_accuracy") == 1);
  CHECK(train("configs/xor_linear.toml", run).code == 0);
  CHECK(std::abs(last(run, "train_loss") - std::log(2.0)) < 1e-3);
  CHECK(last(run, "train_accuracy") <= 0.75);
  CHECK(train("configs/circles.toml", run).code == 0);
  CHECK(last(run, "test_accuracy") >= 0.95);
  CHECK(train("configs/regression.toml", run).code == 0);
  CHECK(last(run, "test_r2") >= 0.96);
  CHECK(train("configs/iris.toml", run).code == 0);
  CHECK(last(run, "test_accuracy") >= 0.86);
  CHECK(train("configs/digits.toml", run).code == 0);
  CHECK(last(run, "test_accuracy") >= 0.95);
}

TEST_CASE("XOR with eight tanh units is solved from every one of ten starts") {
  const Folder run;
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    CHECK(train("configs/xor.toml", run, "--set seed=" + std::to_string(seed)).code == 0);
    CHECK(last(run, "train_accuracy") == 1);
  }
}

TEST_CASE("the same command twice, and training on the run's own config.toml, give the same bytes") {
  const Folder folder;
  spill(folder / "c.toml", replaced(small_config, "epochs = 5", "epochs = 5\nmomentum = 0.9"));
  const auto run = [&](const std::string& config, const std::string& out) {
    const Result result = program::primer("train " + config + " --quiet --out " + out, folder.path);
    CHECK(result.code == 0);
    return result.out.substr(result.out.find("signature"));
  };
  const std::string signature = run("c.toml", "a");
  CHECK(run("c.toml", "b") == signature);
  CHECK(run("a/config.toml", "elsewhere/deep") == signature);
  for (const std::string file : {"model.safetensors", "history.csv", "flow.csv"}) {
    CAPTURE(file);
    CHECK(slurp(folder / "a/" + file).size() > 100);
    CHECK(slurp(folder / "a/" + file) == slurp(folder / "b/" + file));
    CHECK(slurp(folder / "a/" + file) == slurp(folder / "elsewhere/deep/" + file));
  }
}

TEST_CASE("another seed gives other bytes") {
  const Folder a;
  const Folder b;
  CHECK(train("configs/xor.toml", a, "--set train.epochs=3").code == 0);
  CHECK(train("configs/xor.toml", b, "--set train.epochs=3 --set seed=2").code == 0);
  CHECK(slurp(a / "history.csv") != slurp(b / "history.csv"));
}

TEST_CASE("flow.csv has a row for each epoch and layer, from epoch 0 on, and its numbers are consistent") {
  const Folder run;
  CHECK(train("configs/spirals.toml", run, "--set train.epochs=4 --set diagnostics.every=1").code == 0);
  const auto rows = csv(run / "flow.csv");
  REQUIRE(rows.size() == 5 * 3);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].at("epoch") == std::to_string(i / 3));
    CHECK(rows[i].at("layer") == std::to_string(i % 3 + 1));
    CHECK((rows[i].at("update_ratio").empty()) == (i < 3));
    CHECK(rows[i].at("off").empty());  // only rectifiers have this fraction
    const double derivative = std::stod(rows[i].at("slope_mean"));
    CHECK(derivative > 0);
    CHECK(derivative <= 1);
    if (i % 3 < 2) CHECK(std::stod(rows[i].at("dL_dz_norm")) <= std::stod(rows[i].at("dL_da_norm")));  // |tanh′| ≤ 1
  }
  CHECK(train("configs/spirals.toml", run, "--set train.epochs=4 --set diagnostics.every=0").code == 0);
  CHECK(csv(run / "flow.csv").empty());
}

TEST_CASE("zero epochs write the initial model and the flow of epoch 0") {
  const Folder run;
  const Result result = train("configs/spirals.toml", run, "--set train.epochs=0");
  CHECK(result.code == 0);
  CHECK(csv(run / "history.csv").empty());
  CHECK(csv(run / "flow.csv").size() == 3);
  CHECK(std::filesystem::exists(run / "model.safetensors"));
}

TEST_CASE("the table at the end shows every layer, its σ and the columns of flow.csv") {
  const Folder run;
  const Result result = train("configs/spirals.toml", run, "--set train.epochs=2");
  for (const char* word :
       {"layer", "σ", "‖a‖", "mean a", "mean |σ′|", "saturated", "off", "dead", "revived", "‖∂L/∂a‖", "‖∂L/∂z‖",
        "‖∂L/∂W‖", "‖ΔW‖/‖W‖", "1      tanh", "2      tanh", "3      softmax", "(factor from σ′) ×", "signature  "}) {
    CAPTURE(word);
    CHECK(result.out.find(word) != std::string::npos);
  }
}

TEST_CASE("a wrong config gives one line with location and remedy and exit code 2, and nothing is written") {
  const Folder folder;
  const auto refused = [&](const std::string& text, const std::string& message, const std::string& more = "") {
    spill(folder / "c.toml", text);
    const Result result = program::primer("train c.toml --out out " + more, folder.path);
    CHECK(result.code == 2);
    CHECK(result.err == "primer: " + message + "\n");
    CHECK(result.out.empty());
    CHECK_FALSE(std::filesystem::exists(folder / "out"));
  };
  const std::string good = small_config;
  refused(replaced(good, "points", "pionts"), "c.toml:4:1: unknown key 'pionts' in [data]; did you mean 'points'?");
  refused(replaced(good, "epochs = 5", "epochs = \"5\""),
          "c.toml:12:10: epochs: must be an integer from 0 to 1000000000, not a string");
  refused(replaced(good, "epochs = 5", "epochs = 5.5"),
          "c.toml:12:10: epochs: must be an integer from 0 to 1000000000, not a float");
  refused(replaced(good, "units = 4", "units = -4"), "c.toml:6:9: units: must be an integer from 1 to 1000000, not -4");
  refused(replaced(good, "\"tanh\"", "\"tahn\""),
          "c.toml:7:14: activation: unknown activation 'tahn'; did you mean 'tanh'?");
  refused(replaced(good, "\"tanh\"", "\"leaky_relu(2)\""),
          "c.toml:7:14: activation: activation leaky_relu: the constant α must satisfy 0 ≤ α < 1");
  refused(replaced(good, "points = 60", "points = 60\ntest_fraction = 1"),
          "c.toml:5:17: test_fraction: must be from 0 up to, but not including, 1, not 1");
  refused(replaced(good, "activation = \"softmax\"", "units = 2\nactivation = \"softmax\""),
          "c.toml:9:9: the last layer has 2 units, but the data have 3 classes; write units = 3, or leave units out");
  refused(replaced(good, "\"softmax\"", "\"relu\""),
          "c.toml:9:14: cross_entropy needs softmax at the output, not relu; write activation = \"softmax\"");
  refused(replaced(good, "loss = \"cross_entropy\"\n", ""),
          "c.toml:10:1: [train] needs a loss: mse, mae, huber, binary_cross_entropy or cross_entropy");
  refused(replaced(good, "units = 4\n", ""),
          "c.toml:5:1: this layer needs the key 'units'; only the last layer gets its number of units from the data");
  refused(replaced(good, "activation = \"tanh\"", "activation = \"softmax\"\nresidual = true"),
          "c.toml:8:12: residual adds the layer's input to its output, so the layer needs 2 units, not 4");
  refused(replaced(replaced(good, "generator = \"spirals\"", "generator = \"sine\""), "\"cross_entropy\"", "\"mse\""),
          "c.toml:9:14: softmax over one unit always outputs 1; for the loss mse, use identity; for a class as the "
          "target, set train.loss to cross_entropy");
  refused(good, "--set train.learning_rat: unknown key 'learning_rat' in [train]; did you mean 'learning_rate'?",
          "--set train.learning_rat=0.1");
}

TEST_CASE("a missing file and a broken CSV give one line with the location") {
  const Folder folder;
  const auto message = [&](const std::string& arguments) {
    const Result result = program::primer("train " + arguments + " --out out", folder.path);
    CHECK(result.code == 2);
    CHECK_FALSE(std::filesystem::exists(folder / "out"));
    return result.err;
  };
  CHECK(message("nowhere.toml") == "primer: nowhere.toml: cannot be opened: No such file or directory\n");
  spill(folder / "c.toml", replaced(small_config, "generator = \"spirals\"\npoints = 60", "file = \"d.csv\""));
  CHECK(message("c.toml") == "primer: d.csv: cannot be opened: No such file or directory\n");
  spill(folder / "d.csv", "a,b,class\n1,2,x\n3,4\n");
  CHECK(message("c.toml") ==
        "primer: d.csv:3:4: the row has 2 cells, but the header has 3 columns; fill in the missing cells\n");
  spill(folder / "d.csv", "a,b,class\n1,2,x\n3,four,y\n");
  CHECK(message("c.toml") ==
        "primer: d.csv:3:3: column \"b\" needs a number, not \"four\"; correct the cell or remove the row\n");
}

TEST_CASE("divergence ends with exit code 1, names step, layer and tensor, and keeps the parameters before the epoch") {
  const Folder folder;
  const std::string sine =
      "[data]\ngenerator = \"sine\"\n[[layer]]\nunits = 8\nactivation = \"relu\"\n[[layer]]\n"
      "[train]\nloss = \"mse\"\nbatch_size = 50\nepochs = 50\n";
  spill(folder / "c.toml", sine);
  const Result result = program::primer("train c.toml --out out --quiet --set train.learning_rate=1e6", folder.path);
  CHECK(result.code == 1);
  CAPTURE(result.err);
  CHECK(result.err.find("diverged at step ") != std::string::npos);
  CHECK(result.err.find("layer ") != std::string::npos);
  const std::string text = result.err;
  const std::string epoch = text.substr(text.find("(epoch ") + 7, text.find(')') - text.find("(epoch ") - 7);
  const std::string before = std::to_string(std::stoi(epoch) - 1);
  CHECK(program::primer("train c.toml --out short --quiet --set train.learning_rate=1e6 --set train.epochs=" + before,
                        folder.path)
            .code == 0);
  const std::string kept = slurp(folder / "out/model.safetensors");
  const std::string wanted = slurp(folder / "short/model.safetensors");
  REQUIRE(kept.size() > 500);
  const std::size_t numbers =
      25 * sizeof(primer::real);  // of 1-8-1, at the end; the config before them differs in epochs
  CHECK(kept.substr(kept.size() - numbers) == wanted.substr(wanted.size() - numbers));
}

TEST_CASE("train does not touch a folder that contains no run") {
  const Folder folder;
  spill(folder / "thesis.txt", "years of work");
  spill(folder / "c.toml", small_config);
  const Result result = program::primer("train c.toml --out .", folder.path);
  CHECK(result.code == 2);
  CHECK(result.err == "primer: .: is not empty and is not the folder of a run; choose another --out folder\n");
  CHECK(slurp(folder / "thesis.txt") == "years of work");
}

TEST_CASE("after early stopping every number is that of the epoch that was kept") {
  const Folder folder;
  std::string csv = "x1,x2,class\n", validation = csv;
  for (int i = 0; i < 90; ++i) {
    const std::string row =
        std::to_string(i * 37 % 29) + "," + std::to_string(i * 53 % 31) + (i * 7 % 5 < 2 ? ",a\n" : ",b\n");
    (i % 3 == 0 ? validation : csv) += row;
  }
  program::spill(folder / "d.csv", csv);
  program::spill(folder / "v.csv", validation);
  program::spill(folder / "c.toml",
                 "[data]\nfile = \"d.csv\"\nvalidation_file = \"v.csv\"\ntest_fraction = 0.2\nstandardize = true\n"
                 "[[layer]]\nunits = 32\nactivation = \"tanh\"\n[[layer]]\nactivation = \"softmax\"\n[train]\n"
                 "loss = \"cross_entropy\"\noptimizer = \"adam\"\nlearning_rate = 0.1\nepochs = 60\n"
                 "early_stopping = 5\n");
  const auto value = [](const std::string& text, const std::string& name) {
    return std::stod(text.substr(text.find(name) + name.size()));
  };
  for (const std::string more : {"", "--set train.early_stopping=1000 --set train.epochs=12"}) {
    CAPTURE(more);
    const Result result = program::primer("train c.toml --quiet --replace --out out " + more, folder.path);
    REQUIRE(result.code == 0);
    const bool stopped = more.empty();
    CHECK((result.out.find("stopped early at epoch ") != std::string::npos) == stopped);
    const auto kept = static_cast<std::size_t>(value(result.out, "kept the parameters of epoch "));
    const std::vector<std::map<std::string, std::string>> rows = ::csv(folder / "out/history.csv");
    REQUIRE(kept < rows.size());  // or the case would prove nothing
    const auto& row = rows[kept - 1];
    const Result eval = program::primer("eval out/model.safetensors v.csv", folder.path);
    CHECK(value(eval.out, "loss,") == doctest::Approx(std::stod(row.at("validation_loss"))).epsilon(1e-12));
    const Result test = program::primer("eval out/model.safetensors d.csv --rows test", folder.path);
    CHECK(value(test.out, "loss,") == doctest::Approx(std::stod(row.at("test_loss"))).epsilon(1e-12));
    CHECK(rows.back().at("test_loss").empty());
    const std::string report = program::slurp(folder / "out/report.html");
    for (const char* const column : {"train_loss", "validation_loss", "test_loss"}) {
      CHECK(report.find("title=\"" + row.at(column) + "\"") != std::string::npos);
    }
    CHECK(value(result.out, "validation  loss ") ==
          doctest::Approx(std::stod(row.at("validation_loss"))).epsilon(1e-3));
    CHECK(value(result.out, "train       loss ") == doctest::Approx(std::stod(row.at("train_loss"))).epsilon(1e-3));
    CHECK(value(result.out, "test        loss ") == doctest::Approx(std::stod(row.at("test_loss"))).epsilon(1e-3));
  }
}

TEST_CASE("--init says what is different in the file") {
  const Folder folder;
  program::spill(folder / "d.csv", "a,b,kind\n1,10,red\n2,20,blue\n3,30,red\n");
  program::spill(folder / "e.csv", "b,a,kind\n10,1,red\n20,2,aaa\n30,3,red\n");
  program::spill(folder / "c.toml",
                 "[data]\nfile = \"d.csv\"\n[[layer]]\nunits = 3\nactivation = \"tanh\"\n[[layer]]\nactivation = "
                 "\"softmax\"\n[train]\nloss = \"cross_entropy\"\nepochs = 1\n");
  REQUIRE(program::primer("train c.toml --quiet --out a", folder.path).code == 0);
  const std::string init = " c.toml --init a/model.safetensors ";
  const auto said = [&](const std::string& more) { return program::primer("trace" + init + more, folder.path).err; };
  CHECK(said("").empty());
  const std::string warning = "primer: warning: a/model.safetensors: ";
  CHECK(said("--set data.file=e.csv") ==
        warning + "the model's columns are [\"a\", \"b\"], but this run has [\"b\", \"a\"]\n" + warning +
            "the model's classes are [\"blue\", \"red\"], but this run has [\"aaa\", \"red\"]\n");
  CHECK(said("--set data.standardize=true") ==
        warning + "the model's inputs are not standardised, but in this run they are standardised\n");
  CHECK(said("--set layer.1.activation=relu") ==
        warning + "layer 1 of the model has the activation tanh, but this run has relu\n");
  CHECK(program::primer("train" + init + "--out b --set layer.1.activation=relu", folder.path)
            .err.find(warning + "layer 1 of the model has") != std::string::npos);
}

TEST_CASE("--init reads NumPy's .npz files, too") {
  const Folder folder;
  const std::string npz = PRIMER_TEST_DATA "/fuzz/npz/version_2.npz", init = " --init '" + npz + "'";
  program::spill(folder / "c.toml", program::slurp(PRIMER_SOURCE_DIR "/configs/xor.toml"));
  for (const char* const command : {"train c.toml --quiet", "trace c.toml"}) {
    CHECK(program::primer(command + init, folder.path).error(2) ==
          "primer: " + npz + ": there is no tensor layers.1.weight\n");
  }
}
