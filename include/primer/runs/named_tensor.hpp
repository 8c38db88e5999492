// Converts tensors of a network to named tensors of a file, and back. In a file, W has the shape outputs × inputs.
#pragma once

#include <string>

#include "primer/core/tensor.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {

// How a file stores a tensor: as a matrix of the same shape, as the transpose, or as a vector of all its numbers.
enum class Layout { matrix, transpose, vector };
constexpr Layout layout_of(const Parameter& p) { return p.transposed ? Layout::transpose : Layout::vector; }

NamedTensor named(std::string name, const Tensor& tensor, Layout layout);

// Fills `tensor` with the tensor `name` of the file called `file`. Throws UserError if the file has no such tensor, if
// the stored shape does not fit `tensor` and `layout`, or if a number is too large for `real` (float or double).
void read_tensor(const Safetensors& contents, const std::string& file, const std::string& name, Layout layout,
                 Tensor& tensor);

// Finds the tensor `name` in a file. Throws UserError if the file has no such tensor, or if its shape is not `shape`.
const NamedTensor& find_tensor(const Safetensors& contents, const std::string& file, const std::string& name,
                               const std::vector<std::size_t>& shape);

// False if `number` is finite, but too large for the type `real`. Always true if `real` is double.
bool fits_real(double number);

// The type of the numbers in the model files that this build writes: F64, or F32 in the float build.
constexpr Dtype own_dtype() { return sizeof(real) == sizeof(double) ? Dtype::F64 : Dtype::F32; }

}  // namespace primer
