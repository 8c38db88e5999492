// The number type of all computations. double is the default, and a float build compiles the same code. One type for
// the whole library keeps every formula free of template parameters.
#pragma once

#ifdef __FAST_MATH__
#error "primer promises the same bits on every build; -ffast-math breaks that promise. Remove the flag."
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "primer needs arithmetic that rounds every result to double or float. On 32-bit x86 add -msse2 -mfpmath=sse."
#endif

namespace primer {

#ifdef PRIMER_REAL_FLOAT
using real = float;
#else
using real = double;
#endif

}  // namespace primer
