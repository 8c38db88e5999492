// Reads the .npz files of NumPy (numpy.savez): zip files of uncompressed .npy arrays. So arrays that another program
// has computed can be compared with those of primer.
#pragma once

#include <string>
#include <string_view>

#include "primer/formats/safetensors.hpp"

namespace primer {

// Reads the arrays of the file at `path`, in the order of the zip's directory. They must have f4 or f8 numbers
// (little-endian, in C or Fortran order) and .npy version 1.0 or 2.0; infinities and NaN are allowed. Any other array
// throws UserError that names the array. A compressed or damaged file throws UserError, too.
Safetensors read_npz(const std::string& path);
Safetensors read_npz(std::string_view bytes, const std::string& file);

}  // namespace primer
