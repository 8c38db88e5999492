// libFuzzer target: for any bytes, the parser gives a document or a UserError that names a line, and an accepted
// document is written as text that parses back to the same text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "primer/formats/toml.hpp"

using namespace primer;

namespace {

void check_round_trip(const toml::Table& table) {
  const std::string written = toml::to_text({table, {}});
  try {
    if (toml::to_text(toml::parse_value(written, {"--set f"})) != written) std::abort();
  } catch (const UserError& error) {
    // Written inline, [[a]] nests deeper than as a header.
    if (std::string_view(error.what()) != "--set f: tables and arrays are nested more than 64 levels deep")
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const toml::Table table = toml::parse(text, "f");
    check_round_trip(table);
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with("f:")) std::abort();
  }
  try {
    toml::to_text(toml::parse_value(text, {"--set f"}));
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with("--set f: ")) std::abort();
  }
  return 0;
}
