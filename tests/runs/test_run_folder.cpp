#include "primer/runs/run_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

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

TEST_CASE("an earlier run is replaced, and a folder without a run is refused and stays unchanged") {
  const Runs runs;
  REQUIRE(runs.train("--set train.epochs=9").code == 0);
  spill(runs / "r/notes.txt", "mine");
  spill(runs / "r/model.safetensors.77.tmp", "half");
  REQUIRE(runs.train("--replace").code == 0);
  CHECK(slurp(runs / "r/history.csv").find("\n5,") == std::string::npos);
  CHECK(slurp(runs / "r/notes.txt") == "mine");
  CHECK_FALSE(fs::exists(runs / "r/model.safetensors.77.tmp"));

  fs::remove_all(runs / "r");
  fs::create_directory(runs / "r");
  spill(runs / "r/history.csv", "mine");
  const Result refused = runs.train();
  CHECK(refused.code == 2);
  CHECK(refused.err == "primer: r: is not empty and is not the folder of a run; choose another --out folder\n");
  CHECK(runs.names("r") == std::vector<std::string>{"history.csv"});
  CHECK(slurp(runs / "r/history.csv") == "mine");

  fs::remove_all(runs / "r");
  spill(runs / "r", "a file");
  CHECK(runs.train().error(2) == "primer: r: is not a folder; choose another --out folder\n");
  CHECK(slurp(runs / "r") == "a file");
}

TEST_CASE("the temporary file of a process that was killed does not prevent a run") {
  const Runs runs;
  fs::create_directory(runs / "r");
  spill(runs / "r/config.toml.4711.tmp", "seed");
  CHECK(runs.train().code == 0);
  CHECK(runs.names("r") == all);
}

TEST_CASE("links in a run's folder are replaced, and their targets stay unchanged") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  std::map<std::string, std::string> precious;
  for (const std::string& name : all) {
    fs::rename(runs / ("r/" + name), runs / ("outside_" + name));
    precious[name] = slurp(runs / ("outside_" + name));
    fs::create_symlink(runs / ("outside_" + name), runs / ("r/" + name));
  }
  REQUIRE(runs.train("--replace --set train.epochs=5").code == 0);
  for (const std::string& name : all) {
    CAPTURE(name);
    const bool same = slurp(runs / ("outside_" + name)) == precious[name];
    CHECK(same);
    CHECK_FALSE(fs::is_symlink(runs / ("r/" + name)));
  }
}

TEST_CASE("a full disk gives one clear line, and the earlier run stays usable") {
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

TEST_CASE("a new run keeps the earlier model and checkpoint until it writes its own") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  const std::string model = slurp(runs / "r/model.safetensors");
  const std::string checkpoint = slurp(runs / "r/checkpoint.safetensors");

  // The config and the heads of the CSV files fit, the frames of a wider network do not.
  const Result full = runs.train("--replace --set layer.1.units=400", "ulimit -f 4; ");
  CHECK(full.code == 1);
  CHECK(full.err == "primer: r/frames.safetensors: cannot be written: File too large\n");
  CHECK(slurp(runs / "r/model.safetensors") == model);
  CHECK(slurp(runs / "r/checkpoint.safetensors") == checkpoint);
  CHECK_FALSE(fs::exists(runs / "r/report.html"));

  // Its history is gone, so nothing goes on from that checkpoint by mistake; but its model is there.
  const Result resumed = runs.train("--resume");
  CHECK(resumed.code == 2);
  CHECK(resumed.err == "primer: r: checkpoint.safetensors or frames.safetensors is missing; train without --resume\n");
  CHECK(shell("'" PRIMER_BINARY "' data xor | '" PRIMER_BINARY "' predict r/model.safetensors", runs.path).code == 0);
  REQUIRE(runs.train("--replace --set layer.1.units=30").code == 0);
  CHECK(slurp(runs / "r/model.safetensors") != model);
  CHECK(slurp(runs / "r/checkpoint.safetensors") != checkpoint);
}

