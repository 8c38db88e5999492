// A run that stops and continues, as a user sees it: it ends with the same bytes as a run that never stopped.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <type_traits>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

using program::Folder;
using program::Result;
using program::slurp;
using program::spill;

// A config with everything that has state: two moments, batch statistics, dropout, a learned α, a split, a schedule by
// steps.
constexpr const char* config =
    "seed = 5\n"
    "[data]\n"
    "generator = \"moons\"\n"
    "points = 90\n"
    "noise = 0.2\n"
    "test_fraction = 0.2\n"
    "validation_fraction = 0.2\n"
    "standardize = true\n"
    "[[layer]]\n"
    "units = 6\n"
    "activation = \"prelu\"\n"
    "batch_norm = true\n"
    "dropout = 0.2\n"
    "[[layer]]\n"
    "activation = \"sigmoid\"\n"
    "[train]\n"
    "loss = \"binary_cross_entropy\"\n"
    "optimizer = \"adam\"\n"
    "epochs = 8\n"
    "batch_size = 8\n"
    "early_stopping = 50\n"
    "schedule = \"exponential\"\n"
    "schedule_gamma = 0.999\n"
    "schedule_unit = \"step\"\n"
    "[diagnostics]\n"
    "every = 3\n";

struct Runs : Folder {
  Runs() { spill(*this / "c.toml", config); }
  Result train(const std::string& out, const std::string& more = "") const {
    const std::string replace = more.find("--resume") == std::string::npos ? " --replace " : " ";
    return program::primer("train c.toml --quiet --out " + out + replace + more, path);
  }
  void check_same(const std::string& a, const std::string& b,
                  std::vector<std::string> names = {"frames.safetensors", "report.html"}) const {
    names.insert(names.end(),
                 {"config.toml", "model.safetensors", "checkpoint.safetensors", "history.csv", "flow.csv"});
    for (const std::string& name : names) {
      CAPTURE(name);
      const std::string bytes = program::slurp_unnamed(*this / a + "/" + name);
      CHECK(bytes.size() > 100);
      const bool same = bytes == program::slurp_unnamed(*this / b + "/" + name);
      CHECK(same);
    }
  }
};

}  // namespace

TEST_CASE("2N epochs are N epochs and N resumed, byte for byte, for every optimiser") {
  const Runs runs;
  for (const char* how : {"train.optimizer=adam", "train.optimizer=adamw", "train.optimizer=adagrad",
                          "train.optimizer=rmsprop --set train.momentum=0.5", "train.optimizer=sgd",
                          "train.optimizer=sgd --set train.momentum=0.9 --set train.nesterov=true", "train.loss=mse"}) {
    CAPTURE(how);
    const std::string set = std::string("--set ") + how;
    REQUIRE(runs.train("whole", set).code == 0);
    REQUIRE(runs.train("parts", set + " --set train.epochs=4").code == 0);
    const std::string history = slurp(runs / "parts/history.csv");
    REQUIRE(std::count(history.begin(), history.end(), '\n') == 5);
    REQUIRE(history.find(",,,", history.find("\n1,")) != std::string::npos);  // one row has the test's scores
    REQUIRE(runs.train("parts", set + " --resume").code == 0);
    runs.check_same("whole", "parts");
  }
}

TEST_CASE("early stopping ends a resumed run where it ends the whole one") {
  const Runs runs;
  const std::string patience = "--set train.early_stopping=2 --set train.learning_rate=0.3 --set train.epochs=";
  REQUIRE(runs.train("whole", patience + "60").code == 0);
  REQUIRE(runs.train("parts", patience + "3").code == 0);
  REQUIRE(runs.train("parts", patience + "60 --resume").code == 0);
  runs.check_same("whole", "parts");
  CHECK(slurp(runs / "whole/history.csv").find("\n60,") == std::string::npos);
}

TEST_CASE("--resume of a finished run restores a missing model and changes nothing else") {
  const Runs runs;
  REQUIRE(runs.train("a").code == 0);
  REQUIRE(runs.train("b").code == 0);
  std::filesystem::remove(runs / "b/model.safetensors");
  const Result again = program::primer("train c.toml --out b --resume", runs.path);
  CHECK(again.code == 0);
  CHECK(again.err.find("all 8 epochs are done already; increase train.epochs to continue\n") != std::string::npos);
  runs.check_same("a", "b");
}

