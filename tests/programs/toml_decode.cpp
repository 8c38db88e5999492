// Reads TOML from standard input and prints the tagged JSON of toml-test, so that toml-test can check the parser. If
// the parser refuses the text, it prints one line on standard error and exits with 1.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"

namespace {

using namespace primer;

std::string json_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    result += c == '"' || c == '\\' || (c >= 0 && c < 0x20) ? std::string(escaped) : std::string(1, c);
  }
  return result + '"';
}

std::string tagged(const std::string& type, const std::string& value) {
  return R"({"type": ")" + type + R"(", "value": )" + json_string(value) + "}";
}

struct Printer {
  std::string operator()(const std::string& text) const { return tagged("string", text); }
  std::string operator()(std::int64_t value) const { return tagged("integer", std::to_string(value)); }
  std::string operator()(double value) const { return tagged("float", number(value)); }
  std::string operator()(bool value) const { return tagged("bool", value ? "true" : "false"); }
  std::string operator()(const toml::Array& elements) const {
    std::string text;
    for (const toml::Value& element : elements) text += (text.empty() ? "" : ", ") + std::visit(*this, element.data);
    return "[" + text + "]";
  }
  std::string operator()(const toml::Table& table) const {
    std::string text;
    for (const toml::Entry& entry : table.entries()) {
      text += (text.empty() ? "" : ",\n") + json_string(entry.key) + ": " + std::visit(*this, entry.value.data);
    }
    return "{" + text + "}";
  }
};

}  // namespace

int main() {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  try {
    std::cout << Printer()(toml::parse(text, "stdin")) << '\n';
  } catch (const UserError& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
