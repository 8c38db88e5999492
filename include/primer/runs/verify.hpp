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
  std::vector<std::string> right;    // names of the arrays that agree, in the order of computation
  std::vector<std::string> missing;  // names of the arrays before `wrong` that were not given
  std::vector<std::string> unknown;  // names that were given, but are not in a trace of this network
  std::string wrong;                 // name of the first array that differs; empty if all agree
  std::string what;                  // how `wrong` differs: the place, the two numbers, the formula
  std::string slip;                  // the likely mistake in a sentence; empty if it is unknown
};

// `network` must have done the passes that trace_contents() needs. Two numbers agree if they differ by less than the
// rounding of double, or of float if a given array has floats. A vector may also be a matrix with one row or column.
Verification verify(Network& network, const Loss& loss, const Tensor& y, const Safetensors& given);

}  // namespace primer
