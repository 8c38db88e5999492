#include "primer/core/registry.hpp"

#include <doctest/doctest.h>

#include <cctype>

using namespace primer;

namespace {

struct Item {
  std::string_view name;
};

}  // namespace

TEST_CASE("a name consists of letters, digits and '_', and nothing else") {
  for (int code = 0; code < 256; ++code) {
    const std::string name = std::string("a") + static_cast<char>(code);
    Registry<Item> registry("item", {});
    CAPTURE(code);
    if (code < 128 && (std::isalnum(code) != 0 || code == '_')) {
      CHECK_NOTHROW(registry.add({name}));
      CHECK(registry.at(name).name == name);
    } else {
      CHECK_THROWS_WITH_AS(registry.add({name}),
                           ("item '" + name + "': a name consists of letters, digits and '_'").c_str(),
                           std::invalid_argument);
    }
  }
}

TEST_CASE("only a number may be between a '(' and the ')' at the end") {
  CHECK(number_in<double>("f(0.5)") == 0.5);
  CHECK(number_in<double>("(-3e2)") == -300);
  for (const char* word : {"f", "f(1", "f1)", "f()", "f(x)", "f(1x)", "f(1) ", "f( 1)", "f(1)(2)", "f(1e999)", ""}) {
    CAPTURE(word);
    CHECK(!number_in<double>(word));
  }
}
