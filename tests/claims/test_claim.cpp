#include "primer/claims/claim.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "primer/formats/input.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/views/table.hpp"

using namespace primer;

namespace {

const std::string claims_folder = std::string(PRIMER_SOURCE_DIR) + "/configs/claims";

std::vector<std::string> shipped_claims() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(claims_folder)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  return names;
}

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
  const Claim claim =
      read_claim(written(head + std::string(arms) +
                         finding("measure = \"history.train_loss\"\narm = \"two\"\nover = \"one\"\nband = [0, inf]") +
                         "[[check]]\nformula = \"tanh'(0)\"\nband = [1, 1]\n" +
                         finding("measure = \"flow.a_norm\"\nlayer = 1\nover_layer = \"last\"\nepoch = \"max\"\n"
                                 "epochs = [2, 9]\narm = \"one\"\nat_least = 0.5\nband = [0, 1]") +
                         "[[check]]\nformula = \"0 / 0\"\nband = [nan, nan]\n"));
  CHECK(claim.name == "t");
  CHECK(claim.seeds == 2);
  CHECK(claim.arms[1].set == std::vector<Override>{{"layer.1.units", "4"}});
  REQUIRE(claim.findings.size() == 4);  // the checks first
  CHECK(claim.findings[0].is_check());
  CHECK(claim.findings[1].band.contains(std::nan("")));
  CHECK_FALSE(claim.findings[0].band.contains(std::nan("")));
  CHECK(claim.findings[2].arm == 1);
  CHECK(*claim.findings[2].over == 0);
  CHECK(std::isinf(claim.findings[2].band.high));
  const Finding& last = claim.findings[3];
  CHECK(last.quantity.layer.from == 1);
  CHECK(last.quantity.layer.to == 1);
  CHECK(last.quantity.epoch.way == "max");
  CHECK(last.quantity.epoch.from == 2);
  CHECK(last.quantity.epoch.to == 9);
}

TEST_CASE("A mistake in a claim is named with its location") {
  const std::string ok = finding("measure = \"history.train_loss\"\narm = \"one\"\nband = [0, 1]");
  const auto error_in = [&](const std::string& text) { return error_of(head + std::string(arms) + finding(text)); };
  CHECK(error_of("claim = \"c\"\n") == ": the key 'notes' is missing");
  CHECK(error_of(head + std::string("seads = 2\n") + arms + ok) == ":7:1: unknown key 'seads'; did you mean 'seeds'?");
  CHECK(error_of("claim = \"c\"\nnotes = \"n\"\nverdict = \"hold\"\n") ==
        ":3:11: verdict: 'hold' is not known; did you mean 'holds'?");
  CHECK(error_of(head + std::string(arms)) == ": the claim measures nothing; add a [[finding]] or a [[check]]");
  CHECK(error_in("measure = \"history.train_los\"\narm = \"one\"\nband = [0, 1]") ==
        ":13:11: measure: 'history.train_los' is not known; did you mean 'history.train_loss'?");
  CHECK(error_in("measure = \"flow.ded\"\narm = \"one\"\nband = [0, 1]") ==
        ":13:11: measure: 'flow.ded' is not known; did you mean 'flow.dead'?");
  CHECK(error_in("measure = \"history.train_loss\"\narm = \"oen\"\nband = [0, 1]") ==
        ":14:7: arm: 'oen' is not known; did you mean 'one'?");
  CHECK(error_in("measure = \"history.train_loss\"\nband = [0, 1]") == ":12:1: the key 'arm' is missing");
  CHECK(error_in("measure = \"history.train_loss\"\narm = \"one\"\nband = [1, 0]") ==
        ":15:8: band: must be [low, high], such as [0, inf]");
  CHECK(error_in("measure = \"history.train_loss\"\narm = \"one\"\naverage = \"mean\"\nband = [0, 1]") ==
        ":15:1: unknown key 'average' in [finding.1]; write measure, layers, layer, over_layers, over_layer, epochs, "
        "epoch, at, arm, over, minus, at_least or band");
  CHECK(error_in("measure = \"alpha_change\"\narm = \"one\"\nband = [0, 1]") ==
        ":12:1: alpha_change needs the key 'layer'");
  CHECK(error_in("measure = \"history.train_loss\"\nlayer = 1\narm = \"one\"\nband = [0, 1]") ==
        ":14:9: layer: history.train_loss does not use this key");
  CHECK(error_in("measure = \"flow.dead\"\nover_layer = 1\narm = \"one\"\nband = [0, 1]") ==
        ":14:14: over_layer: set the key 'layer', too");
  CHECK(error_in("measure = \"flow.dead\"\nlayer = \"lats\"\narm = \"one\"\nband = [0, 1]") ==
        ":14:9: layer: 'lats' is not known; did you mean 'last'?");
  CHECK(error_in("measure = \"flow.dead\"\nlayer = \"max\"\nlayers = [3, 2]\narm = \"one\"\nband = [0, 1]") ==
        ":15:10: layers: must be [first, last]");
  CHECK(error_in("measure = \"flow.dead\"\nepochs = [3, 2]\narm = \"one\"\nband = [0, 1]") ==
        ":14:10: epochs: needs the key 'epoch', too");
  CHECK(error_in("measure = \"flow.dead\"\narm = \"one\"\nover = \"two\"\nminus = \"two\"\nband = [0, 1]") ==
        ":12:1: a finding has either 'over' or 'minus'; remove one of the two");
  CHECK(error_of(head + std::string("[[check]]\nmeasure = \"flow.dead\"\nband = [1, 1]\n")) ==
        ":7:1: the key 'formula' is missing");
  CHECK(error_of(head + std::string("[[arm]]\nname = \"one\"\nset = \"layer.1.units\"\n") + ok) ==
        ":9:7: set: write \"KEY=VALUE\", as in the option --set");
  CHECK(error_of(head + std::string("[[arm]]\nname = \"one\"\nstart = \"two\"\n") + ok)
            .starts_with(":9:9: start: 'two'"));
}

