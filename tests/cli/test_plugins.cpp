// The README's example of a user's own activation, loss and optimiser: the very text is compiled, named in a config and
// trained.
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

const char* const names[][2] = {
    {"layer.1.activation", "bent_identity"}, {"train.loss", "log_cosh"}, {"train.optimizer", "lion"}};

std::string with_plugins(const std::string& command) {
  std::string words = command + " " PRIMER_SOURCE_DIR "/configs/regression.toml --set train.learning_rate=0.001 ";
  for (const auto& [key, name] : names) words += std::string("--set ") + key + "=" + name + " ";
  return words;
}

}  // namespace

TEST_CASE("the README shows the example that is compiled here") {
  const std::string readme = program::slurp(PRIMER_SOURCE_DIR "/README.md");
  const std::string example = program::slurp(PRIMER_SOURCE_DIR "/tests/plugins/main.cpp");
  REQUIRE(example.size() > 1000);
  CHECK(readme.find("```cpp\n" + example + "```\n") != std::string::npos);
}

TEST_CASE("a user's activation, loss and optimiser are named in a config, pass the gradient check and train") {
  const program::Folder folder;
  const std::string own = std::string("'") + PRIMER_PLUGINS + "' ";
  const program::Result result = program::shell(own + with_plugins("train") + "--quiet --out run", folder.path);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.find("idle-key") == std::string::npos);
  CHECK(result.out.find("1      bent_identity") != std::string::npos);
  std::istringstream history(program::slurp(folder / "run/history.csv"));
  std::vector<double> losses;
  std::string line;
  std::getline(history, line);
  while (std::getline(history, line)) losses.push_back(std::stod(line.substr(line.find(',') + 1)));
  REQUIRE(losses.size() > 10);
  CHECK(losses.back() < losses.front() / 4);
  CHECK(program::shell(own + with_plugins("gradcheck"), folder.path).code == (sizeof(primer::real) == 8 ? 0 : 2));
}

TEST_CASE("the plain program knows none of the README's three names") {
  for (const auto& [key, name] : names) {
    const program::Result result =
        program::primer(std::string("check " PRIMER_SOURCE_DIR "/configs/regression.toml --set ") + key + "=" + name);
    CHECK(result.code == 2);
    CHECK(result.err.find(std::string("'") + name + "'") != std::string::npos);
  }
}

TEST_CASE("the README's activation has the ranges of its formula, not what ∞ − ∞ gives") {
  const auto result = program::shell("'" PRIMER_PLUGINS "' activations bent_identity", PRIMER_SOURCE_DIR);
  CHECK(result.code == 0);
  CHECK(result.out.find("\n  range of σ   (-∞, ∞)\n") != std::string::npos);
  CHECK(result.out.find("\n  range of σ′  (0.5, 1.5)\n") != std::string::npos);
}
