// What primer can be asked to do. Each verb stands in a file of its own name; the table of all is in command_line.cpp.
#pragma once

#include "primer/cli/arguments.hpp"

namespace primer {

extern const Command train_command;
extern const Command eval_command;
extern const Command predict_command;
extern const Command check_command;
extern const Command report_command;
extern const Command data_command;
extern const Command activations_command;
extern const Command gradcheck_command;
extern const Command trace_command;
extern const Command claims_command;

}  // namespace primer
