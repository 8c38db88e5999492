// Compares the arrays of another implementation of backpropagation with primer's arrays of the same names (see
// trace.hpp). Finds the first wrong array in the order of computation. If a common mistake gives the same numbers,
// verify() names the mistake.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {

struct Verification {
  std::vector<std::string> right;    // names of the user's arrays that agree with primer's arrays, in computation order
  std::vector<std::string> missing;  // names of primer's arrays that the file lacks, up to the first wrong array
  std::vector<std::string> unknown;  // names of given arrays (except parameters) that are not in this network's trace
  std::string wrong;                 // name of the first given array that differs from primer's array; empty if none
  std::string what;  // how the array `wrong` differs from primer's array: the place, both numbers, the formula
  std::string slip;  // a sentence about the likely mistake; empty if the mistake is unknown
};

// Compares `given` with the arrays of `network` after forward_training() and backward(…, wants_dL_dx = true). Numbers
// may differ by the rounding of double, or of float if a given array has floats. A vector may be a row or a column.
Verification verify(Network& network, const Loss& loss, const Tensor& y, const Safetensors& given);

}  // namespace primer
