// The fused multiply-add a b + c rounds once. All results of primer depend on this rounding. Most CPUs have a fused
// instruction. For other machines, the macro PRIMER_FMA names a header that defines primer::fma for double and float.
// The header also defines product_without_emulation() for matrix products in which an emulated fma would be wrong.
#pragma once

#ifdef PRIMER_FMA
#include PRIMER_FMA
#else
#include <cmath>

namespace primer {
using std::fma;
}
#endif
