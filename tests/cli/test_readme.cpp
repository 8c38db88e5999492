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

// The lines of all blocks that are marked as sh.
std::vector<std::string> commands_in_readme() {
  std::istringstream file(slurp(PRIMER_SOURCE_DIR "/README.md"));
  std::vector<std::string> commands;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside && !line.empty()) {
      commands.push_back(line);
    }
  }
  return commands;
}

// What others do: `make` and CI build and test, test_own_activation.cpp compiles the example, and all claims take their
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

}  // namespace

TEST_CASE("every command of the README succeeds, in the order in which they stand") {
  const Checkout checkout;
  const bool has_parallel = checkout.run("command -v parallel").code == 0;
  if (!has_parallel) MESSAGE("GNU parallel is not installed: its line is skipped (Debian: parallel)");
  std::size_t run = 0;
  for (const std::string& command : commands_in_readme()) {
    if (is_tested_elsewhere(command) || (!has_parallel && command.starts_with("parallel "))) continue;
    CAPTURE(command);
    const Result result = checkout.run(command);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    ++run;
  }
  CHECK(run >= 2);
}

TEST_CASE("every example of --help succeeds") {
  const Checkout checkout;
  REQUIRE(checkout.run("for c in iris spirals xor; do primer train configs/$c.toml --quiet; done").code == 0);
  const std::vector<std::string> verbs = words_at_line_starts(checkout.run("primer --help").out, "  ");
  CHECK(verbs.size() >= 6);
  std::size_t run = 0;
  for (const std::string& verb : verbs) {
    std::istringstream help(checkout.run("primer " + verb + " --help").out);

    for (std::string line; std::getline(help, line);) {
      const bool is_example =
          line.starts_with("  ") && (line.starts_with("  primer ") || line.find("| primer ") != std::string::npos);
      if (!is_example || is_tested_elsewhere(line)) continue;
      CAPTURE(line);
      const Result result = checkout.run(line);
      CAPTURE(result.err);
      CHECK(result.code == 0);
      ++run;
    }
  }
  CHECK(run >= 8);
}
