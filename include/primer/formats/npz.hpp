// Reads the .npz files of NumPy (numpy.savez): a zip of stored .npy arrays, so that arrays of other programs can be
// compared with primer's.
#pragma once

#include <string>
#include <string_view>

#include "primer/formats/safetensors.hpp"

namespace primer {

// The arrays of the file at `path`, in the order of its directory, with f4 or f8 numbers (little-endian, in C or
// Fortran order) of .npy version 1.0 or 2.0; infinities and NaN are allowed. Throws UserError, which names the array,
// for anything else, for compressed files and for damaged ones.
Safetensors read_npz(const std::string& path);
Safetensors read_npz(std::string_view bytes, const std::string& file);

}  // namespace primer
