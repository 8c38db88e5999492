#include "primer/formats/table_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

using namespace primer;
using toml::TableReader;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr toml::Range fraction{0, 1, false, true, "from 0 up to, but not including, 1"};
constexpr std::array<std::string_view, 3> colours = {"red", "green", "blue"};

// What `read` complains about after it was given the reader of `text`.
template <typename Read>
std::string complaint(const std::string& text, Read read) {
  const toml::Table table = toml::parse(text, "f");
  TableReader reader(table, {"f"});
  try {
    read(reader);
    reader.finish();
  } catch (const UserError& error) {
    return error.what();
  }
  return "read";
}

}  // namespace

TEST_CASE("a key is read as its type, and an absent key as nothing") {
  const toml::Table table = toml::parse(
      "a = \"x\"\nb = 3\nc = 0.5\nd = false\ne = [\"x\", \"y\"]\nf = [1, 2.5, -inf]\ng = \"green\"\n[t]\nh = 1\n"
      "[[l]]\ni = 1\n[[l]]\ni = 2\n",
      "f");
  TableReader reader(table, {"f"});
  CHECK(reader.text("a") == "x");
  CHECK(reader.required_text("a") == "x");
  CHECK(reader.count("b", 0, 3) == 3U);
  CHECK(reader.number("b", {3, 3, false, false, "3"}) == 3.0);
  CHECK(reader.number("c", fraction) == 0.5);
  CHECK(reader.flag("d") == false);
  CHECK(reader.texts("e") == std::vector<std::string>{"x", "y"});
  CHECK(reader.texts("a") == std::vector<std::string>{"x"});
  CHECK(reader.numbers("f") == std::vector<double>{1, 2.5, -infinity});
  CHECK(reader.choice("g", colours) == "green");
  CHECK(reader.table("t").count("h", 1, 1) == 1U);
  std::vector<TableReader> list = reader.tables("l");
  REQUIRE(list.size() == 2);
  CHECK(list[1].count("i", 0, 9) == 2U);
  CHECK(to_string(list[1].location()) == "f:12:1");
  CHECK(to_string(reader.location("c")) == "f:3:5");
  CHECK(to_string(reader.location("none")) == "f");
  reader.finish();

  CHECK_FALSE(reader.text("none"));
  CHECK_FALSE(reader.count("none", 0, 1));
  CHECK_FALSE(reader.number("none", fraction));
  CHECK_FALSE(reader.flag("none"));
  CHECK_FALSE(reader.choice("none", colours));
  CHECK(reader.texts("none").empty());
  CHECK(reader.numbers("none").empty());
  CHECK(reader.tables("none").empty());
  reader.table("none").finish();
  CHECK(reader.has("a"));
  CHECK_FALSE(reader.has("none"));
}

TEST_CASE("a value of another type is refused at its location") {
  const auto wrong = [](const std::string& value, auto read) { return complaint("k = " + value, read); };
  CHECK(wrong("1", [](TableReader& r) { r.text("k"); }) == "f:1:5: k: must be a string, not an integer");
  CHECK(wrong("1", [](TableReader& r) { r.choice("k", colours); }) == "f:1:5: k: must be a string, not an integer");
  CHECK(wrong("1.0", [](TableReader& r) { r.count("k", 0, 9); }) ==
        "f:1:5: k: must be an integer from 0 to 9, not a float");
  CHECK(wrong("true", [](TableReader& r) { r.number("k", fraction); }) == "f:1:5: k: must be a number, not a boolean");
  CHECK(wrong("\"yes\"", [](TableReader& r) { r.flag("k"); }) == "f:1:5: k: must be true or false, not a string");
  CHECK(wrong("2", [](TableReader& r) { r.texts("k"); }) ==
        "f:1:5: k: must be a string or a list of strings, not an integer");
  CHECK(wrong("[\"x\", 2]", [](TableReader& r) { r.texts("k"); }) ==
        "f:1:11: k: must be a string or a list of strings, not an integer");
  CHECK(wrong("2", [](TableReader& r) { r.numbers("k"); }) == "f:1:5: k: must be a list of numbers, not an integer");
  CHECK(wrong("[1, \"x\"]", [](TableReader& r) { r.numbers("k"); }) == "f:1:9: k: must be a number, not a string");
  CHECK(wrong("2", [](TableReader& r) { r.table("k"); }) ==
        "f:1:5: k: must be a table, written as [k], not an integer");
  CHECK(wrong("[{}, 2]", [](TableReader& r) { r.tables("k"); }) ==
        "f:1:10: k: must be a list of tables, each written as [[k]], not an integer");
}

TEST_CASE("a number outside its range is refused; the bounds themselves are allowed or not, as the range says") {
  const auto counted = [](const std::string& value) {
    return complaint("k = " + value, [](TableReader& r) { r.count("k", 2, 4); });
  };
  CHECK(counted("2") == "read");
  CHECK(counted("4") == "read");
  CHECK(counted("1") == "f:1:5: k: must be an integer from 2 to 4, not 1");
  CHECK(counted("5") == "f:1:5: k: must be an integer from 2 to 4, not 5");
  CHECK(counted("-9223372036854775808") == "f:1:5: k: must be an integer from 2 to 4, not -9223372036854775808");
  const auto number = [](const std::string& value, const toml::Range& range) {
    return complaint("k = " + value, [&](TableReader& r) { r.number("k", range); });
  };
  CHECK(number("0", fraction) == "read");
  CHECK(number("1", fraction) == "f:1:5: k: must be from 0 up to, but not including, 1, not 1");
  CHECK(number("-0.5", fraction) == "f:1:5: k: must be from 0 up to, but not including, 1, not -0.5");
  constexpr toml::Range above_0{0, 1, true, false, "more than 0 and at most 1"};
  CHECK(number("1", above_0) == "read");
  CHECK(number("0", above_0) == "f:1:5: k: must be more than 0 and at most 1, not 0");
  for (const std::string value : {"inf", "-inf", "nan"}) {
    CHECK(number(value, {-infinity, infinity, false, false, "finite"}) == "f:1:5: k: must be finite, not " + value);
  }
}

