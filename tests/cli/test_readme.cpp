// Runs every command that README and --help show, and checks what the README says about the tree.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

using program::Folder;
using program::Result;
using program::shell;
using program::slurp;

namespace fs = std::filesystem;

// A folder that looks like the source folder after `make`, into which a test may write runs.
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

// The blocks of the README that are marked as `language`.
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

// Writes the one Python block of the README that contains `word` to a file.
void spill_python(const Folder& folder, const std::string& word, const std::string& name) {
  std::vector<std::string> found = blocks_in_readme("python");
  std::erase_if(found, [&](const std::string& block) { return block.find(word) == std::string::npos; });
  REQUIRE(found.size() == 1);
  program::spill(folder / name, found[0]);
}

// The name of a Python that has these modules, or "" and a message.
std::string python_with(const std::string& modules) {
  const Folder anywhere;
  std::string python = shell("for p in python3 /usr/bin/python3; do $p -c 'import " + modules +
                                 "' 2>/dev/null && echo $p && break; done; true",
                             anywhere.path)
                           .out;
  if (python.empty()) MESSAGE("skipped: no python3 has the modules " << modules);
  return python.substr(0, python.find('\n'));
}

// Whether another test runs the command: CI runs make, test_plugins.cpp compiles the example, and ctest runs all
// claims.
bool is_tested_elsewhere(const std::string& command) {
  const std::vector<std::string> beginnings{"make", "c++ ", "build/own "};
  if (command.starts_with("  primer play ")) return true;  // needs the modules of `make playground`
  if (command == "  primer claims" || command == "build/primer claims") return true;
  // The float build refuses these two commands.
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

TEST_CASE("every command of the README succeeds, in the order of the README") {
  const Checkout checkout;
  const bool has_parallel = checkout.run("command -v parallel").code == 0;
  if (!has_parallel) MESSAGE("GNU parallel is not installed: its lines are skipped (Debian: parallel)");
  std::size_t run = 0;
  for (const std::string& command : commands_in_readme()) {
    const bool is_sweep = command.find("runs/sweep") != std::string::npos;
    if (is_tested_elsewhere(command) || (!has_parallel && is_sweep)) continue;
    check_success(checkout, command);
    ++run;
  }
  CHECK(run >= (sizeof(primer::real) == 8 ? 15 : 14));  // the float build refuses claims
  for (const char* folder : {"runs/deep", "runs/wine", "runs/digits"}) {
    CAPTURE(folder);
    CHECK(slurp(checkout / folder + "/report.html").size() > 10'000);
  }
  CHECK(slurp(checkout / "predictions.csv").starts_with("prediction,p_"));
}

TEST_CASE("every example of --help succeeds") {
  const Checkout checkout;
  REQUIRE(checkout
              .run("for c in iris spirals xor; do primer train configs/$c.toml --quiet || exit; done; "
                   "mkdir runs/sweep; for r in deep sweep/1 sweep/2; do cp -r runs/spirals runs/$r || exit; done")
              .code == 0);
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

// In a handout, lines of the core are missing.
bool is_handout() { return fs::exists(PRIMER_SOURCE_DIR "/include/primer/core/needs_task.hpp"); }

TEST_CASE("the README's line counts are those of the tree") {
  if (is_handout()) {
    MESSAGE("skipped: this is a handout");
    return;
  }
  const Checkout checkout;
  const std::string readme = slurp(PRIMER_SOURCE_DIR "/README.md");
  std::vector<std::string> stated;
  std::istringstream lines(readme.substr(readme.find("| part of the framework | lines |")));
  std::string line;
  std::getline(lines, line);  // the head
  std::getline(lines, line);  // |---|
  while (std::getline(lines, line) && line.starts_with("| "))
    stated.push_back(line.substr(line.rfind("| ", line.size() - 3) + 2));
  std::vector<std::string> counting = commands_in_readme();
  std::erase_if(counting, [](const std::string& command) { return !command.ends_with("wc -l"); });
  REQUIRE(stated.size() == 3);
  REQUIRE(counting.size() == stated.size());
  for (std::size_t i = 0; i < stated.size(); ++i) {
    std::erase(stated[i], ',');
    const double actual = std::stod(checkout.run(counting[i]).out);
    CAPTURE(counting[i]);
    CHECK(actual > 100);
    CHECK(std::stod(stated[i]) == doctest::Approx(actual).epsilon(0.03));
  }
}

TEST_CASE("the README's line of backpropagation is a line of the source") {
  if (is_handout()) {
    MESSAGE("skipped: this is a handout");
    return;
  }
  const std::string line = blocks_in_readme("text").at(0);
  CHECK(line.find("// ∂L/∂z = ∂L/∂a ⊙ σ′(z)\n") != std::string::npos);
  CHECK(slurp(PRIMER_SOURCE_DIR "/src/core/activation.cpp").find(line) != std::string::npos);
}

TEST_CASE("every link of the README leads to a file or to a heading") {
  const std::string readme = slurp(PRIMER_SOURCE_DIR "/README.md");
  std::set<std::string> headings;
  std::istringstream lines(readme);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("## ")) continue;
    std::string anchor = "#";
    for (const char c : line.substr(3)) {  // as GitHub makes it
      if (c == ' ') anchor += '-';
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) anchor += static_cast<char>(std::tolower(c));
    }
    headings.insert(anchor);
  }
  std::size_t links = 0;
  for (std::size_t at = readme.find("]("); at != std::string::npos; at = readme.find("](", at + 1)) {
    const std::string target = readme.substr(at + 2, readme.find(')', at) - at - 2);
    CAPTURE(target);
    CHECK((headings.count(target) > 0 || fs::exists(PRIMER_SOURCE_DIR "/" + target)));
    ++links;
  }
  CHECK(links > 40);
}

