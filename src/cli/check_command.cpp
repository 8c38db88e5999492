// primer check: what is wrong with a config and what is likely to go wrong, before anything is trained.
#include "primer/runs/warnings.hpp"

#include <array>
#include <cstdio>

#include "primer/cli/commands.hpp"

namespace primer {
namespace {

int run(const Arguments& arguments) {
  const Experiment experiment = load_experiment(arguments.operands.front(), arguments.overrides());
  for (const Warning& warning : warnings_of(experiment)) std::printf("%s\n", to_string(warning).c_str());
  return 0;
}

constexpr std::array<Option, 1> options{{set_option}};

}  // namespace

const Command check_command{
    "check",
    "CONFIG",
    1,
    1,
    "Prints a config's warnings, which train prints as well.",
    "A line each, FILE:LINE:COLUMN: CODE: text; the exit code is 0. What is wrong rather than\n"
    "unwise is an error, and the exit code is 2.\n\n"
    "  primer check configs/spirals.toml --set layer.1.activation=sigmoid --set layer.1.repeat=8\n",
    options,
    run};

}  // namespace primer
