// A network's tensors as files keep them: as doubles, under a name, and W as outputs × inputs.
#pragma once

#include <string>

#include "primer/core/tensor.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {

// How a file keeps a tensor: with its own shape, as its transpose, or as a vector of all its numbers.
enum class Layout { matrix, transpose, vector };
constexpr Layout layout_of(const Parameter& p) { return p.transposed ? Layout::transpose : Layout::vector; }

NamedTensor named(std::string name, const Tensor& tensor, Layout layout);

// Fills `tensor` from the tensor `name` of a file. Throws UserError that begins with `file` if the file lacks it, if
// its shape is not that of `tensor` in this layout, or if `real` cannot hold one of its numbers.
void read_tensor(const Safetensors& contents, const std::string& file, const std::string& name, Layout layout,
                 Tensor& tensor);

// Throws UserError unless the file has the tensor `name` with this shape.
const NamedTensor& find_tensor(const Safetensors& contents, const std::string& file, const std::string& name,
                               const std::vector<std::size_t>& shape);

// Whether `real` can hold the number: it stays finite, or it was not finite before. In the double build always true.
bool fits_real(double number);

// The type of the numbers in the files of this build: F64, or F32 in the float build.
constexpr Dtype own_dtype() { return sizeof(real) == sizeof(double) ? Dtype::F64 : Dtype::F32; }

}  // namespace primer