TEST_CASE("a key that was never asked for is refused with the nearest key, or with all keys") {
  const auto read = [](TableReader& r) {
    r.flag("shuffle");
    r.count("points", 0, 9);
    r.flag("shuffle");
  };
  CHECK(complaint("shufle = true", read) == "f:1:1: unknown key 'shufle'; did you mean 'shuffle'?");
  CHECK(complaint("points = 1\nxyz = 1", read) == "f:2:1: unknown key 'xyz'; write shuffle or points");
  CHECK(complaint("[t]\nx = 1", [](TableReader& r) { r.table("t").finish(); }) == "f:2:1: unknown key 'x' in [t]");
  CHECK(complaint("[[t]]\n[[t]]\n\"\\u001B\" = 1", [](TableReader& r) {
          for (const TableReader& t : r.tables("t")) t.finish();
        }) == "f:3:1: unknown key '\\x1B' in [t.2]");
}

TEST_CASE("a word that is not one of the choices, and a missing key, are refused") {
  CHECK(complaint("k = \"gren\"", [](TableReader& r) { r.choice("k", colours); }) ==
        "f:1:5: k: 'gren' is not known; did you mean 'green'?");
  CHECK(complaint("k = \"b\"", [](TableReader& r) { r.choice("k", colours); }) ==  // every name is near a letter
        "f:1:5: k: 'b' is not known; write red, green or blue");
  CHECK(complaint("k = \"violet\"", [](TableReader& r) { r.choice("k", colours); }) ==
        "f:1:5: k: 'violet' is not known; write red, green or blue");
  CHECK(complaint("", [](TableReader& r) { r.required_text("k"); }) == "f: the key 'k' is missing");
}

TEST_CASE("a whole number may be written as a float") {
  const auto read = [](TableReader& r) { CHECK(r.whole("k", 1, 9) == 3); };
  CHECK(complaint("k = 3.0", read) == "read");
  CHECK(complaint("k = 3", read) == "read");
  for (const char* const text : {"k = 3.5", "k = 0.0", "k = 10.0", "k = nan"}) {
    CAPTURE(text);
    CHECK(complaint(text, [](TableReader& r) { r.whole("k", 1, 9); }) ==
          "f:1:5: k: must be an integer from 1 to 9, not a float");
  }
}

TEST_CASE("the bounds of a whole number may be written as floats") {
  for (const std::string value : {"1", "1.0", "9", "9.0"}) {
    CHECK(complaint("k = " + value, [&](TableReader& r) { CHECK(r.whole("k", 1, 9) == std::stoul(value)); }) == "read");
  }
  CHECK_FALSE(TableReader(toml::Table(), {"f"}).whole("k", 1, 9));
}

TEST_CASE("a word of two letters is near to a choice, and a choice of one letter is shown in quotes") {
  CHECK(complaint("k = \"re\"", [](TableReader& r) { r.choice("k", colours); }) ==
        "f:1:5: k: 're' is not known; did you mean 'red'?");
  constexpr std::array<std::string_view, 3> marks = {";", "\t", "tab"};
  CHECK(complaint("k = \",\"", [&](TableReader& r) { r.choice("k", marks); }) ==
        "f:1:5: k: ',' is not known; write \";\", \"\\t\" or tab");
}

TEST_CASE("a string in --set needs quotes where a number would be taken for one") {
  toml::Table table;
  table.add("k", {}, toml::parse_value("1", {"--set a.k"}));
  table.add("f", {}, toml::parse_value("1", {"file"}));
  TableReader reader(table, {"f"});
  CHECK_THROWS_WITH_AS(reader.text("k"),
                       "--set a.k: k: must be a string, not an integer; put quotes around a string: 'a.k=\"…\"'",
                       UserError);
  CHECK_THROWS_WITH_AS(reader.flag("k"), "--set a.k: k: must be true or false, not an integer", UserError);
  CHECK_THROWS_WITH_AS(reader.text("f"), "file: f: must be a string, not an integer", UserError);
}

TEST_CASE("a range has open or closed ends") {
  constexpr toml::Range open{-1, 2, true, true, ""}, closed{-1, 2, false, false, ""};
  for (const auto& [number, in_open, in_closed] : {std::tuple{-1.5, false, false},
                                                   {-1.0, false, true},
                                                   {0.0, true, true},
                                                   {2.0, false, true},
                                                   {2.5, false, false}}) {
    CHECK(open.contains(number) == in_open);
    CHECK(closed.contains(number) == in_closed);
  }
  constexpr toml::Range all{-infinity, infinity, false, false, ""};
  CHECK(all.contains(1e308));
  for (const double number : {infinity, -infinity, std::numeric_limits<double>::quiet_NaN()})
    CHECK_FALSE(all.contains(number));
}