TEST_CASE("a disk that fills up at any file of a run gives one clear line, and the run can be resumed") {
  const Runs runs;
  REQUIRE(runs.train("--out whole").code == 0);
  std::set<std::string> named;
  for (std::size_t blocks = 1; blocks < 2000; blocks += 1 + blocks / 4) {
    CAPTURE(blocks);
    fs::remove_all(runs / "r");
    const Result result = runs.train("", "ulimit -f " + std::to_string(blocks) + "; ");
    if (result.code == 0) break;
    CHECK(result.code == 1);
    const std::string begin = "primer: r/";
    REQUIRE(result.err.starts_with(begin));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    named.insert(result.err.substr(begin.size(), result.err.find(':', begin.size()) - begin.size()));
    const bool has_checkpoint = fs::exists(runs / "r/checkpoint.safetensors");
    REQUIRE(runs.train(has_checkpoint ? "--resume" : "").code == 0);
    for (const std::string& name : all) {
      CAPTURE(name);
      const bool same =
          program::slurp_unnamed(runs / ("r/" + name)) == program::slurp_unnamed(runs / ("whole/" + name));
      CHECK(same);
    }
  }
  CHECK(named.count("config.toml") == 1);
  CHECK(named.count("frames.safetensors") == 1);
  CHECK(named.count("report.html") == 1);
}

TEST_CASE("a folder that cannot be written gives one clear line, and its files stay usable") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  CHECK(shell("'" PRIMER_BINARY "' train c.toml --quiet --out /proc/primer", runs.path).error(1) ==
        "primer: /proc/primer: cannot be created: No such file or directory\n");
  std::string as_user;
  if (geteuid() == 0) {  // who may write anywhere
    as_user = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    fs::permissions(runs.path, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    if (shell(as_user + "'" PRIMER_BINARY "' --help", runs.path).code != 0) {
      MESSAGE("skipped: root may write anywhere, and there is no setpriv that runs the program as someone else");
      return;
    }
  }
  std::map<std::string, std::string> before;
  for (const std::string& name : all) {
    before[name] = slurp(runs / ("r/" + name));
    fs::permissions(runs / ("r/" + name), fs::perms::others_read, fs::perm_options::add);
  }
  const fs::perms readable =
      fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec;
  const auto say = [&](const std::string& command, fs::perms perms) {
    fs::permissions(runs / "r", perms);
    const Result result = shell(as_user + "'" PRIMER_BINARY "' " + command, runs.path);
    fs::permissions(runs / "r", fs::perms::owner_all);
    return std::to_string(result.code) + " " + result.err;
  };
  const std::string train = "train c.toml --quiet --out ";
  const std::string denied = ": cannot be written: Permission denied\n";
  CHECK(say(train + "r", readable) == "1 primer: r/config.toml" + denied);
  CHECK(say(train + "r --resume --set train.epochs=9", readable) == "1 primer: r/config.toml" + denied);
  CHECK(say(train + "r/deeper", readable) == "1 primer: r/deeper: cannot be created: Permission denied\n");
  CHECK(say("report r", readable) == "1 primer: r/report.html" + denied);
  spill(runs / "d.csv", "x1,x2,class\n0,0,0\n0,1,1\n");
  fs::permissions(runs / "d.csv", fs::perms::others_read, fs::perm_options::add);
  CHECK(say("predict r/model.safetensors d.csv", readable) == "0 ");
  CHECK(say("eval r/model.safetensors d.csv", readable) == "0 ");
  // A folder whose names can be listed and no more is not taken for one that holds no run.
  CHECK(say(train + "r", fs::perms::owner_read | fs::perms::others_read) ==
        "1 primer: r: cannot be read: Permission denied\n");
  CHECK(runs.names("r") == all);
  for (const std::string& name : all) {
    CAPTURE(name);
    const bool same = slurp(runs / ("r/" + name)) == before[name];
    CHECK(same);
  }
}

