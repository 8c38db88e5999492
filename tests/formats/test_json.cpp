#include "primer/formats/json.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

using namespace primer;

namespace {

std::string complaint(std::string_view text) {
  try {
    json::parse(text, {"f"});
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

std::string string(const std::string& text) { return std::get<std::string>(json::parse(text, {"f"}).data); }

}  // namespace

TEST_CASE("every kind of JSON value is read") {
  const json::Value value = json::parse(" {\"a\": [1, -2.5e1, true, false, null, \"x\"], \"\": {}} ", {"f"});
  const auto& object = std::get<json::Object>(value.data);
  REQUIRE(object.size() == 2);
  CHECK(object[0].key == "a");
  const auto& array = std::get<json::Array>(object[0].value.data);
  REQUIRE(array.size() == 6);
  CHECK(std::get<std::int64_t>(array[0].data) == 1);
  CHECK(std::get<double>(array[1].data) == -25);
  CHECK(std::get<bool>(array[2].data));
  CHECK_FALSE(std::get<bool>(array[3].data));
  CHECK(std::holds_alternative<std::nullptr_t>(array[4].data));
  CHECK(std::get<std::string>(array[5].data) == "x");
  CHECK(std::get<json::Object>(object[1].value.data).empty());
}

TEST_CASE("integers are exact to 64 bits and doubles beyond") {
  CHECK(std::get<std::int64_t>(json::parse("9223372036854775807", {"f"}).data) == 9223372036854775807);
  CHECK(std::get<double>(json::parse("9223372036854775808", {"f"}).data) == 9223372036854775808.0);
  CHECK(complaint("1e400") == "f: not JSON at byte 6: the number is beyond the largest double");
}

TEST_CASE("escapes are read as their characters") {
  CHECK(string(R"("\b\f\n\r\t\"\\\/\u0041\u03c3\ud835\udec1")") == "\b\f\n\r\t\"\\/Aσ𝛁");
  CHECK(complaint(R"("\ud835")") == "f: not JSON at byte 8: a surrogate without its other half");
  CHECK(complaint(R"("\udec1")") == "f: not JSON at byte 8: a surrogate without its other half");
  CHECK(complaint(R"("\ud835\u0041")") == "f: not JSON at byte 14: a surrogate without its other half");
  CHECK(complaint(R"("\x")") == "f: not JSON at byte 3: unknown escape");
  CHECK(complaint(R"("\u00g0")") == "f: not JSON at byte 3: unknown escape");
  CHECK(complaint(R"("\u00)") == "f: not JSON at byte 3: unknown escape");
}

TEST_CASE("text that is not JSON is refused at its byte") {
  CHECK(complaint("") == "f: not JSON at byte 1: expected a value");
  CHECK(complaint("[1,]") == "f: not JSON at byte 4: expected a value");
  CHECK(complaint("[1 2]") == "f: not JSON at byte 4: expected \",\" or \"]\"");
  CHECK(complaint("{\"a\" 1}") == "f: not JSON at byte 6: expected \":\"");
  CHECK(complaint("{a: 1}") == "f: not JSON at byte 2: expected a string");
  CHECK(complaint("{\"a\": 1") == "f: not JSON at byte 8: expected \",\" or \"}\"");
  CHECK(complaint("1 2") == "f: not JSON at byte 3: expected the end");
  CHECK(complaint("01") == "f: not JSON at byte 2: expected the end");
  CHECK(complaint("1.") == "f: not JSON at byte 3: expected a digit");
  CHECK(complaint("1e+") == "f: not JSON at byte 4: expected a digit");
  CHECK(complaint("+1") == "f: not JSON at byte 1: expected a value");
  CHECK(complaint("\"a") == "f: not JSON at byte 3: the string is not closed");
  CHECK(complaint("\"a\n\"") == "f: not JSON at byte 3: a control character in a string");
  CHECK(complaint("\"\xff\"") == "f: not JSON at byte 2: not UTF-8");
  CHECK(complaint("{\"a\": 1, \"b\": 2, \"\\u0061\": 3}") == "f: the key \"a\" occurs twice");
}

TEST_CASE("deep nesting does not exhaust the stack") {
  CHECK(complaint(std::string(16, '[') + std::string(16, ']')) == "accepted");
  CHECK(complaint(std::string(100'000, '[')) == "f: not JSON at byte 18: values are nested more than 16 levels deep");
}

TEST_CASE("a written string reads back, and text that is not UTF-8 is not written") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "σ′ 𝛁";
  CHECK(string(json::quote(all)) == all);
  CHECK(json::quote("a\"b\\c\n\x01") == R"("a\"b\\c\n\u0001")");
  CHECK_THROWS_WITH_AS(json::quote("\xff"), "\"\\xFF\" is not UTF-8 and cannot be written as JSON", RuntimeError);
}

TEST_CASE("an array of strings goes to text and back") {
  const std::vector<std::string> strings = {"setosa", "a, \"b\"", ""};
  CHECK(json::string_array(strings) == R"(["setosa", "a, \"b\"", ""])");
  CHECK(json::parse_string_array(json::string_array(strings), {"f"}) == strings);
  CHECK(json::parse_string_array("[]", {"f"}).empty());
  for (const std::string text : {"[1]", "{}", "null"}) {
    CHECK_THROWS_WITH_AS(json::parse_string_array(text, {"f"}),
                         ("f: expected a JSON array of strings, not \"" + text + "\"").c_str(), UserError);
  }
}

TEST_CASE("surrogate pairs name every character beyond U+FFFF, and half of one is refused") {
  CHECK(string(R"("\ud800\udc00")") == "\xF0\x90\x80\x80");
  CHECK(string(R"("\udbff\udfff")") == "\xF4\x8F\xBF\xBF");
  CHECK(string(R"("\ud801\udc37")") == "\xF0\x90\x90\xB7");
  CHECK(string(R"("\ud7ff\ue000\uFFFD")") == "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD");
  for (const std::string half : {R"("\udc00")", R"("\udfff")", R"("\udbff")", R"("\udbff\ue000")", R"("\ud800\udbff")",
                                 R"("\ud800x")", R"("\udc00\udc00")"}) {
    CAPTURE(half);
    CHECK(complaint(half) != "accepted");
  }
}

TEST_CASE("numbers have the parts that JSON gives them") {
  const auto value = [](const std::string& text) { return std::get<double>(json::parse(text, {"f"}).data); };
  CHECK(std::get<std::int64_t>(json::parse("-0", {"f"}).data) == 0);
  CHECK(std::get<std::int64_t>(json::parse("-17", {"f"}).data) == -17);
  CHECK(value("0.5") == 0.5);
  CHECK(value("-1.25") == -1.25);
  CHECK(value("1E2") == 100);
  CHECK(value("1e+2") == 100);
  CHECK(value("25e-1") == 2.5);
  CHECK(value("0e0") == 0);
  for (const std::string text : {"-", ".5", "1e", "1e-", "1e+-2", "00", "-01", "1.e2", "1.5.", "0x1", "nan", "--1"}) {
    CAPTURE(text);
    CHECK(complaint(text) != "accepted");
  }
}

TEST_CASE("spaces may stand between all parts, and only JSON's spaces") {
  CHECK(complaint(" \t\r\n[ 1 ,\n2 , { \"a\" : [ ] , \"b\"\t:{ } } ]\r\n ") == "accepted");
  CHECK(complaint("[1,\v2]") != "accepted");
  for (const std::string text :
       {"[,1]", "[1,,2]", "{,}", "{\"a\":1,}", "{\"a\"}", "[1", "{\"a\":[1}", "nul", "tru", "[]]"}) {
    CAPTURE(text);
    CHECK(complaint(text) != "accepted");
  }
}

TEST_CASE("objects nest as deep as arrays, and a key may occur again in another object") {
  std::string deep = "1";
  for (int k = 0; k < 16; ++k) deep = "{\"a\":" + deep + "}";
  CHECK(complaint(deep) == "accepted");
  CHECK(complaint("{\"a\":" + deep + "}") != "accepted");
  CHECK(complaint("[" + deep + "]") != "accepted");
  CHECK(complaint(R"([{"b": 1, "a": {"a": 2, "b": 3}}, {"a": 1}])") == "accepted");
  CHECK(complaint(R"({"c": 1, "a": 2, "b": 3, "c": 4})") == "f: the key \"c\" occurs twice");
}

TEST_CASE("exactly the characters below U+0020 are refused unescaped; they and DEL are escaped when written") {
  for (int c = 1; c < 0x80; ++c) {
    CAPTURE(c);
    const std::string one(1, static_cast<char>(c));
    if (c != '"' && c != '\\') CHECK((complaint("\"" + one + "\"") == "accepted") == (c >= 0x20));
    CHECK((json::quote(one).size() == 3) == (c >= 0x20 && c != 0x7F && c != '"' && c != '\\'));
  }
  CHECK(json::quote("\x1f/\x7f") == R"("\u001F/\u007F")");
}

TEST_CASE("numbers, arrays and objects are written as JSON that reads back") {
  CHECK(json::number(0.123456, 4) == "0.1235");
  CHECK(json::number(-1e300, 6) == "-1e+300");
  CHECK(json::number(1.0 / 0.0, 6) == "null");
  CHECK(json::array(std::vector<int>{}, [](int n) { return std::to_string(n); }) == "[]");
  CHECK(json::array(std::vector<int>{1, -2}, [](int n) { return std::to_string(n); }) == "[1,-2]");
  const std::vector<std::pair<std::string, std::string>> members{{"a \"b\"", "[1]"}, {"c", "null"}};
  CHECK(json::object(members) == R"({"a \"b\"":[1],"c":null})");
  CHECK(json::object({}) == "{}");
}

TEST_CASE("every place where JSON breaks off or goes wrong is named by its byte") {
  const auto at = [](const std::string& text, int byte, const std::string& why) {
    CAPTURE(text);
    CHECK(complaint(text) == "f: not JSON at byte " + std::to_string(byte) + ": " + why);
  };
  at(R"(["\u0041)", 9, "the string is not closed");
  at(R"("\n)", 4, "the string is not closed");
  at(R"("\ud800\)", 9, "unknown escape");
  at(R"("ab\q")", 5, "unknown escape");
  at(R"({"a":1,"b":})", 12, "expected a value");
  at(R"({"a":1,b})", 8, "expected a string");
  at("[\"\xCF\x83\", -]", 9, "expected a value");
  at("[2, 1.x]", 7, "expected a digit");
  at("  1  x", 6, "expected the end");
  at("[[[[[[[[[[[[[[[[[", 18, "values are nested more than 16 levels deep");
  at("\"a\xC3\"", 3, "not UTF-8");
  // The bytes behind the text do not belong to it.
  CHECK(complaint(std::string_view("[1 ]").substr(0, 2)) == "f: not JSON at byte 3: expected \",\" or \"]\"");
  CHECK(complaint(std::string_view("\"\\n\"").substr(0, 2)) == "f: not JSON at byte 3: unknown escape");
}

TEST_CASE("numbers are written with their digits, whatever their size") {
  CHECK(json::number(-1.7976931348623157e308, 17) == "-1.7976931348623157e+308");
  CHECK(json::number(-2.2250738585072014e-308, 17) == "-2.2250738585072014e-308");
  CHECK(json::number(100, 2) == "1e+02");
  CHECK(json::number(-1.0 / 0.0, 6) == "null");
  CHECK(json::number(std::nan(""), 6) == "null");
}
