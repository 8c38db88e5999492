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

// What read_claim() refuses, without the path of the claim.
std::string error_of(const std::string& text) {
  const std::string path = written(text);
  try {
    read_claim(path);
  } catch (const UserError& e) {
    const std::string what = e.what();
    return what.starts_with(path) ? what.substr(path.size()) : what;
  }
  return "no error";
}

std::string finding(const std::string& rest) { return "[[finding]]\n" + rest + "\n"; }

}  // namespace

TEST_CASE("A claim is read with its arms, findings and bands") {
  const Claim claim = read_claim(
      written(head + std::string("quick_seeds = 3\n") + arms +
              finding("measure = \"train_loss\"\narm = \"two\"\nover = \"one\"\nband = [0, inf]") +
              "[[check]]\nmeasure = \"activation.derivative\"\nactivation = \"tanh\"\nat = 0\nband = [1, 1]\n" +
              finding("measure = \"flow.a_norm\"\nlayer = 1\nover_layer = 2\nepoch = 0\narm = \"one\"\n"
                      "average = \"geometric\"\nband = [0, 1]")));
  CHECK(claim.name == "t");
  CHECK(claim.seeds == 2);
  CHECK(claim.quick_seeds == 3);
  CHECK(claim.arms[1].set == std::vector<Override>{{"layer.1.units", "4"}});
  CHECK(claim.findings[0].arm == 1);
  CHECK(*claim.findings[0].over == 0);
  CHECK(std::isinf(claim.findings[0].band.high));
  CHECK(text_of(claim.findings[0], claim) == "train_loss of two over one");
  CHECK(text_of(claim.findings[1], claim) == "flow.a_norm(layer 1 / 2, epoch 0) of one");
  CHECK(claim.findings[1].average == Average::geometric);
  CHECK(text_of(claim.checks[0].quantity) == "activation.derivative(tanh, 0)");
}

TEST_CASE("A mistake in a claim is named with its location") {
  const std::string ok = finding("measure = \"train_loss\"\narm = \"one\"\nband = [0, 1]");
  const auto error_in = [&](const std::string& text) { return error_of(head + std::string(arms) + finding(text)); };
  CHECK(error_of("claim = \"c\"\n") == ": the key 'notes' is missing");
  CHECK(error_of(head + std::string("seads = 2\n") + arms + ok) == ":7:1: unknown key 'seads'; did you mean 'seeds'?");
  CHECK(error_of("claim = \"c\"\nnotes = \"n\"\nverdict = \"hold\"\n") ==
        ":3:11: verdict: 'hold' is not known; did you mean 'holds'?");
  CHECK(error_of(head + std::string(arms)) == ": the claim measures nothing; add a [[finding]] or a [[check]]");
  CHECK(error_in("measure = \"train_los\"\narm = \"one\"\nband = [0, 1]") ==
        ":13:11: measure: 'train_los' is not known; did you mean 'train_loss'?");
  CHECK(error_in("measure = \"flow.ded\"\narm = \"one\"\nband = [0, 1]") ==
        ":13:11: measure: 'flow.ded' is not known; did you mean 'flow.dead'?");
  CHECK(error_in("measure = \"train_loss\"\narm = \"oen\"\nband = [0, 1]") ==
        ":14:7: arm: 'oen' is not known; did you mean 'one'?");
  CHECK(error_in("measure = \"train_loss\"\nband = [0, 1]") == ":12:1: the key 'arm' is missing");
  CHECK(error_in("measure = \"train_loss\"\narm = \"one\"\nband = [1, 0]") ==
        ":15:8: band: must be [low, high]; either may be inf");
  CHECK(error_in("measure = \"train_loss\"\narm = \"one\"\naverage = \"share\"\nband = [0, 1]") ==
        ":15:11: average: 'share' is not known; write mean, geometric or fraction");
  CHECK(error_in("measure = \"alpha_change\"\narm = \"one\"\nband = [0, 1]") ==
        ":12:1: alpha_change needs the key 'layer'");
  CHECK(error_in("measure = \"train_loss\"\nlayer = 1\narm = \"one\"\nband = [0, 1]") ==
        ":14:9: layer: train_loss does not use this key");
  CHECK(error_in("measure = \"flow.dead\"\nover_layer = 1\narm = \"one\"\nband = [0, 1]") ==
        ":14:14: over_layer: needs the key 'layer', too");
  CHECK(error_in("measure = \"cross_entropy\"\nat = 1\nband = [0, 1]") ==
        ":13:11: measure: cross_entropy is a formula; write it in a [[check]]");
  CHECK(error_of(head + std::string("[[check]]\nmeasure = \"solved\"\nband = [1, 1]\n")) ==
        ":8:11: measure: solved is measured on a run; write it in a [[finding]]");
  CHECK(error_of(head + std::string("[[check]]\nmeasure = \"activation.value\"\nat = 0\nactivation = \"tan\"\n")) ==
        ":10:14: activation: unknown activation 'tan'; did you mean 'tanh'?");
  CHECK(error_of(head + std::string("[[arm]]\nname = \"one\"\nset = \"layer.1.units\"\n") + ok) ==
        ":9:7: set: write \"KEY=VALUE\", as after --set");
  CHECK(error_of(head + std::string("[[arm]]\nname = \"one\"\nstart = \"two\"\n") + ok)
            .starts_with(":9:9: start: 'two'"));
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
    for (const Finding& f : claim.findings) CHECK_FALSE((std::isinf(f.band.low) && std::isinf(f.band.high)));
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

TEST_CASE("The page of claims answers questions by claims that exist, and lists every measure") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  const std::vector<std::string> asked = all_between(page, "`primer claims ", "`");
  CHECK(asked.size() > 25);
  for (const std::string& name : asked) {
    CAPTURE(name);
    CHECK((name == "NAME" || name == "--measures" || std::filesystem::exists(claims_folder + "/" + name + ".toml")));
  }
  for (const Measure& m : measures()) {
    CAPTURE(m.name);
    CHECK(page.find("\n" + m.name + " ") != std::string::npos);
  }
}
