#include "primer/claims/claim.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "primer/formats/input.hpp"

using namespace primer;

namespace {

const std::string claims_folder = std::string(PRIMER_SOURCE_DIR) + "/configs/claims";

const char* const head =
    "claim = \"c\"\nnotes = \"n\"\nverdict = \"holds\"\nexplanation = \"e\"\nconfig = \"xor.toml\"\nseeds = 2\n";
const char* const arms = "[[arm]]\nname = \"one\"\n[[arm]]\nname = \"two\"\nset = [\"layer.1.units=4\"]\n";

// A claim file beside a small XOR config.
std::string written(const std::string& text) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("primer_test_claim_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "xor.toml")
      << "[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 3\nactivation = \"tanh\"\n"
         "[[layer]]\nactivation = \"sigmoid\"\n[train]\nloss = \"binary_cross_entropy\"\n"
         "learning_rate = 0.5\nepochs = 20\nbatch_size = 0\n[diagnostics]\nevery = 0\n";
  std::ofstream(folder / "t.toml") << text;
  return (folder / "t.toml").string();
}

std::string error_of(const std::string& text) {
  const std::string path = written(text);
  try {
    examine(read_claim(path), 1, 2);
  } catch (const UserError& e) {
    const std::string what = e.what();
    return what.starts_with(path) ? what.substr(path.size()) : what;
  }
  return "no error";
}

std::string finding(const std::string& rest) { return "[[finding]]\n" + rest + "\n"; }

}  // namespace

TEST_CASE("A claim is read with its arms, findings and bands") {
  const Claim claim =
      read_claim(written(head + std::string("quick_seeds = 3\n") + arms +
                         finding("measure = \"train_loss\"\narm = \"two\"\nover = \"one\"\nband = [0, inf]") +
                         finding("measure = \"slope\"\nactivation = \"tanh\"\nat = 0\nband = [1, 1]")));
  CHECK(claim.name == "t");
  CHECK(claim.seeds == 2);
  CHECK(claim.quick_seeds == 3);
  CHECK(claim.arms[1].set == std::vector<Override>{{"layer.1.units", "4"}});
  CHECK(claim.findings[0].arm == 1);
  CHECK(*claim.findings[0].over == 0);
  CHECK(std::isinf(claim.findings[0].high));
  CHECK(text_of(claim.findings[0], claim) == "train_loss of two over one");
  CHECK(text_of(claim.findings[1], claim) == "slope(tanh, 0)");
}

TEST_CASE("Values are those of the runs, arms paired seed by seed") {
  const Claim claim = read_claim(
      written(head + std::string(arms) + finding("measure = \"parameters\"\narm = \"two\"\nband = [17, 17]") +
              finding("measure = \"parameters\"\narm = \"two\"\nminus = \"one\"\nband = [4, 4]") +
              finding("measure = \"train_loss\"\narm = \"one\"\nover = \"one\"\nband = [1, 1]") +
              finding("measure = \"train_loss\"\narm = \"one\"\nband = [0, 0.1]")));
  const std::vector<Result> results = examine(claim, 1, 2);
  CHECK(results[0].estimate.value == 17);
  CHECK(results[0].holds);
  CHECK(results[1].estimate.value == 4);
  CHECK(results[1].distinguishable);
  CHECK(results[2].estimate.value == 1);
  CHECK_FALSE(results[2].distinguishable);
  CHECK(results[2].holds);
  CHECK_FALSE(results[3].holds);  // 20 epochs are too few for this loss
}

TEST_CASE("A comparison whose band leaves out equality must be distinguishable") {
  const Claim claim =
      read_claim(written(head + std::string(arms) +
                         finding("measure = \"train_loss\"\narm = \"one\"\nminus = \"two\"\nband = [-1, -1e-9]") +
                         finding("measure = \"train_loss\"\narm = \"two\"\nminus = \"one\"\nband = [1e-9, 1]")));
  const std::vector<Result> results = examine(claim, 1, 2);
  CHECK_FALSE(results[0].distinguishable);  // two seeds, noise
  CHECK_FALSE(results[0].holds);
  CHECK_FALSE(results[1].holds);
}

TEST_CASE("An arm can start from another's network and with biases of its own") {
  const Claim claim =
      read_claim(written(head + std::string("[[arm]]\nname = \"one\"\n") +
                         "[[arm]]\nname = \"same\"\nstart = \"one\"\nset = [\"train.epochs=0\"]\n"
                         "[[arm]]\nname = \"biased\"\nbias = [0, 100]\nset = [\"train.epochs=0\"]\n" +
                         finding("measure = \"train_loss\"\narm = \"one\"\nminus = \"same\"\nband = [0, 0]") +
                         finding("measure = \"train_loss\"\narm = \"biased\"\nband = [45, 55]")));
  const std::vector<Result> results = examine(claim, 1, 2);
  CHECK(results[0].estimate.value == 0);
  CHECK(results[1].estimate.value == doctest::Approx(50).epsilon(0.1));  // half of the targets are 0
}