TEST_CASE("the README's map names every room and every header in it, and the functions of its answers exist") {
  const std::string readme = slurp(PRIMER_SOURCE_DIR "/README.md");
  std::size_t headers = 0;
  for (const auto& room : fs::directory_iterator(PRIMER_SOURCE_DIR "/include/primer")) {
    const std::size_t at = readme.find("\n| " + room.path().filename().string() + " | `primer::");
    CAPTURE(room.path().string());
    REQUIRE(at != std::string::npos);
    const std::string row = readme.substr(at, readme.find('\n', at + 1) - at);
    std::set<std::string> named;
    for (std::size_t bold = row.find("**"); bold != std::string::npos;) {
      const std::size_t end = row.find("**", bold + 2);
      named.insert(row.substr(bold + 2, end - bold - 2));
      bold = row.find("**", end + 2);
    }
    std::set<std::string> present;
    for (const auto& header : fs::directory_iterator(room)) present.insert(header.path().stem().string());
    present.erase("needs_task");  // only a handout has this header
    CHECK(named == present);
    headers += present.size();
  }
  CHECK(headers > 40);
  // "`judge` in [src/claims/claim.cpp](…)"
  std::size_t answers = 0;
  for (std::size_t at = readme.find("` in [src/"); at != std::string::npos; at = readme.find("` in [src/", at + 1)) {
    std::string name = readme.substr(readme.rfind('`', at - 1) + 1, at - readme.rfind('`', at - 1) - 1);
    name = name.substr(name.rfind(':') + 1);
    const std::string file = readme.substr(at + 6, readme.find(']', at) - at - 6);
    CAPTURE(name);
    CHECK(slurp(PRIMER_SOURCE_DIR "/" + file).find(name + "(") != std::string::npos);
    ++answers;
  }
  CHECK(answers >= 5);
}

TEST_CASE("the README's Python reads what make handout-data writes") {
  const std::string python = python_with("numpy");
  const bool is_double = sizeof(primer::real) == sizeof(double);
  if (python.empty() || !is_double || !fs::exists(PRIMER_SOURCE_DIR "/tests/course/handout_data.sh")) {
    MESSAGE("skipped: it needs NumPy, the double build and the course");
    return;
  }
  const Checkout checkout;
  REQUIRE(checkout.run("sh tests/course/handout_data.sh build/primer out").code == 0);
  spill_python(checkout, "your formula against primer", "out/student.py");
  const Result student = checkout.run("cd out && " + python + " student.py");
  CAPTURE(student.err);
  REQUIRE(student.code == 0);
  CHECK(std::stod(student.out) < 1e-15);
}

TEST_CASE("the README's PyTorch takes a model from primer, and primer takes it back") {
  const std::string python = python_with("torch, safetensors.torch");
  if (python.empty() || sizeof(primer::real) != sizeof(double)) {
    MESSAGE("skipped: it needs PyTorch and the double build");
    return;
  }
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

TEST_CASE("the README's Slurm script starts a run, stops at the signal, and continues when it is queued again") {
  const Checkout checkout;
  REQUIRE(blocks_in_readme("bash").size() == 1);
  program::spill(checkout / "job.sh", blocks_in_readme("bash")[0]);
  // Slurm sends its signal to the process of the script, which is primer by then. Here it comes after the first epoch.
  const std::string job = "export SLURM_ARRAY_TASK_ID=3; ";
  const Result stopped = program::interrupted("runs/digits/3/history.csv", "1,", job + "exec sh job.sh", checkout.path);
  CAPTURE(stopped.err);
  const bool in_time = stopped.code == 130;  // on a fast or a busy machine the run may end before the signal
  CHECK((in_time || stopped.code == 0));
  // A mark in the first row shows whether the run continues or begins again.
  REQUIRE(checkout.run("sed -i '2s/^1,[^,]*/1,9/' runs/digits/3/history.csv").code == 0);
  const Result done = checkout.run(job + "sh job.sh");
  CAPTURE(done.err);
  CHECK(done.code == 0);
  CHECK(slurp(checkout / "runs/digits/3/history.csv").find("\n1,9,") != std::string::npos);
  REQUIRE(checkout.run("build/primer train configs/digits.toml --quiet --set seed=3 --out runs/whole").code == 0);
  CHECK(slurp(checkout / "runs/digits/3/model.safetensors") == slurp(checkout / "runs/whole/model.safetensors"));
}
