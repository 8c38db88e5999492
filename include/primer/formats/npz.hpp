// Reads the .npz files that NumPy writes with numpy.savez: zip files of uncompressed .npy arrays.
#pragma once

#include <string>
#include <string_view>

#include "primer/formats/safetensors.hpp"

namespace primer {

// Reads the arrays of the .npz file at `path`, in the order of the list at the end of this zip file. An array must have
// f4 or f8 numbers (little-endian, in C or Fortran order) and .npy version 1.0 or 2.0; infinities and NaN are allowed.
// Throws UserError with the name of an array that breaks these rules, or if the file is compressed or damaged.
Safetensors read_npz(const std::string& path);
Safetensors read_npz(std::string_view bytes, const std::string& file);

}  // namespace primer
