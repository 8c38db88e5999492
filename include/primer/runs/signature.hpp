// One number for a trained network: two runs share it only if they did the same.
#pragma once

#include <cstdint>

#include "primer/core/network.hpp"

namespace primer {

// FNV-1a 64 over the little-endian bytes of all parameters in model order, W as outputs × inputs.
std::uint64_t signature(Network& network);

}  // namespace primer
