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
                             "It guesses what each column means and says so in comments: ids, dates and\n"
                             "columns with one value are left out, and texts become categories. It chooses the\n"
                             "targets, the loss, the scaling, the class weights and the size of the network.\n"
                             "Check its guesses, and correct them where you know better.\n\n"
                             "  primer config data/iris.csv >iris.toml\n"
                             "  primer check iris.toml\n",
                             options,
                             run};

}  // namespace primer