TEST_CASE("A mistake in a claim is named with its place") {
  const std::string ok = finding("measure = \"train_loss\"\narm = \"one\"\nband = [0, 1]");
  CHECK(error_of("claim = \"c\"\n") == ": there is no key 'notes'");
  CHECK(error_of(head + std::string("seads = 2\n") + arms + ok) == ":7:1: unknown key 'seads'; did you mean 'seeds'?");
  CHECK(error_of("claim = \"c\"\nnotes = \"n\"\nverdict = \"hold\"\n") ==
        ":3:11: verdict: 'hold' is not known; did you mean 'holds'?");
  CHECK(error_of(head + std::string(arms)) == ": there is no [[finding]]: nothing is measured");
  CHECK(error_of(head + std::string(arms) + finding("measure = \"train_los\"\narm = \"one\"\nband = [0, 1]")) ==
        ":13:11: measure: 'train_los' is not known; did you mean 'train_loss'?");
  CHECK(error_of(head + std::string(arms) + finding("measure = \"train_loss\"\narm = \"oen\"\nband = [0, 1]")) ==
        ":14:7: arm: 'oen' is not known; did you mean 'one'?");
  CHECK(error_of(head + std::string(arms) + finding("measure = \"train_loss\"\narm = \"one\"\nband = [1, 0]")) ==
        ":15:8: band must be [low, high]; either may be inf");
  CHECK(error_of(head + std::string(arms) + finding("measure = \"alpha_change\"\narm = \"one\"\nband = [0, 1]")) ==
        ":12:1: alpha_change needs the key 'layer'");
  CHECK(error_of(head + std::string(arms) +
                 finding("measure = \"alpha_change\"\nlayer = 1\narm = \"one\"\nband = [0, 1]")) ==
        ":12:1: alpha_change: tanh has no learned alpha; use prelu");
  CHECK(error_of(head + std::string("[[arm]]\nname = \"one\"\nset = [\"layer.1.unit=4\"]\n") + ok) ==
        ":7:1: this arm: --set layer.1.unit: unknown key 'unit' in [layer.1]; did you mean 'units'?");
  CHECK(error_of(head + std::string(arms) + "start = \"one\"\n" + ok) ==
        ":9:1: the network of arm 'one' does not fit this arm's layers");
}

TEST_CASE("Every claim of the project can be read, names runs that exist, and stands on the page of claims") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  const std::vector<std::string> names = claim_names(claims_folder);
  CHECK(names.size() >= 38);
  for (const std::string& name : names) {
    CAPTURE(name);
    const Claim claim = read_claim(claims_folder + "/" + name + ".toml");
    CHECK(claim.explanation.size() > 120);
    for (const Arm& arm : claim.arms) CHECK_NOTHROW(read_config(arm.config, arm.set));
    for (const Finding& f : claim.findings) CHECK_FALSE((std::isinf(f.low) && std::isinf(f.high) && f.low < f.high));
    CHECK(page.find("\n" + name + ": " + claim.verdict) != std::string::npos);
  }
}

namespace {

// What stands in `text` between `before` and `after`, every time.
std::vector<std::string> all_between(const std::string& text, const std::string& before, const std::string& after) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    found.push_back(text.substr(at, text.find(after, at) - at));
  }
  return found;
}

}  // namespace

TEST_CASE("The mapping of the notes names claims, warnings and tests that exist, and every claim is in it") {
  const std::string source = PRIMER_SOURCE_DIR;
  const auto text_of_file = [](const std::string& path) { return read_input(path, 1 << 22); };
  std::istringstream page(text_of_file(claims_folder + "/README.md"));
  std::string mapped;
  std::size_t rows = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| S ") && !line.starts_with("| G ")) continue;
    CAPTURE(line);
    ++rows;
    mapped += line + "\n";
    std::size_t named = all_between(line, "` in the README", "|").size();
    for (const std::string& name : all_between(line, "claim `", "`")) {
      CHECK(std::filesystem::exists(claims_folder + "/" + name + ".toml"));
      ++named;
    }
    for (const std::string& code : all_between(line, "warning `", "`")) {
      CHECK(text_of_file(source + "/src/runs/warnings.cpp").find("\"" + code + "\"") != std::string::npos);
      ++named;
    }
    for (const std::string& test : all_between(line, "test `", "”")) {  // FILE` “CASE
      const std::size_t quote = test.find("` “");
      REQUIRE(quote != std::string::npos);
      const std::string cases = text_of_file(source + "/" + test.substr(0, quote));
      CHECK(cases.find("TEST_CASE(\"" + test.substr(quote + std::string("` “").size())) != std::string::npos);
      ++named;
    }
    CHECK(named > 0);
  }
  CHECK(rows > 70);
  for (const std::string& name : claim_names(claims_folder)) {
    CAPTURE(name);
    CHECK(mapped.find("claim `" + name + "`") != std::string::npos);
  }
}

TEST_CASE("The page of claims answers questions by claims that exist, and lists every measurement") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  const std::vector<std::string> asked = all_between(page, "`primer claims ", "`");
  CHECK(asked.size() > 25);
  for (const std::string& name : asked) {
    CAPTURE(name);
    CHECK((name == "NAME" || std::filesystem::exists(claims_folder + "/" + name + ".toml")));
  }
  for (const Measurement& m : measurements())
    CHECK(page.find("\n| " + std::string(m.name) + " | ") != std::string::npos);
}
