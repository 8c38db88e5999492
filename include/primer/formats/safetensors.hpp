// Reads and writes named tensors in the safetensors format (huggingface.co/docs/safetensors): 8 bytes with the size of
// the header, a JSON header, the numbers. Programs with NumPy or PyTorch read and write such files without primer.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "primer/formats/error.hpp"

namespace primer {

struct NamedTensor {
  std::string name;
  std::vector<std::size_t> shape;  // empty for a single number
  std::vector<double> values;      // row-major; their number is the product of the shape
};

struct Safetensors {
  std::vector<NamedTensor> tensors;                           // in the order of their bytes in the file
  std::vector<std::pair<std::string, std::string>> metadata;  // in the order of the JSON header

  // The tensor or the metadata text with this name; null if there is none.
  const NamedTensor* tensor(std::string_view name) const;
  const std::string* metadatum(std::string_view key) const;
};

// F32 rounds every value to float; a value beyond the largest float becomes infinite.
enum class Dtype { F64, F32 };
enum class NonFinite { refused, allowed };

// The bytes of a file with these contents. Equal contents in equal order give equal bytes.
std::string safetensors_bytes(const Safetensors& contents, Dtype dtype);

// Writes the file atomically (see write_file_atomically).
void write_safetensors(const std::string& path, const Safetensors& contents, Dtype dtype);

// Reads a file with F64 or F32 numbers. Throws UserError that begins with the file and names the tensor. Checks the
// whole header before it takes memory for the numbers.
Safetensors read_safetensors(const std::string& path, NonFinite non_finite = NonFinite::refused);
Safetensors read_safetensors(std::istream& stream, const std::string& file, NonFinite non_finite);

}  // namespace primer