TEST_CASE("Every claim of the project can be read, names runs that exist, and is on the page of claims") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  const std::vector<std::string> names = shipped_claims();
  CHECK(names.size() >= 38);
  for (const std::string& name : names) {
    CAPTURE(name);
    const Claim claim = read_claim(claims_folder + "/" + name + ".toml");
    CHECK(claim.explanation.size() > 120);
    for (const Arm& arm : claim.arms) CHECK_NOTHROW(read_config(arm.config, arm.set));
    for (const Finding& f : claim.findings) CHECK_FALSE((f.band.low == -HUGE_VAL && f.band.high == HUGE_VAL));
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
    if (!line.starts_with("| S ") && !line.starts_with("| G ") && !line.starts_with("| P ")) continue;
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
  for (const std::string& name : shipped_claims()) {
    CAPTURE(name);
    CHECK(mapped.find("claim `" + name + "`") != std::string::npos);
  }
}

TEST_CASE("Every preset of the playground has a row in the mapping, and shows numbers that its claim prints") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  const std::string presets = read_input(std::string(PRIMER_SOURCE_DIR) + "/src/playground/presets.js", 1 << 20);
  const std::vector<std::string> names = all_between(presets, "name: '", "'");
  const std::vector<std::string> numbers = all_between(presets, "'Claim ", "'");
  CHECK(names.size() == 10);
  REQUIRE(numbers.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    const std::string claim = numbers[i].substr(0, numbers[i].find(':'));
    const std::size_t row = page.find("| P " + names[i] + " |");
    REQUIRE(row != std::string::npos);
    CHECK(page.substr(row, page.find('\n', row) - row).ends_with("claim `" + claim + "` |"));
    const std::size_t block = page.find("\n" + claim + ": ");
    REQUIRE(block != std::string::npos);
    const std::string printed = page.substr(block, page.find("\n\n", block) - block);
    std::istringstream words(numbers[i].substr(claim.size()));
    std::size_t found = 0;
    for (std::string word; words >> word;) {
      if (word.find_first_of("0123456789") == std::string::npos) continue;
      if (word.find('(') != std::string::npos || word.back() == ')') continue;  // N(0, 1)
      while (!word.empty() && std::isdigit(static_cast<unsigned char>(word.back())) == 0) word.pop_back();
      CAPTURE(word);
      CHECK((printed.find(" " + word + " ") != std::string::npos || printed.find("rate " + word) != std::string::npos));
      ++found;
    }
    CHECK(found > 0);
  }
}

TEST_CASE("The results on the page are at most 80 columns wide, and no interval of an accuracy leaves [0, 1]") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  std::istringstream block(
      page.substr(page.find("<!-- claims -->"), page.find("## Interview") - page.find("<!-- claims -->")));
  std::size_t intervals = 0;
  bool accuracy = false;
  for (std::string line; std::getline(block, line);) {
    CAPTURE(line);
    CHECK(count_characters(line) <= 80);
    const std::size_t dots = line.find(" … ");
    if (accuracy && dots != std::string::npos) {
      const double low = std::stod(line.substr(line.rfind(' ', dots - 1)));
      const double high = std::stod(line.substr(dots + std::string(" … ").size()));
      CHECK(0 <= low);
      CHECK(high <= 1);
      ++intervals;
    }
    accuracy = line.find("_accuracy of ") != std::string::npos && line.find(" minus ") == std::string::npos;
  }
  CHECK(intervals > 40);
}

TEST_CASE("The page of claims answers questions by claims that exist, and lists every measure") {
  const std::string page = read_input(claims_folder + "/README.md", 1 << 20);
  const std::vector<std::string> asked = all_between(page, "`primer claims ", "`");
  CHECK(asked.size() > 25);
  for (const std::string& name : asked) {
    CAPTURE(name);
    CHECK((name == "NAME" || name.starts_with("--") || name.starts_with("NAME ") || name.starts_with("momentum") ||
           std::filesystem::exists(claims_folder + "/" + name + ".toml")));
  }
  for (const Measure& m : measures()) {
    CAPTURE(m.name);
    CHECK(page.find("\n" + m.name + " ") != std::string::npos);
  }
}
