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
  std::vector<std::size_t> shape;  // the size of each dimension; empty for a scalar
  std::vector<double> values;      // in row-major order; as many values as the product of `shape`
};

struct Safetensors {
  std::vector<NamedTensor> tensors;                           // the tensors, in the order in which the file stores them
  std::vector<std::pair<std::string, std::string>> metadata;  // pairs (key, text), in the order of the JSON header

  // The tensor or the metadata text with this name; null if there is none.
  const NamedTensor* tensor(std::string_view name) const;
  const std::string* metadatum(std::string_view key) const;
};

// Dtype::F32 writes every value as a float; a value beyond the largest float becomes infinite.
enum class Dtype { F64, F32 };
enum class NonFinite { refused, allowed };

// The bytes of a safetensors file with `contents`. Equal tensors and metadata in the same order give equal bytes.
std::string safetensors_bytes(const Safetensors& contents, Dtype dtype);

// Writes the file atomically (see write_file_atomically).
void write_safetensors(const std::string& path, const Safetensors& contents, Dtype dtype);

// Reads a safetensors file with F64 or F32 numbers. A UserError is "FILE: TEXT", or "FILE: tensor "NAME": TEXT" if a
// tensor is wrong. The function checks the whole header before it allocates memory for the numbers.
Safetensors read_safetensors(const std::string& path, NonFinite non_finite = NonFinite::refused);
Safetensors read_safetensors(std::istream& stream, const std::string& file, NonFinite non_finite);

}  // namespace primer