TEST_CASE("periodic checkpoints do not change the run, and a killed run continues from the last one") {
  const Runs runs;
  REQUIRE(runs.train("whole", "--set train.checkpoint_every=3").code == 0);
  // As if killed in epoch 7: the CSV files are ahead of the checkpoint of epoch 6, and end within a line.
  REQUIRE(runs.train("cut", "--set train.checkpoint_every=3 --set train.epochs=6").code == 0);
  const std::string history = slurp(runs / "whole/history.csv");
  const std::string flow = slurp(runs / "whole/flow.csv");
  spill(runs / "cut/history.csv", history.substr(0, history.find("\n8,") + 9));
  spill(runs / "cut/flow.csv", flow.substr(0, flow.find("\n7,2,") + 9));
  spill(runs / "cut/history.csv.123.tmp", "half a fi");
  std::filesystem::remove(runs / "cut/model.safetensors");
  REQUIRE(runs.train("cut", "--set train.checkpoint_every=3 --resume").code == 0);
  runs.check_same("whole", "cut");
  CHECK_FALSE(std::filesystem::exists(runs / "cut/history.csv.123.tmp"));
}

TEST_CASE("--resume needs the same config, the same data and the same number type") {
  const Runs runs;
  REQUIRE(runs.train("r").code == 0);
  const std::string before = slurp(runs / "r/checkpoint.safetensors");
  const auto complaint = [&](const std::string& more) {
    const Result result = runs.train("r", more + " --resume");
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(complaint("--set train.learning_rate=0.1") ==
        "primer: --set train.learning_rate: --resume needs the config of the run: train.learning_rate was "
        "0.01 and is now 0.1; only train.epochs may change\n");
  CHECK(complaint("--set layer.1.units=7") ==
        "primer: --set layer.1.units: --resume needs the config of the run: layer.1.units was 6 and is now 7; "
        "only train.epochs may change\n");
  CHECK(complaint("--set train.schedule=cosine --set train.schedule_gamma=0.1") ==
        "primer: --set train.schedule: --resume needs the config of the run: train.schedule was "
        "\"exponential\" and is now \"cosine\"; only train.epochs may change\n");
  CHECK(complaint("--init r/model.safetensors") ==
        "primer: --resume continues with the parameters of the run; remove --init\n");
  CHECK(runs.train("none", "--resume").error(2) ==
        "primer: none: checkpoint.safetensors or frames.safetensors is missing; train without --resume\n");
  CHECK_FALSE(std::filesystem::exists(runs / "none"));
  CHECK(slurp(runs / "r/checkpoint.safetensors") == before);
}

TEST_CASE("--resume refuses changed data and files that do not belong together") {
  const Runs runs;
  spill(runs / "c.toml", "[data]\nfile = \"d.csv\"\n[[layer]]\n[train]\nloss = \"mse\"\nepochs = 2\n");
  spill(runs / "d.csv", "x,y\n1,2\n2,4\n");
  REQUIRE(runs.train("r").code == 0);
  spill(runs / "d.csv", "x,y\n1,2\n2,5\n");
  CHECK(runs.train("r", "--resume").error(2) ==
        "primer: r/checkpoint.safetensors: the data have changed since the checkpoint was written; train again without "
        "--resume\n");
  spill(runs / "d.csv", "x,y\n1,2\n2,4\n");
  const std::string flow = slurp(runs / "r/flow.csv");
  spill(runs / "r/flow.csv", "epoch,layer,activation,a_norm\n");
  CHECK(runs.train("r", "--resume").error(2) ==
        "primer: r: history.csv or flow.csv has the columns of another version of primer; train without --resume\n");
  spill(runs / "r/flow.csv", flow);
  spill(runs / "r/history.csv", "epoch\n1\n");
  CHECK(runs.train("r", "--resume").error(2) ==
        "primer: r/history.csv: does not have a line for each of the 2 epochs before the checkpoint; train without "
        "--resume\n");
  std::filesystem::copy_file(runs / "r/model.safetensors", runs / "r/checkpoint.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(runs.train("r", "--resume").error(2) ==
        "primer: r/checkpoint.safetensors: the metadata have no entry \"real\"; is the file a checkpoint?\n");
}

TEST_CASE("--resume refuses a cosine schedule that would change with the epochs") {
  const Runs runs;
  const std::string cosine = "--set train.schedule=cosine --set train.schedule_unit=epoch ";
  REQUIRE(runs.train("r", cosine + "--set train.epochs=4").code == 0);
  CHECK(runs.train("r", cosine + "--resume")
            .error(2)
            .find("changing train.epochs also changes schedule_t_max from 4.0 to 8.0; to keep the old schedule, write "
                  "train.schedule_t_max = 4.0\n") != std::string::npos);
  REQUIRE(runs.train("whole", cosine + "--set train.schedule_t_max=8").code == 0);
  REQUIRE(runs.train("r", cosine + "--set train.schedule_t_max=8 --set train.epochs=4").code == 0);
  REQUIRE(runs.train("r", cosine + "--set train.schedule_t_max=8 --resume").code == 0);
  runs.check_same("whole", "r");
}

TEST_CASE("Ctrl-C finishes the batch, saves and prints the command that continues the run to the same end") {
  const Runs runs;
  const std::string endless = "--set train.early_stopping=0 --set diagnostics.every=1000 --set train.epochs=";
  const std::string epochs = endless + "4000000";
  const Result interrupted = program::interrupted(
      "i/history.csv", "2,", "exec '" PRIMER_BINARY "' train c.toml --quiet --out i " + epochs, runs.path);
  CHECK(interrupted.code == 130);
  const std::string expected = "to continue: " PRIMER_BINARY " train c.toml --out i " + epochs + " --resume\n";
  const std::string begin = "primer: interrupted in epoch ";
  REQUIRE(interrupted.err.starts_with(begin));
  CHECK(interrupted.err.ends_with(expected));
  const Result prediction = program::primer("data moons | '" PRIMER_BINARY "' predict i/model.safetensors", runs.path);
  CHECK(prediction.out.starts_with("prediction,p_0,p_1\n"));
  const std::string fewer = endless + std::to_string(std::stoul(interrupted.err.substr(begin.size())) + 20);
  CHECK(runs.train("i", fewer + " --resume").code == 0);
  CHECK(runs.train("whole", fewer).code == 0);
  runs.check_same("whole", "i", {});  // the frames were chosen for four million epochs
}

TEST_CASE("Ctrl-C says which parameters the model has if early stopping keeps the best") {
  const Runs runs;
  const std::string endless = "--set train.early_stopping=4000000 --set diagnostics.every=0 --set train.epochs=4000000";
  const Result interrupted = program::interrupted(
      "i/history.csv", "30,", "exec '" PRIMER_BINARY "' train c.toml --quiet --out i " + endless, runs.path);
  CHECK(interrupted.code == 130);
  std::istringstream history(slurp(runs / "i/history.csv"));
  std::string line, best;
  double least = 1e9;
  std::getline(history, line);
  while (std::getline(history, line)) {
    std::istringstream row(line);
    std::vector<std::string> cells(1);
    for (std::string cell; std::getline(row, cell, ','); cells.push_back(cell)) continue;
    if (std::stod(cells[4]) >= least) continue;
    least = std::stod(cells[4]);
    best = cells[1];
  }
  CHECK(interrupted.err.starts_with("primer: i/model.safetensors has the parameters of epoch " + best +
                                    ", whose validation loss is the lowest so far\nprimer: interrupted in epoch "));
}

TEST_CASE("divergence is explained, exits with 1 and keeps the last checkpoint and model that are finite") {
  const Runs runs;
  spill(runs / "c.toml",
        "[data]\ngenerator = \"plane\"\npoints = 20\n[[layer]]\ninit = \"constant(1)\"\n[train]\nloss = \"mse\"\n"
        "learning_rate = 10\nbatch_size = 0\nepochs = 1000\ncheckpoint_every = 10\n");
  const Result result = runs.train("r");
  CHECK(result.code == 1);
  CHECK(result.out.empty());
  const std::string step = result.err.substr(25, result.err.find(" (epoch") - 25);
  const std::string epoch = step;  // the full batch
  const std::string before = "is the first number that is not finite; before this step the layer had ‖W‖ = ";
  CHECK(result.err.starts_with("primer: diverged at step " + step + " (epoch " + epoch + "): layer 1, "));
  CHECK(result.err.find(before) != std::string::npos);
  CHECK(result.err.ends_with("; the parameters at the start of epoch " + epoch +
                             " are in r/model.safetensors; try again with train.learning_rate = 0.01, or "
                             "train.clip_norm = 1, or data.standardize = true\n"));
  // The checkpoint is of the last epoch of ten, and going on from it diverges at the same step.
  const std::string model = slurp(runs / "r/model.safetensors");
  const std::string checkpoint = slurp(runs / "r/checkpoint.safetensors");
  REQUIRE(std::stoul(epoch) > 10);
  CHECK(runs.train("r", "--resume").error(1) == result.err);
  CHECK(slurp(runs / "r/model.safetensors") == model);
  CHECK(slurp(runs / "r/checkpoint.safetensors") == checkpoint);
  CHECK(runs.train("r", "--set train.epochs=" + std::to_string(std::stoul(epoch) - 1) + " --resume").code == 0);
}

TEST_CASE("divergence in the first step suggests smaller initial weights") {
  const Runs runs;
  const std::string most = std::is_same_v<primer::real, float> ? "3e38" : "1e308";
  const Result result = runs.train(
      "r", "--set layer.1.init='constant(" + most + ")' --set layer.1.units=1 --set layer.1.batch_norm=false");
  CHECK(result.code == 1);
  CHECK(result.err.find("diverged at step 1 (epoch 1): layer 1, z is the first number that is not finite; before "
                        "this step the layer had ‖W‖ = ") != std::string::npos);
  CHECK(result.err.ends_with("try again with smaller initial weights\n"));
}
