// The fused multiply-add: a b + c, rounded once. All results of primer rest on it. Most CPUs have it as an instruction.
// For a machine without it, the macro PRIMER_FMA names a header that defines primer::fma for double and float, and
// product_without_emulation, which the product calls first.
#pragma once

#ifdef PRIMER_FMA
#include PRIMER_FMA
#else
#include <cmath>

namespace primer {
using std::fma;
}
#endif
