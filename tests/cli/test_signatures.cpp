// The signature that `primer train` prints for every shipped config. It is an FNV-1a hash of the trained parameters,
// and this test compares it with an earlier one. An equal signature shows that the arithmetic did not change, to the
// last bit, with this compiler, these flags and this CPU. It does not show that the arithmetic is right; other tests
// do. If you change the arithmetic on purpose, renew the numbers here and in the README and say so in the commit. A
// failure prints the change as a command of sed, so that you can run, after `make test` and `make test
// PRECISION=float`:
//   for b in build build-float; do $b/primer-tests -tc='*signature*'; done |
//     grep -oE 's/[0-9A-F]{16}/[0-9A-F]{16}/' | sed -i -f - tests/cli/test_signatures.cpp
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

struct Signature {
  const char* config;
  int epochs;  // 0: as many as the config says
  const char *in_double, *in_float;
};

constexpr std::array<Signature, 7> signatures{{
    {"circles.toml", 0, "BD0DCF0E1F83F2FA", "41286B39051F5BD4"},
    {"digits.toml", 4, "D511EDAC591F788C", "B2C23798E4E415D4"},
    {"iris.toml", 0, "2E96703856DBF530", "2A7D03DC8ACCEBF7"},
    {"regression.toml", 0, "BEE8F5CA57C85DC8", "2D78908C997F49EE"},
    {"spirals.toml", 0, "907CE90B1CD109AF", "95A1219D4457F964"},
    {"xor.toml", 0, "9CF666BF44EE213D", "CB353B4838432CE5"},
    {"xor_linear.toml", 0, "2A6FD5741EAA97F1", "DF4CC273D80E55BC"},
}};

}  // namespace

TEST_CASE("every shipped config trains to its signature") {
  for (const Signature& s : signatures) {
    const std::string config = s.config;
    CAPTURE(config);
    const program::Folder run;
    const std::string epochs = s.epochs > 0 ? " --set train.epochs=" + std::to_string(s.epochs) : "";
    const program::Result result =
        program::primer("train configs/" + config + " --quiet --out '" + run.path + "'" + epochs);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    const std::string word = "signature  ";
    const std::size_t at = result.out.find(word);
    REQUIRE(at != std::string::npos);
    const std::string now = result.out.substr(at + word.size(), 16);
    const std::string then = sizeof(primer::real) == 8 ? s.in_double : s.in_float;
    CHECK_MESSAGE(now == then, "s/", then, "/", now, "/");
  }
}

TEST_CASE("every shipped config has a signature") {
  std::size_t configs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PRIMER_SOURCE_DIR "/configs")) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK(std::any_of(signatures.begin(), signatures.end(), [&](const Signature& s) { return s.config == name; }));
    ++configs;
  }
  CHECK(configs == signatures.size());
}
