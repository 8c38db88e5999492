// primer trace: runs one forward and backward pass in training mode and shows every number, or writes them to a file.
#include <array>
#include <cstdio>

#include "primer/cli/commands.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/trace.hpp"
#include "primer/views/trace_table.hpp"

namespace primer {
namespace {

Dataset batch_of(const Arguments& arguments, const Experiment& experiment) {
  if (const auto file = arguments.value("--data")) return read_dataset(*file, experiment);
  return first_batch(experiment.data, experiment.config.train, experiment.config.seed);
}

int run(const Arguments& arguments) {
  const Experiment experiment = load_experiment(arguments.operands.front(), arguments.overrides());
  Network network = experiment.network();
  if (const auto file = arguments.value("--init")) {
    const Safetensors contents = read_safetensors(*file);
    for (const std::string& difference : differences(contents, experiment)) {
      std::fprintf(stderr, "primer: warning: %s: %s\n", printable(*file).c_str(), printable(difference).c_str());
    }
    load_tensors(contents, *file, network);
  }
  const auto loss = make_loss(experiment.config.train);
  const Dataset batch = batch_of(arguments, experiment);
  network.forward_training(batch.x, 1);
  network.backward(*loss, batch.y, true);
  if (const auto out = arguments.value("--out")) {
    write_safetensors(*out, trace_contents(network, *loss, batch.y), Dtype::F64);
  } else {
    std::fputs(trace_table(network, *loss, batch.y).c_str(), stdout);
  }
  return 0;
}

constexpr std::array<Option, 4> options{
    {set_option,
     {"--init", "FILE", "take the parameters from this safetensors file"},
     {"--data", "FILE.csv", "use the rows of this file, not the first training batch"},
     {"--out", "FILE", "write all arrays to this safetensors file"}}};

}  // namespace

const Command trace_command{"trace",
                            "CONFIG",
                            "Shows all numbers of a forward and a backward pass.",
                            "Without --out it prints the first sample of the batch, layer by layer, forward\n"
                            "and then backward. With train.batch_size=1 you can compute all of it by hand.\n"
                            "With --out the file contains loss, y and for each layer l the arrays l.x l.z\n"
                            "l.slope (σ′) l.a l.dL_da l.dL_dz l.dL_dW l.dL_db l.dL_dx. Some layers also have\n"
                            "l.dL_dalpha, or l.u l.dL_du l.dL_dgamma l.dL_dbeta, or l.mask, or l.s.\n\n"
                            "  primer trace configs/xor.toml --set train.batch_size=1\n"
                            "  primer trace configs/iris.toml --data data/iris.csv --out iris.safetensors\n",
                            options,
                            run};

}  // namespace primer
