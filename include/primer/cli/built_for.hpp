// The instruction sets, such as AVX2, that this build uses and an old CPU may lack. main() checks the CPU first. If an
// instruction set is missing, the program ends with a clear message instead of an illegal instruction.
#pragma once

namespace primer {

struct InstructionSet {
  const char* name;
  bool used;  // whether the code of primer may contain instructions of the set `name`
};

// F(name, macro) for each x86 instruction set that a compiler uses by itself: the name for __builtin_cpu_supports, and
// the macro that the compiler defines if it may use the set. (Every CPU with avx2 has lzcnt and movbe, too.)
// clang-format off
#define PRIMER_X86_INSTRUCTION_SETS(F)                                                               \
  F("sse3", __SSE3__) F("ssse3", __SSSE3__) F("sse4.1", __SSE4_1__)                                  \
  F("sse4.2", __SSE4_2__) F("popcnt", __POPCNT__) F("xop", __XOP__)                                  \
  F("fma4", __FMA4__) F("avx", __AVX__) F("avx2", __AVX2__)                                          \
  F("fma", __FMA__) F("bmi", __BMI__) F("bmi2", __BMI2__)                                            \
  F("avx512f", __AVX512F__) F("avx512cd", __AVX512CD__) F("avx512bw", __AVX512BW__)                  \
  F("avx512dq", __AVX512DQ__) F("avx512vl", __AVX512VL__) F("avx512ifma", __AVX512IFMA__)            \
  F("avx512vbmi", __AVX512VBMI__) F("avx512vbmi2", __AVX512VBMI2__) F("avx512vnni", __AVX512VNNI__)  \
  F("avx512bitalg", __AVX512BITALG__) F("avx512vpopcntdq", __AVX512VPOPCNTDQ__) F("gfni", __GFNI__)
// clang-format on

// For each set of PRIMER_X86_INSTRUCTION_SETS: its name, and whether this build uses it. The last name is nullptr.
extern const InstructionSet built_for[];

}  // namespace primer
