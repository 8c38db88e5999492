// Compares the arrays of another implementation of backpropagation with primer's. The arrays have the names of a trace.
// Finds the first wrong array in the order of computation and, if a common mistake gives the same numbers, names the
// mistake.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {

struct Verification {
  std::vector<std::string> right;    // names of the arrays that agree, in the order of computation
  std::vector<std::string> missing;  // of the arrays before `wrong` that were not given
  std::vector<std::string> unknown;  // names that are not in a trace of this network
  std::string wrong;                 // the first array that differs; empty if all agree
  std::string what;                  // how it differs: the place, the two numbers, the formula
  std::string slip;                  // the likely mistake; empty if it is unknown
};

// `network` is as trace_contents() needs it. Two numbers agree if they differ by less than the rounding of double, or
// of float if all given numbers are floats. A vector may be given as a matrix of one row or one column.
Verification verify(Network& network, const Loss& loss, const Tensor& y, const Safetensors& given);

}  // namespace primer
