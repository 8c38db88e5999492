// The whole program behind one call, so that main has nothing to do but to choose the build that suits the CPU.
#pragma once

namespace primer {

// Does what `primer ARGUMENT...` asks for and returns the exit code: 0 done, 1 the thing asked for failed, 2 the
// input is wrong, 130 interrupted. Errors are one line on standard error; nothing is thrown.
int run_command_line(int argc, char** argv);

}  // namespace primer
