// This file has the library's compiler flags, so the compiler's macros show which CPU instructions the library may use.
#include "primer/cli/built_for.hpp"

namespace primer {

#define TEXT(macro) #macro
#define USED(name, macro) {name, TEXT(macro)[0] == '1'},  // TEXT(M) is "1" if the macro M is defined, otherwise "M"

const InstructionSet built_for[] = {PRIMER_X86_INSTRUCTION_SETS(USED){nullptr, false}};

}  // namespace primer
