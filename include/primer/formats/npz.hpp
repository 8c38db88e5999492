// Reads the .npz files of NumPy (numpy.savez): zip files of uncompressed .npy arrays. So arrays that another program
// has computed can be compared with those of primer.
#pragma once

#include <string>
#include <string_view>

#include "primer/formats/safetensors.hpp"

namespace primer {

// Reads the arrays of the .npz file at `path`, in the order of the directory of this zip file. Arrays must have f4 or
// f8 numbers (little-endian, in C or Fortran order) and .npy version 1.0 or 2.0; infinities and NaN are allowed. For
// any other array, throws UserError with its name; for a compressed or damaged file, too.
Safetensors read_npz(const std::string& path);
Safetensors read_npz(std::string_view bytes, const std::string& file);

}  // namespace primer
