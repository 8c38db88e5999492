// Computes one number for a trained network and one for its data. Two runs with equal numbers did the same computation.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// A hash (64-bit FNV-1a) of the little-endian bytes of all parameters in the network's order, W as outputs × inputs.
std::uint64_t signature(Network& network);

// A hash (64-bit FNV-1a) of all numbers in these sets of rows, as decimal text.
std::string fingerprint(std::initializer_list<const Dataset*> parts);

// "907CE90B1CD109AF"
std::string signature_text(std::uint64_t signature);

}  // namespace primer
