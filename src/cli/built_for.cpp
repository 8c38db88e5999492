// This file is compiled with the flags of the library, so it knows which instructions they allow.
#include "primer/cli/built_for.hpp"

namespace primer {

#define TEXT(macro) #macro
#define USED(name, macro) {name, TEXT(macro)[0] == '1'},  // an undefined macro gives its own name, not 1

const InstructionSet built_for[] = {PRIMER_X86_INSTRUCTION_SETS(USED){nullptr, false}};

}  // namespace primer
