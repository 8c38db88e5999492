// primer data: prints a synthetic data set as CSV, for a reader or for another program.
#include <array>
#include <cmath>
#include <cstdio>

#include "primer/cli/commands.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/training/generators.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

// The value of an option, which must be from low to high, or `otherwise` if the option was not given.
double number_of(const Arguments& arguments, std::string_view option, double otherwise, double low, double high,
                 bool whole = false) {
  const auto text = arguments.value(option);
  if (!text) return otherwise;
  const auto value = parse_number(*text);
  if (!value || !(*value >= low && *value <= high) || (whole && *value != std::floor(*value))) {
    throw UserError(std::string(option) + ": must be a " + (whole ? "whole " : "") + "number from " +
                    short_number(low, 9) + " to " + short_number(high, 9) + ", not '" + printable(*text) + "'");
  }
  return *value;
}

int run(const Arguments& arguments) {
  GeneratorOptions options;
  options.generator = arguments.operands.front();
  check_name("generator", options.generator, generator_names(), "; choose " + listed(generator_names()));
  const auto whole = [&](std::string_view option, double low, double high) {
    return static_cast<std::size_t>(number_of(arguments, option, 0, low, high, true));
  };
  options.points = whole("--points", 1, 100'000'000);
  options.classes = whole("--classes", 2, 100'000);
  if (arguments.has("--inputs")) options.inputs = whole("--inputs", 1, 1'000'000);
  options.turns = number_of(arguments, "--turns", options.turns, -most_turns, most_turns);
  options.noise = number_of(arguments, "--noise", options.noise, 0, most_noise);
  const auto seed = static_cast<std::uint64_t>(number_of(arguments, "--seed", 1, 0, 9e15, true));

  const Samples samples = generate(options, seed);
  std::vector<std::string> cells = samples.columns;
  for (const Target& target : samples.targets) cells.push_back(target.name);
  std::fputs(csv_row(cells).c_str(), stdout);
  for (std::size_t i = 0; i < samples.x.rows(); ++i) {
    cells.clear();
    for (const real x : samples.x.row(i)) cells.push_back(number(x));
    for (const Target& target : samples.targets) cells.push_back(number(target.numbers[i]));
    std::fputs(csv_row(cells).c_str(), stdout);
  }
  return 0;
}

constexpr std::array<Option, 6> options{{{"--points", "N", "the number of samples"},
                                         {"--classes", "K", "the number of classes of spirals and gaussians"},
                                         {"--inputs", "D", "the number of inputs of gaussians and plane"},
                                         {"--turns", "T", "the number of turns of each spiral (default 0.75)"},
                                         {"--noise", "S", "the standard deviation of the noise (default 0)"},
                                         {"--seed", "N", "the seed; each seed draws other samples (default 1)"}}};

}  // namespace

const Command data_command{"data",
                           "GENERATOR",
                           "Prints a synthetic data set as CSV.",
                           "GENERATOR is one of xor, spirals, circles, moons, gaussians, sine and plane.\n\n"
                           "  primer data spirals --points 300 --noise 0.2 > spirals.csv\n",
                           options,
                           run};

}  // namespace primer
