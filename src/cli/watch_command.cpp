// primer watch: trains the network of a config, or repeats a finished run, slowly enough to follow on the screen.
#include <array>
#include <cstdio>
#include <filesystem>

#include "primer/cli/commands.hpp"
#include "primer/cli/interrupt.hpp"
#include "primer/formats/error.hpp"
#include "primer/runs/run_folder.hpp"
#include "primer/views/flow_table.hpp"

namespace primer {
namespace {

// Repeats the training of the run in `folder` and writes no file. The results are the same, unless the run used --init.
int watch_again(const std::string& folder) {
  const Experiment experiment = load_experiment(folder + "/config.toml", {});
  Network network = experiment.network();
  Training training(network, experiment.data, experiment.config.train, experiment.config.seed,
                    experiment.config.diagnostics.every);
  Terminal terminal(network, experiment.data, experiment.config.train, metric_name(experiment.task), Pace::watched);
  std::vector<FlowRow> flow;
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) { terminal.started(flow = rows); };
  hooks.batch_done = [&] { terminal.batch_done(training); };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    if (!rows.empty()) flow = rows;
    terminal.epoch_done(record, rows);
  };
  hooks.interrupted = [&] { return interrupt_requested() || terminal.quit(); };
  const InterruptHandler handler;
  training.run(hooks);
  terminal.finish();
  std::fputs(flow_table(flow, output_width()).c_str(), stdout);
  return interrupt_requested() ? 130 : 0;
}

int run(const Arguments& arguments) {
  if (!std::filesystem::is_directory(arguments.operands.front())) {
    Arguments of_train = arguments;
    std::erase_if(of_train.options, [](const auto& option) { return option.first == "--any-key"; });
    return train(of_train, arguments.has("--any-key") ? Pace::introduction : Pace::watched);
  }
  if (!arguments.options.empty())
    throw UserError("`watch RUN_DIR` takes no options; to change settings, use `watch CONFIG` with options");
  return watch_again(arguments.operands.front());
}

constexpr std::array<Option, 4> options{{set_option,
                                         {"--out", "DIR", "the folder of the run (default: runs/CONFIG_NAME)"},
                                         {"--replace", "", "replace the old run in DIR, even if it has another config"},
                                         {"--any-key", "", "add about 6 s of pauses in all; a key press ends them"}}};

}  // namespace

const Command watch_command{"watch",
                            "CONFIG|RUN_DIR",
                            "Shows a training slowly; keys control the speed.",
                            "With CONFIG, watch trains as `primer train` does. With RUN_DIR, watch repeats\n"
                            "the run, ignores its --init and writes no file. These keys control watch:\n"
                            "  space  pause or continue           s    do one optimisation step\n"
                            "  ← →    one epoch back or forward   + −  double or halve the speed\n"
                            "  q      quit; with CONFIG, watch saves the run, and you can continue it later\n"
                            "Without a terminal, watch is as fast as train.\n\n"
                            "  primer watch configs/xor.toml --set layer.1.units=2\n"
                            "  primer watch runs/spirals\n",
                            options,
                            run};

}  // namespace primer
