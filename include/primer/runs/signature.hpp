// Computes a hash of a trained network and a hash of its data. Two runs with the same hashes did the same computation.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// The 64-bit FNV-1a hash of all parameters, layer by layer, as little-endian bytes. W has the shape outputs × inputs.
std::uint64_t signature(Network& network);

// A hash (64-bit FNV-1a) of all numbers in the data sets `parts`. The hash is returned as a decimal number.
std::string fingerprint(std::initializer_list<const Dataset*> parts);

// The result of signature() as 16 hexadecimal digits: "907CE90B1CD109AF".
std::string signature_text(std::uint64_t signature);

}  // namespace primer
