// primer data: prints a synthetic data set as CSV, for a person or for another program.
#include <array>
#include <cstdio>

#include "primer/cli/commands.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/training/generators.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

int run(const Arguments& arguments) {
  GeneratorOptions options;
  options.generator = arguments.operands.front();
  check_name("generator", options.generator, generator_names(), "; choose " + listed(generator_names()));
  options.points = arguments.count("--points", options.points, 1, 100'000'000);
  options.classes = arguments.count("--classes", options.classes, 2, 100'000);
  options.inputs = arguments.count("--inputs", options.inputs, 1, 1'000'000);
  options.turns = arguments.number("--turns", options.turns, -most_turns, most_turns);
  options.noise = arguments.number("--noise", options.noise, 0, most_noise);
  const std::uint64_t seed = arguments.count("--seed", 1, 0, 9'000'000'000'000'000);

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
                                         {"--classes", "K", "number of classes (generators spirals, gaussians)"},
                                         {"--inputs", "D", "D is the number of inputs (gaussians and plane only)"},
                                         {"--turns", "T", "the number of turns of each spiral (default 0.75)"},
                                         {"--noise", "S", "the standard deviation of the noise (default 0)"},
                                         {"--seed", "N", "the seed; a new seed draws new samples (default 1)"}}};

}  // namespace

const Command data_command{"data",
                           "GENERATOR",
                           "Prints a synthetic data set as CSV.",
                           "GENERATOR is one of xor, spirals, circles, moons, gaussians, sine and plane.\n\n"
                           "  primer data spirals --points 300 --noise 0.2 > spirals.csv\n",
                           options,
                           run};

}  // namespace primer