TEST_CASE("a run whose outputs stop being numbers reports the divergence and has a report") {
  const Runs runs;
  spill(runs / "c.toml",
        "[data]\ngenerator = \"sine\"\n[[layer]]\nunits = 6\nrepeat = 2\n[[layer]]\n[train]\nloss = \"mse\"\n"
        "batch_size = 0\n");
  const std::string rate = sizeof(real) == sizeof(double) ? "1e250" : "1e35";
  const Result result = runs.train("--set train.learning_rate=" + rate);
  CHECK(result.code == 1);
  CHECK(result.err.find("diverged at step 2 (epoch 2): layer 2, z is the first") != std::string::npos);
  CHECK(slurp(runs / "r/report.html").find("null,null,null") != std::string::npos);  // the curve of epoch 1
}

TEST_CASE("history.csv and flow.csv are read as they were written") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  const std::vector<EpochRecord> history = read_history(runs / "r", Task::binary);
  const std::vector<FlowRow> flow = read_flow(runs / "r");
  REQUIRE(history.size() == 4);
  REQUIRE(flow.size() == 5 * 2);
  CHECK(history[3].epoch == 4);
  CHECK_FALSE(history[3].test);
  CHECK(flow[3].activation == "sigmoid");
  CHECK(std::isnan(flow[0].update_ratio));
  RunFolder again(runs / "again");
  again.start(experiment_of(parse_config(config, "c.toml", {})));
  again.add({flow.begin(), flow.end()});
  for (const EpochRecord& record : history) again.add(record);
  CHECK(slurp(runs / "again/flow.csv") == slurp(runs / "r/flow.csv"));
  CHECK(slurp(runs / "again/history.csv") == slurp(runs / "r/history.csv"));
  spill(runs / "r/flow.csv", "epoch,layer\n");
  CHECK_THROWS_WITH(read_flow(runs / "r"),
                    doctest::Contains("r/flow.csv:1: there is no column \"activation\", which this"));
}

TEST_CASE("output never replaces a file that primer did not write") {
  const Runs runs;
  const auto refused = [&](const std::string& command) {
    const Result result = program::primer("train " + command + " --quiet --replace", runs.path);
    CHECK(result.code == 2);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    return result.err;
  };
  fs::create_directories(runs / "exp");
  const std::string own = std::string("# my experiment\n") + config;
  spill(runs / "exp/config.toml", own);
  fs::create_directory_symlink("exp", runs / "link");
  fs::create_directories(runs / "linked");
  fs::create_symlink("../exp/config.toml", runs / "linked/config.toml");
  for (const std::string out : {"exp", "./exp/../exp", "link", "linked", "\"$PWD/exp\""}) {
    CAPTURE(out);
    CHECK(refused("exp/config.toml --out " + out).find("is a file that this run reads; choose another --out folder") !=
          std::string::npos);
  }
  CHECK(refused("c.toml --out exp") ==
        "primer: exp/config.toml: was not written by primer, so it is not overwritten; choose another --out folder\n");
  CHECK(slurp(runs / "exp/config.toml") == own);
  CHECK(runs.names("exp") == std::vector<std::string>{"config.toml"});

  // A folder of another program, with files of the same names.
  fs::create_directories(runs / "site");
  spill(runs / "site/config.toml", "title = \"my site\"\n");
  spill(runs / "site/history.csv", "year,event\n1969,moon\n");
  spill(runs / "site/report.html", "<html>mine</html>");
  CHECK(refused("c.toml --out site").find("was not written by primer") != std::string::npos);
  CHECK(slurp(runs / "site/history.csv") == "year,event\n1969,moon\n");
  CHECK(slurp(runs / "site/report.html") == "<html>mine</html>");

  // A run in which a file was replaced by one of the user's.
  for (const std::string& name : all) {
    CAPTURE(name);
    fs::remove_all(runs / "r");
    REQUIRE(runs.train().code == 0);
    spill(runs / ("r/" + name), "precious");
    CHECK(refused("c.toml --out r") ==
          "primer: r/" + name + ": was not written by primer, so it is not overwritten; choose another --out folder\n");
    CHECK(slurp(runs / ("r/" + name)) == "precious");
  }

  // The data file of the run is called like one of its results.
  fs::create_directories(runs / "d");
  spill(runs / "d/history.csv", "epoch,train_loss,train_r2\n1,2,3\n2,3,4\n");
  spill(runs / "d/c.toml", "[data]\nfile = \"history.csv\"\n[[layer]]\n[train]\nloss = \"mse\"\n");
  const std::string before = slurp(runs / "d/history.csv");
  refused("d/c.toml --out d");
  CHECK(slurp(runs / "d/history.csv") == before);
  CHECK(refused("c.toml --out ''") == "primer: --out \"\": write the name of a folder\n");
}

