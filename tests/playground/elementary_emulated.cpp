// The elementary functions once more, over the emulated fma, for test_fma.cpp.
#define primer primer_emulated
#define PRIMER_FMA "primer/playground/fma.hpp"
#include "primer/core/elementary.hpp"

namespace primer_emulated {

extern double (*const functions[])(double);
double (*const functions[])(double) = {exp<double>,
                                       expm1<double>,
                                       tanh<double>,
                                       tanh_derivative<double>,
                                       sigmoid<double>,
                                       sigmoid_derivative<double>,
                                       softplus<double>,
                                       log<double>,
                                       log1p<double>,
                                       normal_pdf<double>,
                                       normal_cdf<double>,
                                       sin,
                                       cos};

}  // namespace primer_emulated
