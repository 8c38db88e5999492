// primer gradcheck: compares the analytic gradients of a config's network with numeric gradients, tensor by tensor.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "primer/cli/commands.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/training/gradcheck.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

constexpr std::size_t most_rows = 16;  // few: each entry of a gradient needs 4 or more forward passes of all these rows

std::string index_of(const TensorCheck& t) {
  return (t.matrix ? std::to_string(t.worst_row) + ":" : "") + std::to_string(t.worst_col);
}

int run(const Arguments& arguments) {
  if (sizeof(real) != sizeof(double)) {
    throw UserError(
        "gradcheck needs the double build, because a float has too few digits; build without PRECISION=float");
  }
  const Experiment experiment = load_experiment(arguments.operands.front(), arguments.overrides());
  Network network = experiment.network();
  leave_special_values(network, experiment.config.seed);
  const auto loss = make_loss(experiment.config.train);
  const Dataset first = first_batch(experiment.data, experiment.config.train, experiment.config.seed);
  const std::size_t rows = std::min(first.size(), most_rows);
  Dataset batch;
  select_rows(first, {}, 0, rows, batch);
  const GradientCheck check = check_gradients(network, *loss, batch.x, batch.y);

  std::fprintf(stderr,
               "%s; a is an entry of the analytic gradient, n the numeric value of this entry; a is right if "
               "|a − n| ≤ 1e-9 + 1e-6 · max(|a|, |n|); rounding changes n by up to %s\n",
               counted(rows, "row").c_str(), short_number(check.noise_floor).c_str());
  std::string text = "tensor,entries,excluded,max_abs,max_rel,worst_index,verdict\n";
  std::map<std::string, std::string> names;  // maps each verdict to the names of the tensors with this verdict
  for (const TensorCheck& t : check.tensors) {
    const std::string verdict(t.verdict());
    text += csv_row(std::vector<std::string>{t.tensor, std::to_string(t.entries), std::to_string(t.excluded),
                                             number(t.max_abs), number(t.max_rel), index_of(t), verdict});
    names[verdict] += (names[verdict].empty() ? "" : ", ") + t.tensor;
  }
  std::fputs(text.c_str(), stdout);
  if (names.contains("mismatch")) throw RuntimeError("these gradients are wrong: " + names["mismatch"]);
  if (names.contains("undecided")) {
    throw RuntimeError("rounding hides whether these gradients are right: " + names["undecided"] +
                       "; scale inputs and targets to about 1, with data.standardize and data.standardize_targets");
  }
  if (names.contains("nothing compared")) {
    throw RuntimeError(
        "every finite difference would cross a kink of σ or of the loss, so no gradient was compared in: " +
        names["nothing compared"]);
  }
  return 0;
}

constexpr std::array<Option, 1> options{{set_option}};

}  // namespace

const Command gradcheck_command{"gradcheck",
                                "CONFIG",
                                "Compares every gradient with central differences.",
                                "The check covers all parameters and the input, on the first 16 rows of the first\n"
                                "batch. First it adds small random numbers to all parameters except the weights.\n"
                                "The output is CSV with a row for each tensor:\n"
                                "  excluded     number of entries not compared, because a kink of σ or L is near\n"
                                "  max_abs      the largest |a − n|; a is the analytic, n the numeric gradient\n"
                                "  max_rel      the largest |a − n| / (1e-3 + max(|a|, |n|)); up to 1e-6 is right\n"
                                "  worst_index  index of max_rel, from 0; ROW:COLUMN in W (outputs × inputs)\n"
                                "The verdict is pass, mismatch, nothing compared, or undecided (rounding hides\n"
                                "more than 1 % of the gradient). The exit code is 0 only if all tensors pass.\n\n"
                                "  primer gradcheck configs/iris.toml\n",
                                options,
                                run};

}  // namespace primer
