// primer data: a synthetic data set as CSV, for other programs or to look at.
#include <algorithm>
#include <array>
#include <cstdio>

#include "primer/cli/verbs.hpp"
#include "primer/files/csv.hpp"
#include "primer/files/error.hpp"
#include "primer/files/number.hpp"
#include "primer/training/generators.hpp"

namespace primer {
namespace {

double asked(const Arguments& arguments, std::string_view option, double otherwise, double low, double high) {
  const auto text = arguments.value(option);
  if (!text) return otherwise;
  const auto value = parse_number(*text);
  if (!value || !(*value >= low && *value <= high)) {
    throw InputError(std::string(option) + ": must be a number from " + number(low) + " to " + number(high) +
                     ", not '" + printable(*text) + "'");
  }
  return *value;
}

int run(const Arguments& arguments) {
  GeneratorOptions options;
  options.generator = arguments.operands.front();
  const std::vector<std::string_view> names = generator_names();
  if (std::find(names.begin(), names.end(), options.generator) == names.end()) {
    const std::string_view best = nearest(options.generator, names);
    std::string known;
    for (const std::string_view name : names) known += (known.empty() ? "known are " : ", ") + std::string(name);
    throw InputError("unknown generator '" + printable(options.generator) + "'; " +
                     (best.empty() ? known : "did you mean '" + std::string(best) + "'?"));
  }
  const auto whole = [&](std::string_view option, double low, double high) {
    return static_cast<std::size_t>(asked(arguments, option, 0, low, high));
  };
  options.points = whole("--points", 1, 1e8);
  options.classes = whole("--classes", 2, 1e5);
  if (arguments.has("--inputs")) options.inputs = whole("--inputs", 1, 1e6);
  options.turns = asked(arguments, "--turns", options.turns, -1e6, 1e6);
  options.noise = asked(arguments, "--noise", options.noise, 0, 1e6);
  const auto seed = static_cast<std::uint64_t>(asked(arguments, "--seed", 1, 0, 9e15));

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

constexpr std::array<Option, 6> options{{{"--points", "N", "samples in total"},
                                         {"--classes", "K", "spirals and gaussians: number of classes"},
                                         {"--inputs", "D", "gaussians and plane: columns of x"},
                                         {"--turns", "T", "spirals: how far an arm winds (0.75)"},
                                         {"--noise", "S", "standard deviation of the noise (0)"},
                                         {"--seed", "N", "another sample (1)"}}};

}  // namespace

const Verb data_verb{"data",
                     "GENERATOR",
                     1,
                     1,
                     "Prints a synthetic data set as CSV.",
                     "Generators: xor, spirals, circles, moons, gaussians, sine, plane.\n\n"
                     "  primer data spirals --points 300 --noise 0.2 > spirals.csv\n",
                     options,
                     run};

}  // namespace primer
