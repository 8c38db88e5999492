#include "primer/cli/arguments.hpp"

#include <doctest/doctest.h>

#include <array>

#include "primer/formats/error.hpp"

namespace {

using primer::Arguments;
using primer::Option;

constexpr std::array<Option, 3> options{
    {primer::set_option, {"--out", "DIR", "where to"}, {"--quiet", "", "say less"}}};
const primer::Command command{"bake", "CAKE [TOPPING]", "Bakes a cake.", "  primer bake carrot\n", options, nullptr};

Arguments parse(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  return parse_arguments(command, pointers);
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const primer::UserError& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("operands and options come in any order, a value after a space or an equals sign") {
  const Arguments a = parse({"--out", "here", "carrot", "--quiet", "--out=there", "cream"});
  CHECK(a.operands == std::vector<std::string>{"carrot", "cream"});
  CHECK(a.value("--out") == "there");  // the last one counts
  CHECK(a.has("--quiet"));
  CHECK_FALSE(a.has("--set"));
  CHECK(parse({"carrot", "--", "--quiet"}).operands == std::vector<std::string>{"carrot", "--quiet"});
}

TEST_CASE("overrides keep their order and split at the first equals sign") {
  const auto sets = parse({"carrot", "--set", "a.b=1", "--set=c.d=x=y"}).overrides();
  REQUIRE(sets.size() == 2);
  CHECK(sets[0] == std::pair<std::string, std::string>("a.b", "1"));
  CHECK(sets[1] == std::pair<std::string, std::string>("c.d", "x=y"));
  CHECK_THROWS_WITH_AS(parse({"carrot", "--set", "ab"}).overrides(),
                       "--set ab: write --set KEY=VALUE, as in --set train.learning_rate=0.1", primer::UserError);
}

TEST_CASE("the line for a shell parses into the same arguments and is quoted where needed") {
  const Arguments a = parse({"it's", "--set", "layer.1.activation=elu(1)", "--out=", "--quiet"});
  CHECK(shell_line(command, a) == R"(primer bake 'it'\''s' --set 'layer.1.activation=elu(1)' --out '' --quiet)");
  CHECK(shell_line(command, parse({"carrot", "--set", "a.b=0.1"})) == "primer bake carrot --set a.b=0.1");
}

TEST_CASE("the error for words that a command does not take says what it takes") {
  const std::string usage = "usage: primer bake CAKE [TOPPING] [OPTION]...";
  CHECK(refusal({"carrot", "--qiuet"}) == "unknown option '--qiuet'; did you mean '--quiet'?");
  CHECK(refusal({"carrot", "--frobnicate"}) == "unknown option '--frobnicate'; `primer bake --help` lists the options");
  CHECK(refusal({}) == "too few words; " + usage);
  CHECK(refusal({"a", "b", "c"}) == "too many words; " + usage);
  CHECK(refusal({"a", "b"}) == "accepted");
  CHECK(refusal({"carrot", "--out"}) == "--out needs a value: --out DIR");
  CHECK(refusal({"carrot", "--quiet=yes"}) == "--quiet takes no value");
}

TEST_CASE("the help is made from the same table entry") {
  CHECK(help(command) ==
        "usage: primer bake CAKE [TOPPING] [OPTION]...\n"
        "\n"
        "Bakes a cake.\n"
        "\n"
        "  --set KEY=VALUE  override a key of the config, such as layer.1.units=8\n"
        "  --out DIR        where to\n"
        "  --quiet          say less\n"
        "\n"
        "  primer bake carrot\n");
}
