// Reads and writes named tensors in the safetensors format (huggingface.co/docs/safetensors): 8 bytes with the size of
// the header, a JSON header, the numbers. NumPy and PyTorch read these files without primer, and primer reads theirs.
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
  std::vector<double> values;      // row-major, as many as the product of the shape
};

struct Safetensors {
  std::vector<NamedTensor> tensors;                           // in the order of their bytes
  std::vector<std::pair<std::string, std::string>> metadata;  // in the order of the header

  // The tensor or the metadata text with this name; null if there is none.
  const NamedTensor* tensor(std::string_view name) const;
  const std::string* metadatum(std::string_view key) const;
};

// F32 rounds every value to float; a value beyond the largest float becomes infinite.
enum class Dtype { F64, F32 };
enum class NonFinite { refused, allowed };

// The bytes of the file. They depend on the contents and their order only.
std::string safetensors_bytes(const Safetensors& contents, Dtype dtype);

// Writes the file atomically (see write_file_atomically).
void write_safetensors(const std::string& path, const Safetensors& contents, Dtype dtype);

// The contents of a file with F64 or F32 numbers. Throws UserError that begins with the file and names the tensor. The
// whole header is checked before memory for the numbers is taken.
Safetensors read_safetensors(const std::string& path, NonFinite non_finite = NonFinite::refused);
Safetensors read_safetensors(std::istream& stream, const std::string& file, NonFinite non_finite);

}  // namespace primer
