// All commands of the program. NAME_command.cpp defines NAME_command; command_line.cpp has the table of all commands.
#pragma once

#include "primer/cli/arguments.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/views/terminal.hpp"

namespace primer {

extern const Command train_command;
extern const Command watch_command;
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

// Trains like the command `train`, but shows the training at the given pace. Returns the exit code.
int train(const Arguments& arguments, Pace pace);

// Loads the parameters of `network` from `file` (safetensors or .npz). Prints a warning if the columns, the classes,
// the standardisation or the activations in the file are not those of `experiment`.
void load_initial(const std::string& file, const Experiment& experiment, Network& network);

// Replaces the line of progress on a terminal by `text`; "" clears the line.
void show_progress(const std::string& text);

// The rows that `trace` and `verify` use, chosen by the options --data and --row. The default is the first training
// batch in which some input is not 0, because a batch of zeros gives a gradient of 0 for W of layer 1.
Dataset rows_of_pass(const Arguments& arguments, const Experiment& experiment);

}  // namespace primer
