// Computes one number for a trained network and one for its data. Two runs with equal numbers did the same computation.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"

namespace primer {

// FNV-1a 64 over the little-endian bytes of all parameters in model order, W as outputs × inputs.
std::uint64_t signature(Network& network);

// FNV-1a 64 over the bits of all numbers of these rows, as text.
std::string fingerprint(std::initializer_list<const Dataset*> parts);

// "907CE90B1CD109AF"
std::string signature_text(std::uint64_t signature);

}  // namespace primer
