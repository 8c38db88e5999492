#include "primer/formats/fnv1a.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace primer;

TEST_CASE("FNV-1a gives the hashes that its authors publish") {
  const auto hash = [](std::string_view text) {
    Fnv1a fnv;
    for (const char c : text) fnv.add(static_cast<unsigned char>(c));
    return fnv.hash();
  };
  CHECK(hash("") == 0xcbf29ce484222325);
  CHECK(hash("a") == 0xaf63dc4c8601ec8c);
  CHECK(hash("foobar") == 0x85944171f73967e8);
}
