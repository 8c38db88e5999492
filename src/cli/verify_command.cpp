// primer verify: compares the arrays of your own backprop with those of primer, and explains the first wrong array.
#include <array>
#include <cmath>
#include <cstdio>

#include "primer/cli/commands.hpp"
#include "primer/formats/npz.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/verify.hpp"

namespace primer {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + printable(name);
  return text;
}

int run(const Arguments& arguments) {
  const std::string& file = arguments.operands.front();
  const Safetensors given = file.ends_with(".npz") ? read_npz(file) : read_safetensors(file, NonFinite::allowed);
  const Experiment experiment = load_experiment(arguments.operands.at(1), arguments.overrides());
  Network network = experiment.network();
  if (const auto init = arguments.value("--init")) load_initial(*init, experiment, network);
  const auto loss = make_loss(experiment.config.train);
  const Dataset batch = rows_of_pass(arguments, experiment);
  network.forward_training(batch.x, 1);
  network.backward(*loss, batch.y, true);
  const Verification result = verify(network, *loss, batch.y, given);
  if (!result.unknown.empty()) {
    std::fprintf(stderr, "primer: warning: %s: arrays that are not in a trace and not compared: %s\n",
                 printable(file).c_str(), joined(result.unknown).c_str());
  }
  if (result.right.empty() && result.wrong.empty()) {
    throw UserError({file},
                    "no array has a name that `primer trace` uses, like 1.z; in NumPy: np.savez(file, **{'1.z': z})");
  }
  std::printf("%zu arrays agree%s%s\n", result.right.size(), result.right.empty() ? "" : ": ",
              joined(result.right).c_str());
  if (result.wrong.empty()) return 0;
  std::printf("%s is the first array that differs from primer's: %s%s%s\n", result.wrong.c_str(), result.what.c_str(),
              result.slip.empty() ? "" : ": ", result.slip.c_str());
  if (!result.missing.empty())
    std::printf("the mistake may be in an earlier array that your file lacks: %s\n", joined(result.missing).c_str());
  return 1;
}

constexpr std::array<Option, 4> options{
    {set_option,
     {"--init", "FILE", "a file with the parameters that you used in your computation"},
     {"--data", "FILE.csv", "use the rows of this file, not the first training batch"},
     {"--row", "N", "use only row N (1, 2, …) of the batch or of the --data file"}}};

}  // namespace

const Command verify_command{"verify",
                             "ARRAYS CONFIG",
                             "Finds the first wrong array of your own backprop.",
                             "ARRAYS is an .npz file of numpy.savez or a safetensors file. Its arrays have\n"
                             "the names of `primer trace --out`: 1.z 1.a 1.slope 1.dL_dz 1.dL_dW … loss. Each\n"
                             "array is optional. primer compares them in the order of computation. For the\n"
                             "first array that differs, it prints the place, both numbers and the formula. If\n"
                             "a common mistake gives the same numbers, it names the mistake. If an array is\n"
                             "float32, larger differences are allowed. The exit code is 1 if an array differs.\n\n"
                             "  primer trace configs/xor.toml --out xor.safetensors\n"
                             "  primer verify xor.safetensors configs/xor.toml\n",
                             options,
                             run};

}  // namespace primer
