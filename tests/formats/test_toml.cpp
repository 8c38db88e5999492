#include "primer/formats/toml.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace primer;

namespace {

// The value at a path of keys; an index is a key into an array.
const toml::Value& at(const toml::Table& table, std::initializer_list<std::string_view> path) {
  const toml::Table* current = &table;
  const toml::Value* value = nullptr;
  for (const std::string_view key : path) {
    if (value && std::holds_alternative<toml::Array>(value->data)) {
      value = &std::get<toml::Array>(value->data).at(static_cast<std::size_t>(key[0] - '0'));
    } else {
      const toml::Entry* entry = current->find(key);
      REQUIRE_MESSAGE(entry, std::string(key));
      value = &entry->value;
    }
    if (const auto* inner = std::get_if<toml::Table>(&value->data)) current = inner;
  }
  return *value;
}

template <class T>
T get(const toml::Table& table, std::initializer_list<std::string_view> path) {
  return std::get<T>(at(table, path).data);
}

template <class T>
T get(std::string_view text) {
  return get<T>(toml::parse("x = " + std::string(text), "f"), {"x"});
}

// What parsing `text` complains about.
std::string complaint(std::string_view text) {
  try {
    toml::parse(text, "f");
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

std::string argument(std::string_view text) {
  try {
    const toml::Value value = toml::parse_value(text, {"--set k"});
    return std::string(toml::kind(value)) + " " + toml::to_text(value);
  } catch (const UserError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a config is read into tables, arrays of tables and values") {
  const toml::Table config = toml::parse(R"(# a run
seed = 1
[data]
generator = "spirals"   # trailing comment
target = ["y0", 'y1',]
[[layer]]
units = 16
[[layer]]
units = 3
[train]
learning_rate = 0.01
shuffle = true
optimizer.name = "adam"
inline = { a = 1, b.c = [ 1, 2.0 ] }
)",
                                         "f");
  CHECK(get<std::int64_t>(config, {"seed"}) == 1);
  CHECK(get<std::string>(config, {"data", "generator"}) == "spirals");
  CHECK(get<std::string>(config, {"data", "target", "1"}) == "y1");
  CHECK(get<toml::Array>(config, {"layer"}).size() == 2);
  CHECK(get<std::int64_t>(config, {"layer", "1", "units"}) == 3);
  CHECK(get<double>(config, {"train", "learning_rate"}) == 0.01);
  CHECK(get<bool>(config, {"train", "shuffle"}));
  CHECK(get<std::string>(config, {"train", "optimizer", "name"}) == "adam");
  CHECK(get<double>(config, {"train", "inline", "b", "c", "1"}) == 2.0);
  CHECK(config.find("sed") == nullptr);
  REQUIRE(config.entries().size() == 4);
  CHECK(config.entries()[2].key == "layer");
}

TEST_CASE("every value and key knows its line and its column, counted in characters") {
  const toml::Table config = toml::parse("\n[data]\n  \"σ′\" = 'ä'  \n[[layer]]\n[[layer]]\na.b = [1,\n   2]\n", "f");
  const auto location = [&](std::initializer_list<std::string_view> path) {
    return to_string(at(config, path).location);
  };
  CHECK(location({"data"}) == "f:2:1");
  CHECK(to_string(config.find("data")->location) == "f:2:2");
  CHECK(location({"data", "σ′"}) == "f:3:10");
  CHECK(location({"layer"}) == "f:4:1");
  CHECK(location({"layer", "1"}) == "f:5:1");
  CHECK(location({"layer", "1", "a", "b"}) == "f:6:7");
  CHECK(location({"layer", "1", "a", "b", "1"}) == "f:7:4");
}

TEST_CASE("a byte-order mark and CRLF change nothing") {
  const toml::Table config = toml::parse(
      "\xEF\xBB\xBF"
      "a = 1\r\n\r\n[t]\r\nb = \"\"\"x\r\ny\"\"\"\r\n",
      "f");
  CHECK(get<std::int64_t>(config, {"a"}) == 1);
  CHECK(get<std::string>(config, {"t", "b"}) == "x\r\ny");
  CHECK(to_string(at(config, {"a"}).location) == "f:1:5");
}

TEST_CASE("integers have signs, bases and underscores, and end at 64 bits") {
  CHECK(get<std::int64_t>("+1_000") == 1000);
  CHECK(get<std::int64_t>("-0") == 0);
  CHECK(get<std::int64_t>("0xdead_BEEF") == 0xdeadbeef);
  CHECK(get<std::int64_t>("0o755") == 493);
  CHECK(get<std::int64_t>("0b1101") == 13);
  CHECK(get<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(complaint("x = 9223372036854775808") == "f:1:5: the integer \"9223372036854775808\" does not fit in 64 bits");
  CHECK(complaint("x = 012") == "f:1:5: \"012\" is not a value; a string needs quotes");
  CHECK(complaint("x = 1__0") == "f:1:5: \"1__0\" is not a value; a string needs quotes");
  CHECK(complaint("x = -0x1") == "f:1:5: \"-0x1\" is not a value; a string needs quotes");
  CHECK(complaint("x = 0x") == "f:1:5: \"0x\" is not a value; a string needs quotes");
}

TEST_CASE("floats are the nearest double, infinity or nan") {
  CHECK(get<double>("6.626e-34") == 6.626e-34);
  CHECK(get<double>("1e06") == 1e6);
  CHECK(get<double>("-1_0.2_5") == -10.25);
  CHECK(std::signbit(get<double>("-0.0")));
  CHECK(get<double>("-inf") == -INFINITY);
  CHECK(std::isnan(get<double>("+nan")));
  CHECK(get<double>("1e-400") == 0.0);
  CHECK(complaint("x = 1e400") == "f:1:5: the float \"1e400\" is beyond the largest double, 1.8e308");
  for (const std::string text : {"1.", ".5", "1.e5", "1e", "03.1", "1._5", "Inf", "1.2.3", "1e1.5"}) {
    CAPTURE(text);
    CHECK(complaint("x = " + text).find("f:1:5: ") == 0);
  }
}

TEST_CASE("strings keep what is quoted and undo what is escaped") {
  CHECK(get<std::string>(R"("a\tb\"\\\u03c3\U0001D6C1")") == "a\tb\"\\σ𝛁");
  CHECK(get<std::string>(R"('C:\n')") == "C:\\n");
  CHECK(get<std::string>("\"\"\"\none\ntwo \\\n   three\"\"\"\"\"") == "one\ntwo three\"\"");
  CHECK(get<std::string>("'''\n'one'\\'''") == "'one'\\");
  CHECK(complaint("x = \"a\nb\"") == "f:1:7: the string is not closed; add a \" at its end");
  CHECK(complaint("x = 'a") == "f:1:7: the string is not closed; add a ' at its end");
  CHECK(complaint("x = '''\n\n") == "f:1:5: the string is not closed; add ''' at its end");
  CHECK(complaint(R"(x = "\q")") == "f:1:6: TOML has no such escape; write \\\\ for a backslash, or the string in '…'");
  CHECK(complaint(R"(x = "\uD800")") == "f:1:6: the escape is no Unicode character");
  CHECK(complaint("x = \"a\x01\"") == "f:1:7: TOML allows no control character (\\x01) here; remove it");
  CHECK(complaint("x = \"\xff\"") == "f:1:6: not UTF-8; save the file as UTF-8");
  CHECK(complaint("x = 1\ry = 2") == "f:1:6: TOML allows no control character (\\x0D) here; remove it");
}

TEST_CASE("a date or a time is refused by name") {
  for (const std::string text : {"1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "1979-05-27", "07:32:00.5"}) {
    CAPTURE(text);
    const std::string word = text.substr(0, text.find(' '));
    CHECK(complaint("x = " + text) ==
          "f:1:5: TOML's dates and times are not supported; put quotes around \"" + word + "\"");
  }
}

TEST_CASE("what stands in the wrong place is named with what belongs there") {
  CHECK(complaint("seed") == "f:1:5: expected \"=\" after the key, not the end of the file");
  CHECK(complaint("seed = \n") == "f:1:8: expected a value, not the end of the line");
  CHECK(complaint("seed = adam") == "f:1:8: \"adam\" is not a value; a string needs quotes");
  CHECK(complaint("seed = 1 2") == "f:1:10: expected the end of the line, not \"2\"");
  CHECK(complaint("= 1") == "f:1:1: expected a key, not \"=\"");
  CHECK(complaint("[a\n") == "f:1:3: expected \"]\", not the end of the line");
  CHECK(complaint("[[a]\n") == "f:1:4: expected \"]]\", not \"]\"");
  CHECK(complaint("x = [1 2]") == "f:1:8: expected \",\" or \"]\", not \"2\"");
  CHECK(complaint("x = {a = 1 2}") == "f:1:12: expected \",\" or \"}\", not \"2\"");
  CHECK(complaint("x = {a = 1") == "f:1:11: expected \",\" or \"}\", not the end of the file");
  CHECK(complaint("x = {,}") == "f:1:6: expected a key, not \",\"");
}

TEST_CASE("what came with TOML 1.1 is refused by name") {
  CHECK(complaint("x = {a = 1,}") == "f:1:12: a comma before \"}\" is TOML 1.1, and this is 1.0; remove it");
  const std::string lines =
      ": an inline table of several lines is TOML 1.1, and this is 1.0; end it with \"}\" on its line";
  CHECK(complaint("x = {\na = 1}") == "f:1:6" + lines);
  CHECK(complaint("x = {a = 1\r\n}") == "f:1:11" + lines);
  CHECK(complaint("x = {a = 1, # one\nb = 2}") == "f:1:13" + lines);
  for (const std::string text : {R"("\e")", R"("\x41")"}) {
    CHECK(complaint("x = " + text) ==
          "f:1:6: the escapes \\e and \\x are TOML 1.1, and this is 1.0; write \\u and four digits");
  }
}

TEST_CASE("nothing is defined twice") {
  const std::string remedy = "; remove or merge one of the two";
  CHECK(complaint("a = 1\n\na = 2") == "f:3:1: \"a\" is already defined in line 1" + remedy);
  CHECK(complaint("[t]\n[t]") == "f:2:2: \"t\" is already defined in line 1" + remedy);
  CHECK(complaint("a.b = 1\n[a]") == "f:2:2: \"a\" is already defined in line 1" + remedy);
  CHECK(complaint("[a.b.c]\nz = 9\n[a]\nb.c.t = 1") == "f:4:3: \"c\" is already defined in line 1" + remedy);
  CHECK(complaint("a = {}\n[a.b]") == "f:2:2: \"a\" is already defined in line 1" + remedy);
  CHECK(complaint("a = [{}]\n[[a]]") == "f:2:3: \"a\" is already defined in line 1" + remedy);
  CHECK(complaint("[a]\n[[a]]") == "f:2:3: \"a\" is already defined in line 1" + remedy);
  CHECK(complaint("a = {b = 1, b.c = 2}") == "f:1:13: \"b\" is already defined in line 1" + remedy);
  CHECK(complaint("[a.b]\n[a]\n[a.c]\n[[d]]\n[d.e]\n[[d]]\n[d.e]\n") == "accepted");
}

TEST_CASE("no nesting exhausts the stack") {
  const auto repeat = [](std::string_view text, int times) {
    std::string result;
    for (int k = 0; k < times; ++k) result += text;
    return result;
  };
  const std::string too_deep = "tables and arrays nest more than 64 deep";
  CHECK(complaint("x = " + repeat("[", 63) + repeat("]", 63)) == "accepted");
  CHECK(complaint("x = " + repeat("[", 100'000)) == "f:1:69: " + too_deep);
  CHECK(complaint("x = " + repeat("{a=", 100'000)).find(too_deep) != std::string::npos);
  CHECK(complaint(repeat("a.", 100'000).append("a = 1")).find(too_deep) != std::string::npos);
  CHECK(complaint(std::string("[").append(repeat("a.", 100'000)).append("a]")).find(too_deep) != std::string::npos);
  CHECK(complaint(std::string("[a").append(repeat(".a", 40)) + "]\n" + repeat("b.", 40) + "b = 1").find(too_deep) !=
        std::string::npos);
}

TEST_CASE("an argument of --set is TOML, and a bare word is a string") {
  CHECK(argument("8") == "an integer 8");
  CHECK(argument(" 0.5 ") == "a float 0.5");
  CHECK(argument("true") == "a boolean true");
  CHECK(argument("adam") == "a string \"adam\"");
  CHECK(argument("leaky_relu(0.2)") == "a string \"leaky_relu(0.2)\"");
  CHECK(argument("../data/my file.csv") == "a string \"../data/my file.csv\"");
  CHECK(argument("\"8\"") == "a string \"8\"");
  CHECK(argument("[\"y0\", 1]") == "an array [\"y0\", 1]");
  CHECK(argument("{ a = 1 }") == "a table { a = 1 }");
  CHECK(argument("") == "--set k: has no value; an empty string is \"\"");
  CHECK(argument(" \t ") == argument(""));
  CHECK(argument("[1, 2") == "--set k: expected \",\" or \"]\", not the end of the value");
  CHECK(argument("\"a\" b") == "--set k: expected the end of the value, not \" b\"");
  CHECK(argument("[adam]") == "--set k: \"adam\" is not a value; a string needs quotes");
  CHECK(argument("2024-01-01") ==
        "--set k: TOML's dates and times are not supported; put quotes around \"2024-01-01\"");
  CHECK(argument("a\x1b") == "--set k: TOML allows no control character (\\x1B) here; remove it");
  CHECK(toml::parse_value("8", {"--set k"}).location.file == "--set k");
}

TEST_CASE("what is written parses back to the same value") {
  std::mt19937_64 engine(1);
  for (int k = 0; k < 20'000; ++k) {
    const auto number = std::bit_cast<double>(engine());
    if (std::isnan(number)) continue;
    const std::string text = toml::to_text({number, {}});
    REQUIRE(std::bit_cast<std::uint64_t>(get<double>(text)) == std::bit_cast<std::uint64_t>(number));
  }
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "σ′ 𝛁";
  CHECK(get<std::string>(toml::to_text({all, {}})) == all);
  const std::string table = "{ a = [1, 2.0, { }], \"b c\" = \"x\", d = { e = true } }";
  const std::string text = toml::to_text(at(toml::parse("x = " + table, "f"), {"x"}));
  CHECK(text == "{ a = [1, 2.0, {}], \"b c\" = \"x\", d = { e = true } }");
  CHECK(toml::to_text(at(toml::parse("x = " + text, "f"), {"x"})) == text);
}

TEST_CASE("a float is written so that it stays a float") {
  CHECK(toml::to_text({1.0, {}}) == "1.0");
  CHECK(toml::to_text({-0.0, {}}) == "-0.0");
  CHECK(toml::to_text({1e22, {}}) == "1e+22");
  CHECK(toml::to_text({1e-7, {}}) == "1e-07");
  CHECK(toml::to_text({-INFINITY, {}}) == "-inf");
  CHECK(toml::to_text({std::nan(""), {}}) == "nan");
  CHECK(toml::to_text({std::int64_t{1}, {}}) == "1");
}

TEST_CASE("a key is quoted only where it must be") {
  CHECK(toml::key_text("learning_rate") == "learning_rate");
  CHECK(toml::key_text("a b") == "\"a b\"");
  CHECK(toml::key_text("") == "\"\"");
  CHECK_THROWS_WITH_AS(toml::key_text("\xff"), "\"\\xFF\" cannot be written as TOML; it is not UTF-8", RuntimeError);
}

TEST_CASE("a key is added to a table once") {
  toml::Table table;
  table.add("a", {}, {true, {}});
  CHECK_THROWS_AS(table.add("a", {}, {false, {}}), std::logic_error);
  CHECK(table.entries().size() == 1);
}

TEST_CASE("a config that is missing or too large is refused by name") {
  CHECK_THROWS_WITH_AS(toml::read("no.toml"), "no.toml: cannot be opened: No such file or directory", UserError);
}
