#include "primer/formats/toml.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <bit>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
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

// The error that parsing `text` gives.
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
  CHECK(complaint(R"(x = "\q")") ==
        "f:1:6: TOML does not have this escape; write \\\\ for a backslash, or put the string in single quotes");
  CHECK(complaint(R"(x = "\uD800")") == "f:1:6: the escape is not a Unicode character");
  CHECK(complaint("x = \"a\x01\"") == "f:1:7: TOML does not allow the control character \\x01 here; remove it");
  CHECK(complaint("x = \"\xff\"") == "f:1:6: the text is not UTF-8; save the file as UTF-8");
  CHECK(complaint("x = 1\ry = 2") == "f:1:6: TOML does not allow the control character \\x0D here; remove it");
}

TEST_CASE("a date or a time is refused by name") {
  for (const std::string text : {"1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "1979-05-27", "07:32:00.5"}) {
    CAPTURE(text);
    const std::string word = text.substr(0, text.find(' '));
    CHECK(complaint("x = " + text) ==
          "f:1:5: dates and times of TOML are not supported; put the value in quotes: \"" + word + "\"");
  }
}

TEST_CASE("a syntax error says what was expected and what was found") {
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

TEST_CASE("additions of TOML 1.1 are refused, and the message names them") {
  CHECK(complaint("x = {a = 1,}") == "f:1:12: TOML 1.0 does not allow a comma before \"}\"; remove it");
  const std::string lines =
      ": TOML 1.0 does not allow an inline table of several lines; end it with \"}\" on its first line";
  CHECK(complaint("x = {\na = 1}") == "f:1:6" + lines);
  CHECK(complaint("x = {a = 1\r\n}") == "f:1:11" + lines);
  CHECK(complaint("x = {a = 1, # one\nb = 2}") == "f:1:13" + lines);
  for (const std::string text : {R"("\e")", R"("\x41")"}) {
    CHECK(complaint("x = " + text) ==
          "f:1:6: TOML 1.0 does not have the escapes \\e and \\x; write \\u and four hexadecimal digits");
  }
}

TEST_CASE("a key or a table cannot be defined twice") {
  const std::string remedy = "; merge the two definitions or remove one";
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

TEST_CASE("deep nesting does not exhaust the stack") {
  const auto repeat = [](std::string_view text, int times) {
    std::string result;
    for (int k = 0; k < times; ++k) result += text;
    return result;
  };
  const std::string too_deep = "tables and arrays are nested more than 64 levels deep";
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
  CHECK(argument("") == "--set k: the value is missing; write \"\" for an empty string");
  CHECK(argument(" \t ") == argument(""));
  CHECK(argument("[1, 2") == "--set k: expected \",\" or \"]\", not the end of the value");
  CHECK(argument("\"a\" b") ==
        "--set k: expected the end of the value, not \" b\"; if a string begins with a quote, [ or {, put the "
        "whole string in quotes, as in '\"[1].csv\"'");
  CHECK(argument("[adam]") == "--set k: \"adam\" is not a value; a string needs quotes");
  CHECK(argument("[1,\nadam]") == argument("[adam]"));  // no line of a file
  CHECK(argument("2024-01-01") ==
        "--set k: dates and times of TOML are not supported; put the value in quotes: \"2024-01-01\"");
  CHECK(argument("a\x1b") == "--set k: TOML does not allow the control character \\x1B here; remove it");
  CHECK(toml::parse_value("8", {"--set k"}).location.file == "--set k");
}

TEST_CASE("a written value parses back to the same value") {
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

TEST_CASE("a key gets quotes only if it needs them") {
  CHECK(toml::key_text("learning_rate") == "learning_rate");
  CHECK(toml::key_text("a b") == "\"a b\"");
  CHECK(toml::key_text("") == "\"\"");
  CHECK_THROWS_WITH_AS(toml::key_text("\xff"), "\"\\xFF\" is not UTF-8 and cannot be written as TOML", RuntimeError);
}

TEST_CASE("a key is added to a table once") {
  toml::Table table;
  table.add("a", {}, {true, {}});
  CHECK_THROWS_AS(table.add("a", {}, {false, {}}), std::logic_error);
  CHECK(table.entries().size() == 1);
}

TEST_CASE("a missing file is refused by name") {
  CHECK_THROWS_WITH_AS(toml::read("no.toml"), "no.toml: cannot be opened: No such file or directory", UserError);
}

TEST_CASE("a bare key is made of letters, digits, _ and -, and every other character needs quotes") {
  const std::string bare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  for (int c = 0x20; c < 0x80; ++c) {
    const char letter = static_cast<char>(c);
    CAPTURE(letter);
    const bool is_bare = bare.find(letter) != bare.npos;
    const std::string key = std::string("a") + letter;
    CHECK((toml::key_text(key) == key) == is_bare);
    if (letter != ' ' && letter != '.') CHECK((complaint(key + "=1") == "accepted") == is_bare);
  }
}

TEST_CASE("every digit of every base has its value, and no other character is a digit") {
  const std::string digits = "0123456789abcdef";
  for (int c = 0x20; c < 0x80; ++c) {
    const char letter = static_cast<char>(c);
    CAPTURE(letter);
    const std::size_t digit = digits.find(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : letter);
    for (const auto& [prefix, base] :
         {std::pair<std::string, std::size_t>{"0x", 16}, {"0o", 8}, {"0b", 2}, {"1", 10}}) {
      const std::string text = "x = " + prefix + letter + "1";
      if (digit < base) {
        const std::size_t value = digit * base + 1 + (base == 10 ? 100 : 0);
        CHECK(get<std::int64_t>(text.substr(4)) == static_cast<std::int64_t>(value));
      } else if (base != 10 || std::string_view("_.eE#").find(letter) == std::string_view::npos) {
        CHECK(complaint(text) != "accepted");
      }
    }
    CHECK((complaint(std::string("x = \"\\u000") + letter + '"') == "accepted") == (digit < 16));
  }
}

TEST_CASE("no control character but the tab is allowed, and a string is written with escapes for the others") {
  for (int c = 0; c < 0x80; ++c) {
    CAPTURE(c);
    const std::string one(1, static_cast<char>(c));
    const bool control = (c < 0x20 && c != '\t') || c == 0x7F;
    CHECK((complaint("x = 1 #" + one) == "accepted") == (!control || c == '\n'));
    CHECK(get<std::string>(toml::to_text({one, {}})) == one);
    if (control) CHECK(toml::to_text({one, {}})[1] == '\\');
  }
  CHECK(toml::to_text({std::string("\x1f\x7f"), {}}) == R"("\u001F\u007F")");
}

TEST_CASE("escapes name every Unicode scalar value and no other number") {
  CHECK(get<std::string>(R"("\uD7FF\uE000")") == "\xED\x9F\xBF\xEE\x80\x80");
  CHECK(get<std::string>(R"("\U0010FFFF")") == "\xF4\x8F\xBF\xBF");
  for (const std::string escape : {"\\uD800", "\\uDFFF", "\\U00110000", "\\UFFFFFFFF", "\\U0000DABC"}) {
    CAPTURE(escape);
    CHECK(complaint("x = \"" + escape + "\"").ends_with("the escape is not a Unicode character"));
  }
  for (const std::string escape : {"\\u12", "\\u123", "\\U0001234", "\\u12G4", "\\", "\\U"}) {
    CAPTURE(escape);
    CHECK(complaint("x = \"" + escape + "\"") != "accepted");
    CHECK(complaint("x = \"" + escape) != "accepted");
  }
  CHECK(get<std::string>(R"("\u00410")") == "A0");
  CHECK(get<std::string>(R"("\b\t\n\f\r\"\\")") == "\b\t\n\f\r\"\\");
}

TEST_CASE("a multi-line string may end in two quotes of its kind, not in three") {
  for (const std::string quote : {"\"", "'"}) {
    const std::string three = quote + quote + quote;
    CHECK(get<std::string>(three + "a" + three) == "a");
    CHECK(get<std::string>(three + "a" + quote + three) == "a" + quote);
    CHECK(get<std::string>(three + "a" + quote + quote + three) == "a" + quote + quote);
    CHECK(complaint("x = " + three + "a" + three + three) != "accepted");
    CHECK(get<std::string>(three + "a" + quote + quote + "b" + three) == "a" + quote + quote + "b");
    CHECK(get<std::string>(three + "\n\na" + three) == "\na");
  }
  CHECK(get<std::string>("'''a\\\nb'''") == "a\\\nb");
  CHECK(get<std::string>("\"\"\"a \\ \t\r\n \n\t b\"\"\"") == "a b");
  CHECK(get<std::string>("\"\"\"a\\\\ b\"\"\"") == "a\\ b");
  CHECK(complaint("x = \"\"\"a \\ b\"\"\"") != "accepted");
}

TEST_CASE("only four digits and - or two digits and : make a date or a time") {
  for (const std::string text : {"197-05-27", "19790-05-27", "1979:05", "7:32", "107:32", "19-05"}) {
    CAPTURE(text);
    const std::string said = complaint("x = " + text);
    CHECK(said != "accepted");
    CHECK(said.find("dates and times") == std::string::npos);
  }
  CHECK(complaint("x = 1979-").find("dates and times") != std::string::npos);
  CHECK(complaint("x = 07:").find("dates and times") != std::string::npos);
  CHECK(get<std::int64_t>("1979") == 1979);
}

TEST_CASE("signs, zeros and infinities are TOML's") {
  CHECK(get<double>("inf") == INFINITY);
  CHECK(get<double>("+inf") == INFINITY);
  CHECK(!std::signbit(get<double>("nan")));
  CHECK(std::signbit(get<double>("-nan")));
  CHECK(toml::to_text({-std::nan(""), {}}) == "-nan");
  CHECK(get<std::int64_t>("0") == 0);
  CHECK(get<double>("0e0") == 0);
  CHECK(get<double>("1E+2") == 100);
  CHECK(get<double>("5e-1") == 0.5);
  for (const std::string text : {"00", "+01", "-0_1", "--1", "++1", "_1", "1_", "0x_1", "1_.5", "1e_2", "infinity"}) {
    CAPTURE(text);
    CHECK(complaint("x = " + text) != "accepted");
  }
}

TEST_CASE("the depth of nesting is that of the place, not of the file") {
  const auto repeat = [](std::string_view text, int times) {
    std::string result;
    for (int k = 0; k < times; ++k) result += text;
    return result;
  };
  const std::string deep = repeat("[", 60) + repeat("]", 60);
  CHECK(complaint("a = " + deep + "\nb = " + deep + "\nc = [" + repeat("[],", 100) + "]") == "accepted");
  CHECK(complaint("a = {b = " + deep + ", c = " + deep + "}\nd.e.f = " + deep) == "accepted");
  CHECK(complaint("[" + repeat("a.", 60) + "a]\nb = 1\n[" + repeat("c.", 60) + "c]\nd = [[1]]") == "accepted");
  CHECK(complaint("x = " + repeat("[", 64) + repeat("]", 64)) != "accepted");
  CHECK(complaint("[" + repeat("a.", 63) + "a]") == "accepted");
  CHECK(complaint("[" + repeat("a.", 64) + "a]") != "accepted");
}

TEST_CASE("the columns of errors count characters of every length") {
  CHECK(complaint("\"é\" = 1 2").find("f:1:9: ") == 0);
  CHECK(complaint("\"σ′\" = 1 2").find("f:1:10: ") == 0);
  CHECK(complaint("\"𝛁\" = 1 2").find("f:1:9: ") == 0);
  CHECK(complaint("# σ\n\n\"𝛁é\" = 1\n\n\"é𝛁\" = ?").find("f:5:8: ") == 0);
}

TEST_CASE("an underscore may stand between any two digits of a base") {
  for (const char a : std::string("0123456789abcdefABCDEF")) {
    for (const char b : std::string("09afAF")) {
      const std::string digits = {a, b}, text = {a, '_', b};
      CHECK(get<std::int64_t>("0x" + text) == std::stoll(digits, nullptr, 16));
      if (std::isdigit(a) && std::isdigit(b) && a != '0') CHECK(get<std::int64_t>(text) == std::stoll(digits));
    }
  }
  for (const std::string text :
       {"0x1_", "0x1__2", "0o1_", "0b_1", "0xg_1", "0o8_1", "0b2_1", "1_e2", "1e2_", "0x1_g"}) {
    CAPTURE(text);
    CHECK(complaint("x = " + text) != "accepted");
  }
}

TEST_CASE("keys are added only to open tables") {
  const std::string remedy = " is already defined in line 1; merge the two definitions or remove one";
  CHECK(complaint("a = 1\n[a]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("a = 1\n[a.b]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("a = 1\na.b = 2") == "f:2:1: \"a\"" + remedy);
  CHECK(complaint("a = 1\n[[a]]") == "f:2:3: \"a\"" + remedy);
  CHECK(complaint("a = {}\na.b = 1") == "f:2:1: \"a\"" + remedy);
  CHECK(complaint("a = {}\n[a]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("a = []\n[a]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("a = []\n[[a]]") == "f:2:3: \"a\"" + remedy);
  CHECK(complaint("a = []\n[a.b]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("a = [1]\n[[a]]") == "f:2:3: \"a\"" + remedy);
  CHECK(complaint("a = [{}, 1]\n[a.b]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("[[a]]\n[a]") == "f:2:2: \"a\"" + remedy);
  CHECK(complaint("[a.b]\n[[a]]") == "f:2:3: \"a\"" + remedy);
  CHECK(complaint("a.b = 1\na.c = 2\na.d.e = 3\n[a.f]\n[x]\ny.z = 1\ny.w = 2") == "accepted");
  CHECK(argument("{a = 1, a = 2}") == "--set k: \"a\" is already defined; merge the two definitions or remove one");
}

TEST_CASE("nesting is counted for each value alone") {
  const auto brackets = [](std::size_t times) { return std::string(times, '[') + std::string(times, ']'); };
  std::string keys;
  for (int k = 0; k < 100; ++k) keys += "k" + std::to_string(k) + " = 1\n";
  CHECK(complaint(keys) == "accepted");
  CHECK(complaint("a = 1\nb = " + brackets(63)) == "accepted");
  CHECK(complaint("a = 1\nb = " + brackets(64)) != "accepted");
  CHECK(complaint("x = [" + brackets(62) + ", " + brackets(62) + "]") == "accepted");
  CHECK(complaint("x = [[], " + brackets(63) + "]") != "accepted");
  CHECK(complaint("x = {a.b = 1, c = " + brackets(62) + "}") == "accepted");
  CHECK(complaint("x = {a.b = 1, c = " + brackets(63) + "}") != "accepted");
  CHECK(complaint("x = {a.b.c = 1}\ny = " + brackets(63)) == "accepted");
  CHECK(complaint("[t.u]\na = " + brackets(61)) == "accepted");
  CHECK(complaint("[t.u]\na = " + brackets(62)) != "accepted");
}

TEST_CASE("spaces and tabs may stand between all parts of a line") {
  const toml::Table config = toml::parse(
      "\t[ \ta . b\t]\t# x\r\n \tc\t. \"d\" \t=\t1 \t# y\n\n  # z\n\te = [ \t1\t, # one\n\r\n2 ,\t] \n", "f");
  CHECK(get<std::int64_t>(config, {"a", "b", "c", "d"}) == 1);
  CHECK(get<toml::Array>(config, {"a", "b", "e"}).size() == 2);
  const toml::Table inlined = toml::parse("x = {\ta = 1\t,  b = { }\t}\t", "f");
  CHECK(get<std::int64_t>(inlined, {"x", "a"}) == 1);
  CHECK(argument("8\t") == "an integer 8");
  CHECK(argument("\t8") == "an integer 8");
  CHECK(argument("'a' \t ") == "a string \"a\"");
}

TEST_CASE("a string that is cut off is refused where it ends, and bytes behind the text do not count") {
  CHECK(complaint("x = 'a\nb'") == "f:1:7: the string is not closed; add a ' at its end");
  CHECK(complaint("x = \"a\r\nb\"") == "f:1:7: the string is not closed; add a \" at its end");
  CHECK(complaint("x = \"a") == "f:1:7: the string is not closed; add a \" at its end");
  CHECK(complaint("x = \"\"\"a\"\"") == "f:1:5: the string is not closed; add \"\"\" at its end");
  CHECK(complaint(std::string_view("x = \"a\\n\"").substr(0, 7)) ==
        "f:1:7: TOML does not have this escape; write \\\\ for a backslash, or put the string in single quotes");
  for (const std::string escape : {"\\q", "\\qa", "\\ua", "\\U0041"}) {
    CHECK(complaint("x = \"" + escape + "\"") ==
          "f:1:6: TOML does not have this escape; write \\\\ for a backslash, or put the string in single quotes");
  }
  CHECK(complaint("seed = \r\n") == "f:1:8: expected a value, not the end of the line");
  CHECK(complaint("seed = 1 σ") == "f:1:10: expected the end of the line, not \"σ\"");
  CHECK(argument("\"a\" \xCF\x83") ==
        "--set k: expected the end of the value, not \" σ\"; if a string begins with a quote, [ or {, put the "
        "whole string in quotes, as in '\"[1].csv\"'");
}

TEST_CASE("a file of exactly 1 MiB is read, and a larger one is refused") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("primer_test_" + std::to_string(getpid()) + ".toml")).string();
  const std::string text = "a = 1 #" + std::string((1 << 20) - 7, 'x');
  std::ofstream(path, std::ios::binary) << text;
  CHECK(toml::read(path).entries().size() == 1);
  std::ofstream(path, std::ios::binary) << text << 'x';
  CHECK_THROWS_WITH_AS(toml::read(path), (path + ": is larger than 1048576 bytes; is it the right file?").c_str(),
                       UserError);
  std::filesystem::remove(path);
}
