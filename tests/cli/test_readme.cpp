// Every command that README and --help show is run here, so that none of them can go stale.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

using program::Folder;
using program::Result;
using program::shell;
using program::slurp;

namespace fs = std::filesystem;

// A folder that looks like the sources after `make`, in which runs may be written.
struct Checkout : Folder {
  Checkout() {
    for (const std::string name : {"configs", "data", "include", "src", "tests"}) {
      fs::create_directory_symlink(std::string(PRIMER_SOURCE_DIR "/") + name, *this / name);
    }
    fs::create_directory(*this / "build");
    fs::create_symlink(PRIMER_BINARY, *this / "build/primer");
  }
  Result run(const std::string& command) const { return shell("PATH=\"$PWD/build:$PATH\"; " + command, path); }
};

// The README's blocks that are marked as `language`.
std::vector<std::string> blocks_in_readme(const std::string& language) {
  std::istringstream file(slurp(PRIMER_SOURCE_DIR "/README.md"));
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```" + language;
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

std::vector<std::string> commands_in_readme() {
  std::vector<std::string> commands;
  for (const std::string& block : blocks_in_readme("sh")) {
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) commands.push_back(line);
    }
  }
  return commands;
}

// The README's one block of Python that contains `word`, in a file of its own.
void spill_python(const Folder& folder, const std::string& word, const std::string& name) {
  std::vector<std::string> found = blocks_in_readme("python");
  std::erase_if(found, [&](const std::string& block) { return block.find(word) == std::string::npos; });
  REQUIRE(found.size() == 1);
  program::spill(folder / name, found[0]);
}

// A Python that has these modules, or "" and a message.
std::string python_with(const std::string& modules) {
  const Folder anywhere;
  std::string python = shell("for p in python3 /usr/bin/python3; do $p -c 'import " + modules +
                                 "' 2>/dev/null && echo $p && break; done",
                             anywhere.path)
                           .out;
  if (python.empty()) MESSAGE("skipped: there is no python3 with " << modules);
  return python.substr(0, python.find('\n'));
}

// What others do: `make` and CI build and test, test_plugins.cpp compiles the example, and all claims take their
// time in a test of their own.
bool is_tested_elsewhere(const std::string& command) {
  const std::vector<std::string> beginnings{"make", "c++ ", "build/own "};
  if (command == "  primer claims" || command == "build/primer claims") return true;
  // The float build refuses these two, which need every digit of a double.
  if (sizeof(primer::real) == 4 && command.find("primer claims") != std::string::npos) return true;
  if (sizeof(primer::real) == 4 && command.find("primer gradcheck") != std::string::npos) return true;
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& b) { return command.starts_with(b); });
}

std::vector<std::string> words_at_line_starts(const std::string& text, const std::string& indent) {
  std::istringstream lines(text);
  std::vector<std::string> words;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(indent) && line.size() > indent.size() && line[indent.size()] != ' ') {
      words.push_back(line.substr(indent.size(), line.find(' ', indent.size()) - indent.size()));
    }
  }
  return words;
}

void check_success(const Checkout& checkout, const std::string& command) {
  CAPTURE(command);
  const Result result = checkout.run(command);
  CAPTURE(result.err);
  CHECK(result.code == 0);
}

}  // namespace

TEST_CASE("every command of the README succeeds, in the order in which they stand") {
  const Checkout checkout;
  const bool has_parallel = checkout.run("command -v parallel").code == 0;
  if (!has_parallel) MESSAGE("GNU parallel is not installed: its line is skipped (Debian: parallel)");
  std::size_t run = 0;
  for (const std::string& command : commands_in_readme()) {
    if (is_tested_elsewhere(command) || (!has_parallel && command.starts_with("parallel "))) continue;
    check_success(checkout, command);
    ++run;
  }
  CHECK(run >= 2);
}

TEST_CASE("every example of --help succeeds") {
  const Checkout checkout;
  REQUIRE(checkout.run("for c in iris spirals xor; do primer train configs/$c.toml --quiet; done").code == 0);
  const std::vector<std::string> commands = words_at_line_starts(checkout.run("primer --help").out, "  ");
  CHECK(commands.size() >= 6);
  std::size_t run = 0;
  for (const std::string& command : commands) {
    std::istringstream help(checkout.run("primer " + command + " --help").out);

    for (std::string line; std::getline(help, line);) {
      const bool is_example =
          line.starts_with("  ") && (line.starts_with("  primer ") || line.find("| primer ") != std::string::npos);
      if (!is_example || is_tested_elsewhere(line)) continue;
      check_success(checkout, line);
      ++run;
    }
  }
  CHECK(run >= 8);
}

TEST_CASE("the README's Python reads what make handout-data writes") {
  const std::string python = python_with("numpy");
  if (python.empty() || sizeof(primer::real) != sizeof(double)) return;
  const Checkout checkout;
  if (!fs::exists(checkout / "tests/course/handout_data.sh")) return;  // as in a handout itself
  REQUIRE(checkout.run("sh tests/course/handout_data.sh build/primer out").code == 0);
  spill_python(checkout, "your formula against primer", "out/student.py");
  const Result student = checkout.run("cd out && " + python + " student.py");
  CAPTURE(student.err);
  REQUIRE(student.code == 0);
  CHECK(std::stod(student.out) < 1e-15);
}

TEST_CASE("the README's PyTorch takes a model from primer, and primer takes it back") {
  const std::string python = python_with("torch, safetensors.torch");
  if (python.empty() || sizeof(primer::real) != sizeof(double)) return;
  const Checkout checkout;
  const std::string train = "build/primer train configs/iris.toml --set data.file=data/wine.csv --quiet ";
  REQUIRE(checkout.run(train + "--out runs/wine --set train.epochs=3").code == 0);
  spill_python(checkout, "import torch", "both_ways.py");
  const Result torch = checkout.run(python + " both_ways.py");
  CAPTURE(torch.err);
  REQUIRE(torch.code == 0);
  REQUIRE(checkout.run(train + "--init net.safetensors --out runs/back --set train.epochs=0").code == 0);
  const auto answers = [&](const std::string& run) {
    return checkout.run("build/primer predict runs/" + run + "/model.safetensors data/wine.csv").out;
  };
  CHECK(answers("wine").size() > 178 * 20);
  CHECK(answers("back") == answers("wine"));
}

TEST_CASE("the README's Slurm script starts a run, is stopped by its signal, and goes on when it is queued again") {
  const Checkout checkout;
  REQUIRE(blocks_in_readme("bash").size() == 1);
  program::spill(checkout / "job.sh", blocks_in_readme("bash")[0]);
  // Slurm's signal reaches the script's process, which by then is primer itself; here as soon as an epoch is done.
  const std::string job = "export SLURM_ARRAY_TASK_ID=3; ";
  const Result stopped = program::interrupted("runs/digits/3/history.csv", "1,", job + "exec sh job.sh", checkout.path);
  CAPTURE(stopped.err);
  const bool in_time = stopped.code == 130;  // on a machine that is fast or busy the run may be over before
  CHECK((in_time || stopped.code == 0));
  // A mark in the first row shows who goes on and who begins again.
  REQUIRE(checkout.run("sed -i '2s/^1,[^,]*/1,9/' runs/digits/3/history.csv").code == 0);
  const Result done = checkout.run(job + "sh job.sh");
  CAPTURE(done.err);
  CHECK(done.code == 0);
  CHECK(slurp(checkout / "runs/digits/3/history.csv").find("\n1,9,") != std::string::npos);
  REQUIRE(checkout.run("build/primer train configs/digits.toml --quiet --set seed=3 --out runs/whole").code == 0);
  CHECK(slurp(checkout / "runs/digits/3/model.safetensors") == slurp(checkout / "runs/whole/model.safetensors"));
}
