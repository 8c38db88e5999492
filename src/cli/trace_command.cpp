// primer trace: one forward and backward pass in training mode, to read or to compare with.
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
  if (const auto file = arguments.value("--init")) load_tensors(read_safetensors(*file), *file, network);
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
     {"--init", "FILE", "the tensors of a safetensors file instead of the seed's"},
     {"--data", "FILE.csv", "every row of this file instead of the first training batch"},
     {"--out", "FILE.safetensors", "write every quantity of every layer instead of the table"}}};

}  // namespace

const Command trace_command{
    "trace",
    "CONFIG",
    1,
    1,
    "Runs one batch forward and backward and shows every quantity of every layer.",
    "Without --out the first sample is walked through the network and back; with --set train.batch_size=1 all of it\n"
    "can be followed by hand. With --out the file holds, for layer l, l.x l.z l.slope l.a l.dL_da l.dL_dz l.dL_dW\n"
    "l.dL_db l.dL_dx, what else the layer has (l.dL_dalpha l.u l.dL_du l.dL_dgamma l.dL_dbeta l.mask l.s), loss and "
    "y.\n\n"
    "  primer trace configs/xor.toml --set train.batch_size=1\n"
    "  primer trace configs/xor.toml --init runs/xor/model.safetensors --out xor.safetensors\n",
    options,
    run};

}  // namespace primer
