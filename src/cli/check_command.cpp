// primer check: reads a config as train does, and prints its errors, its warnings and the doctor's forecast.
#include <array>
#include <cstdio>

#include "primer/cli/commands.hpp"
#include "primer/runs/doctor.hpp"

namespace primer {
namespace {

int run(const Arguments& arguments) {
  const Experiment experiment = load_experiment(arguments.operands.front(), arguments.overrides());
  for (const Warning& warning : forecast(experiment)) std::printf("%s\n", to_string(warning).c_str());
  return 0;
}

constexpr std::array<Option, 1> options{{set_option}};

}  // namespace

const Command check_command{"check",
                            "CONFIG",
                            "Warns of settings that are likely to train badly.",
                            "Each warning is a line, FILE:LINE:COLUMN: CODE: text, and the exit code is 0.\n"
                            "An error ends the command with exit code 2. `primer train` prints the same\n"
                            "warnings. Like `primer doctor` after a run, it also looks at the gradient: it\n"
                            "forecasts problems from the initial weights and the first batch.\n\n"
                            "  primer check configs/iris.toml --set data.standardize=false\n",
                            options,
                            run};

}  // namespace primer
