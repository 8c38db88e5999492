// The fused multiply-add fma(a, b, c) = a b + c rounds only once. All results of primer depend on this single rounding.
// For a machine without this instruction, define the macro PRIMER_FMA as the name of a header. The header must define
// primer::fma, which may emulate the instruction, and product_without_emulation(): the matrix product in case that some
// numbers are outside the range in which the emulated fma is exact.
#pragma once

#ifdef PRIMER_FMA
#include PRIMER_FMA
#else
#include <cmath>

namespace primer {
using std::fma;
}
#endif
