// The number type that everything is computed in. double is the default, and a float build compiles the same code:
// one type for the whole library keeps every formula free of template parameters.
#pragma once

#ifdef __FAST_MATH__
#error "primer promises the same bits on every build; -ffast-math breaks that promise. Remove the flag."
#endif

namespace primer {

#ifdef PRIMER_REAL_FLOAT
using real = float;
#else
using real = double;
#endif

}  // namespace primer
