// What a report reads of a run's folder.
#include "primer/report/run_files.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "primer/formats/error.hpp"
#include "runs.hpp"

using namespace primer;
using program::Folder;

TEST_CASE("a folder that lacks a file of the run is refused by the name of that file") {
  const Folder folder;
  const std::string run = runs::spirals_run(folder);
  for (const std::string name : {"config.toml", "history.csv", "flow.csv", "frames.safetensors"}) {
    const std::string bytes = program::slurp(run + "/" + name);
    std::filesystem::remove(run + "/" + name);
    try {
      read_run(run);
      FAIL("read without " << name);
    } catch (const UserError& e) {
      CHECK(std::string(e.what()).find(name) != std::string::npos);
    }
    program::spill(run + "/" + name, bytes);
  }
}

TEST_CASE("a table keeps the texts of its cells and finds the rows of an epoch") {
  const Folder folder;
  const std::string run = runs::spirals_run(folder);
  program::spill(run + "/history.csv", "epoch,train_loss,train_r2,test_loss\n1,0.50,1e-07,\n3,nan,2,\n");
  program::spill(run + "/flow.csv", "epoch,layer\n0,1\n0,2\n2,1\n2,2\n2,3\n");
  const RunFiles files{"", "", read_run_table(run + "/history.csv"), read_run_table(run + "/flow.csv"), {}, {}};
  CHECK(files.metric() == "r2");
  CHECK(files.history.cell(0, "train_loss") == "0.50");
  CHECK(files.history.number(0, "train_r2") == 1e-7);
  CHECK(std::isnan(files.history.number(1, "train_loss")));
  CHECK(files.history.cell(1, "test_loss") == "");
  CHECK(std::isnan(files.history.number(1, "test_loss")));
  CHECK(files.history.cell(1, "no such column") == "");
  CHECK(files.history.rows_of(3) == std::vector<std::size_t>{1});
  CHECK(files.history.rows_of(2).empty());
  CHECK(files.flow.rows_of(0) == std::vector<std::size_t>{0, 1});
  CHECK(files.flow.rows_of(2) == std::vector<std::size_t>{2, 3, 4});
}

TEST_CASE("a table without whole, ascending epochs is refused with its location") {
  const Folder folder;
  const std::string run = runs::spirals_run(folder);
  const auto refused = [&](const std::string& history, const std::string& message) {
    program::spill(run + "/history.csv", history);
    CHECK_THROWS_WITH_AS(read_run(run), (run + "/history.csv" + message).c_str(), UserError);
  };
  refused("layer,loss\n1,2\n", ": has no column 'epoch'; repeat the training");
  const std::string rule = " must be a whole number, ", end = " or more; repeat the training";
  refused("epoch\n1.5\n", ":2:1: epoch 1.5" + rule + "0" + end);
  refused("epoch\n-1\n", ":2:1: epoch -1" + rule + "0" + end);
  refused("epoch\n1e300\n", ":2:1: epoch 1e+300" + rule + "0" + end);
  refused("epoch\n2\n1\n", ":3:1: epoch 1" + rule + "2" + end);
}
