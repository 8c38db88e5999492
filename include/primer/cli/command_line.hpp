// The whole program as one function. main() only checks the CPU and then calls this function.
#pragma once

namespace primer {

// Runs `primer ARGUMENT...` and returns the exit code: 0 success, 1 the command failed, 2 the user's input is wrong,
// 130 Ctrl-C. Prints an error as one line on standard error. Throws nothing.
int run_command_line(int argc, char** argv);

}  // namespace primer
