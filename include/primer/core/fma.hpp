// The fused multiply-add a b + c, which rounds once. All results of primer depend on it. Most CPUs have an instruction
// for it. For a machine without such an instruction, the macro PRIMER_FMA names a header that defines primer::fma for
// double and float, and product_without_emulation(), which the matrix product calls first.
#pragma once

#ifdef PRIMER_FMA
#include PRIMER_FMA
#else
#include <cmath>

namespace primer {
using std::fma;
}
#endif
