#include "primer/files/run.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "../program.hpp"

using namespace primer;
namespace fs = std::filesystem;

namespace {

using program::Folder;
using program::Result;
using program::shell;
using program::slurp;
using program::spill;

constexpr const char* config =
    "[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 40\nactivation = \"tanh\"\n[[layer]]\nactivation = "
    "\"sigmoid\"\n[train]\n"
    "loss = \"binary_cross_entropy\"\nepochs = 4\ncheckpoint_every = 1\n";

struct Runs : Folder {
  Runs() { spill(*this / "c.toml", config); }
  Result train(const std::string& more = "", const std::string& before = "") const {
    return shell(before + "'" PRIMER_BINARY "' train c.toml --quiet --out r " + more, path);
  }
  std::vector<std::string> names(const std::string& folder) const {
    std::vector<std::string> list;
    for (const auto& entry : fs::directory_iterator(*this / folder)) list.push_back(entry.path().filename().string());
    std::sort(list.begin(), list.end());
    return list;
  }
};

const std::vector<std::string> all{
    "checkpoint.safetensors", "config.toml", "flow.csv", "frames.safetensors", "history.csv",
    "model.safetensors",      "report.html"};

}  // namespace

TEST_CASE("a run writes its files into its folder and nothing anywhere else") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  CHECK(runs.names("r") == all);
  CHECK(runs.names("") == std::vector<std::string>{"c.toml", "r"});
}

TEST_CASE("an earlier run is replaced, and a folder that is none is refused and left as it is") {
  const Runs runs;
  REQUIRE(runs.train("--set train.epochs=9").code == 0);
  spill(runs / "r/notes.txt", "mine");
  spill(runs / "r/model.safetensors.77.tmp", "half");
  REQUIRE(runs.train().code == 0);
  CHECK(slurp(runs / "r/history.csv").find("\n5,") == std::string::npos);
  CHECK(slurp(runs / "r/notes.txt") == "mine");
  CHECK_FALSE(fs::exists(runs / "r/model.safetensors.77.tmp"));

  fs::remove_all(runs / "r");
  fs::create_directory(runs / "r");
  spill(runs / "r/history.csv", "mine");
  const Result refused = runs.train();
  CHECK(refused.code == 2);
  CHECK(refused.err == "primer: r: is not empty and holds no run; choose another --out\n");
  CHECK(runs.names("r") == std::vector<std::string>{"history.csv"});
  CHECK(slurp(runs / "r/history.csv") == "mine");

  fs::remove_all(runs / "r");
  spill(runs / "r", "a file");
  CHECK(runs.train().err == "primer: r: is not a folder; choose another --out\n");
  CHECK(slurp(runs / "r") == "a file");
}

TEST_CASE("what a process that was killed at its very start left behind is no obstacle") {
  const Runs runs;
  fs::create_directory(runs / "r");
  spill(runs / "r/config.toml.4711.tmp", "seed");
  CHECK(runs.train().code == 0);
  CHECK(runs.names("r") == all);
}

TEST_CASE("links in a run's folder are replaced and what they point to is not touched") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  for (const std::string& name : all) {
    spill(runs / ("outside_" + name), "precious");
    fs::remove(runs / ("r/" + name));
    fs::create_symlink(runs / ("outside_" + name), runs / ("r/" + name));
  }
  REQUIRE(runs.train().code == 0);
  for (const std::string& name : all) {
    CAPTURE(name);
    CHECK(slurp(runs / ("outside_" + name)) == "precious");
    CHECK_FALSE(fs::is_symlink(runs / ("r/" + name)));
  }
}

TEST_CASE("a disk that is full is one clear line, and the run before is intact as far as it was written") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  const std::string model = slurp(runs / "r/model.safetensors");
  const std::string checkpoint = slurp(runs / "r/checkpoint.safetensors");

  // Not even the config fits: nothing of the earlier run is gone.
  const Result at_once = runs.train("", "ulimit -f 1; ");
  CHECK(at_once.code == 1);
  CHECK(at_once.err == "primer: r/config.toml: cannot be written: File too large\n");
  CHECK(runs.names("r") == all);
  CHECK(slurp(runs / "r/model.safetensors") == model);
  CHECK(slurp(runs / "r/checkpoint.safetensors") == checkpoint);

  // The rest of a longer run does not fit: its last checkpoint and the model before stay, and it can go on. (Frames of
  // more epochs are larger than these.)
  const std::size_t blocks = slurp(runs / "r/frames.safetensors").size() / 512 + 1;
  const Result later = runs.train("--set train.epochs=30 --resume", "ulimit -f " + std::to_string(blocks) + "; ");
  CHECK(later.code == 1);
  CHECK(later.err == "primer: r/frames.safetensors: cannot be written: File too large\n");
  CHECK(runs.names("r") == all);
  CHECK(slurp(runs / "r/model.safetensors") == model);
  CHECK(slurp(runs / "r/checkpoint.safetensors") == checkpoint);
  CHECK(runs.train("--set train.epochs=30 --resume").code == 0);
}

TEST_CASE("a folder that cannot be written to is one clear line") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  CHECK(shell("'" PRIMER_BINARY "' train c.toml --quiet --out /proc/primer", runs.path).err ==
        "primer: /proc/primer: cannot be made: No such file or directory\n");
  if (geteuid() == 0) return;  // root may write anywhere
  fs::permissions(runs / "r", fs::perms::owner_read | fs::perms::owner_exec);
  const Result refused = runs.train();
  fs::permissions(runs / "r", fs::perms::owner_all);
  CHECK(refused.code == 1);
  CHECK(refused.err == "primer: r/config.toml: cannot be written: Permission denied\n");
  CHECK(runs.names("r") == all);
}
