// libFuzzer target: for any bytes, the reader gives tensors that fill their shapes or a UserError, and accepted tensors
// are written as bytes that read back and are written the same.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "primer/formats/safetensors.hpp"

using namespace primer;

namespace {

Safetensors read(const std::string& bytes, NonFinite non_finite) {
  std::istringstream stream(bytes);
  return read_safetensors(stream, "f", non_finite);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const NonFinite non_finite : {NonFinite::refused, NonFinite::allowed}) {
    try {
      const std::string written = safetensors_bytes(read(bytes, non_finite), Dtype::F64);
      if (safetensors_bytes(read(written, non_finite), Dtype::F64) != written) std::abort();
    } catch (const UserError& error) {
      if (!std::string_view(error.what()).starts_with("f: ")) std::abort();
    }
  }
  return 0;
}
