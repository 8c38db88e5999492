// libFuzzer target: for any bytes, the reader gives arrays that fill their shapes or a UserError that names the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "primer/formats/npz.hpp"

using namespace primer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    for (const NamedTensor& tensor : read_npz({reinterpret_cast<const char*>(data), size}, "f").tensors) {
      std::size_t count = 1;
      for (const std::size_t extent : tensor.shape) count *= extent;
      if (count != tensor.values.size()) std::abort();
    }
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with("f: ")) std::abort();
  }
  return 0;
}
