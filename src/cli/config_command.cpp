// primer config: writes a first config for a CSV file.
#include <array>
#include <cstdio>
#include <sstream>

#include "primer/cli/commands.hpp"
#include "primer/runs/suggest.hpp"

namespace primer {
namespace {

int run(const Arguments& arguments) {
  std::vector<std::string> targets;
  std::istringstream names(arguments.value("--target").value_or(""));
  for (std::string name; std::getline(names, name, ',');) targets.push_back(name);
  std::fputs(suggested_config(arguments.operands.front(), targets).c_str(), stdout);
  return 0;
}

constexpr std::array<Option, 1> options{{{"--target", "NAME,...", "the target columns (default: guessed)"}}};

}  // namespace

const Command config_command{"config",
                             "DATA.csv",
                             "Writes a commented config for a CSV file.",
                             "primer guesses what each column means, and writes each guess as a comment. It\n"
                             "leaves out ids, dates and columns with one value. Texts become categories. It\n"
                             "also chooses the targets, the loss, the scaling, the class weights and the size\n"
                             "of the network. Check the guesses, and correct them where you know better.\n\n"
                             "  primer config data/iris.csv >iris.toml\n"
                             "  primer check iris.toml\n",
                             options,
                             run};

}  // namespace primer
