// All commands of the program. NAME_command.cpp defines NAME_command; command_line.cpp has the table of all commands.
#pragma once

#include "primer/cli/arguments.hpp"

namespace primer {

extern const Command train_command;
extern const Command eval_command;
extern const Command predict_command;
extern const Command config_command;
extern const Command check_command;
extern const Command report_command;
extern const Command doctor_command;
extern const Command compare_command;
extern const Command data_command;
extern const Command activations_command;
extern const Command gradcheck_command;
extern const Command trace_command;
extern const Command verify_command;
extern const Command claims_command;
extern const Command play_command;

}  // namespace primer
