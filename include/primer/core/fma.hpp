// The fused multiply-add fma(a, b, c) = a b + c rounds only once. All results of primer depend on this. For a machine
// without this instruction, define the macro PRIMER_FMA as the name of a header. This header must define primer::fma
// and product_without_emulation(), a matrix product for numbers that are too large or too small for an emulated fma.
#pragma once

#ifdef PRIMER_FMA
#include PRIMER_FMA
#else
#include <cmath>

namespace primer {
using std::fma;
}
#endif
