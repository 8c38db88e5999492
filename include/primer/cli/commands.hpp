// What primer can be asked to do. Each verb stands in a file of its own name; the table of all is in command_line.cpp.
#pragma once

#include "primer/cli/arguments.hpp"

namespace primer {

extern const Verb train_verb;
extern const Verb eval_verb;
extern const Verb predict_verb;
extern const Verb check_verb;
extern const Verb report_verb;
extern const Verb data_verb;
extern const Verb activations_verb;
extern const Verb gradcheck_verb;
extern const Verb trace_verb;
extern const Verb claims_verb;

}  // namespace primer
