// primer trace: runs one forward and backward pass in training mode and prints all numbers, or writes them to a file.
#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "primer/cli/commands.hpp"
#include "primer/formats/atomic_file.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/trace.hpp"
#include "primer/views/trace_table.hpp"

namespace primer {
namespace {

int run(const Arguments& arguments) {
  const Experiment experiment = load_experiment(arguments.operands.front(), arguments.overrides());
  Network network = experiment.network();
  if (const auto file = arguments.value("--init")) load_initial(*file, experiment, network);
  const auto loss = make_loss(experiment.config.train);
  const Dataset batch = rows_of_pass(arguments, experiment);
  network.forward_training(batch.x, 1);
  network.backward(*loss, batch.y, true);
  if (const auto out = arguments.value("--out")) {
    Safetensors contents = trace_contents(network, *loss, batch.y);
    std::ranges::move(model_contents(network, experiment).tensors, std::back_inserter(contents.tensors));
    refuse_foreign_file(*out, R"({"1.x":{)", "--out file");
    write_safetensors(*out, contents, Dtype::F64);
  } else {
    std::fputs(trace_table(network, *loss, batch.y, output_width()).c_str(), stdout);
  }
  return 0;
}

constexpr std::array<Option, 5> options{
    {set_option,
     {"--init", "FILE", "take the parameters from this file (safetensors or .npz)"},
     {"--data", "FILE.csv", "use the rows of this file, not the first training batch"},
     {"--row", "N", "use only row N (1, 2, …) of the batch or of the --data file"},
     {"--out", "FILE", "write all arrays to this safetensors file"}}};

}  // namespace

Dataset rows_of_pass(const Arguments& arguments, const Experiment& experiment) {
  const auto has_input = [](const Dataset& rows) {
    return std::ranges::any_of(rows.x.values(), [](real v) { return v != 0; });
  };
  const TrainOptions& train = experiment.config.train;
  const auto file = arguments.value("--data");
  Dataset rows = file ? read_dataset(*file, experiment) : first_batch(experiment.data, train, experiment.config.seed);
  if (const std::size_t row = arguments.count("--row", 0, 1, rows.size()); row > 0) {
    Dataset one;
    select_rows(rows, {}, row - 1, row, one);
    return one;
  }
  const std::vector<std::size_t> order = epoch_order(experiment.data, experiment.config.seed, 0);
  for (std::size_t first = rows.size(); !file && !has_input(rows) && first < order.size(); first += rows.size()) {
    select_rows(experiment.data.train, order, first, std::min(first + rows.size(), order.size()), rows);
  }
  return rows;
}

const Command trace_command{"trace",
                            "CONFIG",
                            "Shows all numbers of a forward and a backward pass.",
                            "Without --out, trace prints one sample of the batch: forward, then backward.\n"
                            "With train.batch_size=1 you can compute all numbers by hand. --out writes the\n"
                            "tensors of a model file, the arrays loss and y, and these arrays of layer l:\n"
                            "  every layer: l.x l.z l.a l.slope (σ′) l.dL_da l.dL_dz l.dL_dW l.dL_db l.dL_dx\n"
                            "  with batch_norm: l.u (the input of batch_norm) l.dL_du l.dL_dgamma l.dL_dbeta\n"
                            "  prelu: l.dL_dalpha   residual: l.s = σ(z)   dropout: l.mask (0 or 1/(1 − p))\n\n"
                            "  primer trace configs/xor.toml --set train.batch_size=1\n"
                            "  primer trace configs/xor.toml --row 2\n"
                            "  primer trace configs/iris.toml --data data/iris.csv --out iris.safetensors\n",
                            options,
                            run};

}  // namespace primer
