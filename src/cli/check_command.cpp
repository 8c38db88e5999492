// primer check: reads a config without training. Prints errors and warnings, and forecasts problems of the training.
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
                            "Prints a line for each warning: FILE:LINE:COLUMN: CODE: text. The exit code is 0\n"
                            "with or without warnings, and 2 after an error. `primer train` prints the same\n"
                            "warnings. `primer check` also computes the gradient of the first batch at the\n"
                            "initial weights, and forecasts what `primer doctor` would say after a run.\n\n"
                            "  primer check configs/iris.toml --set data.standardize=false\n",
                            options,
                            run};

}  // namespace primer
