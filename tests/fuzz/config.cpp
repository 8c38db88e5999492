// libFuzzer target: for any bytes, the config reader gives a config or a UserError that names the file, and an accepted
// config is written as text that reads back to the same text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "primer/runs/config.hpp"

using namespace primer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string written;
  try {
    const Config config = parse_model_config(text, "f");
    if (config.layers.size() > 20) return 0;  // slow, and finds nothing new
    settings_of(config);
    written = to_toml(config, "");
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with("f:")) std::abort();
    return 0;
  }
  if (to_toml(parse_model_config(written, "f"), "") != written) std::abort();
  return 0;
}