TEST_CASE("a command that is given the name of a file replaces it only if primer wrote it") {
  const Runs runs;
  REQUIRE(runs.train().code == 0);
  for (const std::string command : {"trace c.toml --out ", "compare r r --html ", "activations tanh --svg "}) {
    CAPTURE(command);
    const std::string mine = "c.toml", run = "r/config.toml", fresh = "new";
    for (const std::string& file : {mine, run}) {
      const std::string before = slurp(runs / file);
      const Result result = program::primer(command + file, runs.path);
      CHECK(result.error(2).starts_with("primer: " + file +
                                        ": was not written by primer, so it is not overwritten; choose another --"));
      CHECK(slurp(runs / file) == before);
    }
    fs::remove(runs / fresh);
    CHECK(program::primer(command + fresh, runs.path).code == 0);
    CHECK(program::primer(command + fresh, runs.path).code == 0);
  }
  const std::string before = slurp(runs / "c.toml");
  CHECK(program::primer("play c.toml --out c.toml", runs.path).code != 0);
  CHECK(slurp(runs / "c.toml") == before);
  spill(runs / "r/report.html", "<html>mine</html>");
  CHECK(program::primer("report r", runs.path).error(2) ==
        "primer: r/report.html: was not written by primer, so it is not overwritten; choose another folder\n");
}

TEST_CASE("a run of another config stays: the next free name is taken, and --out needs --replace") {
  const Runs runs;
  const auto train = [&](const std::string& more) { return program::primer("train c.toml " + more, runs.path); };
  REQUIRE(train("").code == 0);
  const std::string first = slurp(runs / "runs/c/history.csv");
  REQUIRE(train("").code == 0);  // the same config gives the same bits
  CHECK(runs.names("runs") == std::vector<std::string>{"c"});

  const Result second = train("--set train.epochs=3");
  CHECK(second.code == 0);
  CHECK(second.err.find("runs/c already exists and is kept; this run is written to runs/c-2\n") != std::string::npos);
  CHECK(second.out.find("run        runs/c-2\n") != std::string::npos);
  REQUIRE(train("--set seed=2").code == 0);
  REQUIRE(train("--set train.epochs=3").code == 0);
  CHECK(runs.names("runs") == std::vector<std::string>{"c", "c-2", "c-3"});
  CHECK(slurp(runs / "runs/c/history.csv") == first);

  fs::create_directories(runs / "other");
  spill(runs / "other/c.toml", std::string("seed = 7\n") + config);
  REQUIRE(program::primer("train other/c.toml --quiet", runs.path).code == 0);
  CHECK(runs.names("runs") == std::vector<std::string>{"c", "c-2", "c-3", "c-4"});
  CHECK(slurp(runs / "runs/c/history.csv") == first);

  const Result taken = train("--out runs/c --set seed=3");
  CHECK(taken.code == 2);
  CHECK(taken.err == "primer: runs/c: contains another run; choose another --out folder, or add --replace\n");
  CHECK(slurp(runs / "runs/c/history.csv") == first);
  REQUIRE(train("--set seed=2 --set train.epochs=9 --resume").code == 0);
  CHECK(slurp(runs / "runs/c-3/history.csv").find("\n9,") != std::string::npos);
  CHECK(slurp(runs / "runs/c/history.csv") == first);
  REQUIRE(train("--replace --set seed=3").code == 0);
  CHECK(slurp(runs / "runs/c/history.csv") != first);
}
