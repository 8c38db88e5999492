// primer train: a config in, a run's folder and the gradient-flow table out.
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "primer/cli/verbs.hpp"
#include "primer/files/experiment.hpp"
#include "primer/files/frames.hpp"
#include "primer/files/model.hpp"
#include "primer/files/run.hpp"
#include "primer/views/flow_table.hpp"
#include "primer/views/progress.hpp"
#include "primer/views/report.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

std::string shape_of(Network& network) {
  std::string shape = std::to_string(network.inputs());
  std::size_t parameters = 0;
  for (const Dense& layer : network.layers) shape += "-" + std::to_string(layer.b.size());
  for (const Parameter& p : network.parameters()) parameters += p.value->size();
  return shape + ", " + std::to_string(parameters) + " parameters";
}

void print_scores(const char* set, const std::string& metric, const std::optional<Scores>& scores) {
  if (!scores) return;
  std::printf("%-11s loss %s  %s %s\n", set, short_number(scores->loss, 4).c_str(), metric.c_str(),
              short_number(scores->metric, 4).c_str());
}

int run(const Arguments& arguments) {
  const std::string& config_path = arguments.operands.front();
  const Experiment experiment = load_experiment(config_path, arguments.overrides());
  const Config& config = experiment.config;
  const std::string stem = std::filesystem::path(config_path).stem().string();
  RunFolder folder(arguments.value("--out").value_or("runs/" + stem));
  Network network = experiment.network();
  if (const auto file = arguments.value("--init")) load_tensors(read_safetensors(*file), *file, network);

  const bool quiet = arguments.has("--quiet");
  const std::string metric = metric_name(experiment.task);
  if (!quiet) {
    std::fprintf(stderr, "%s: %zu rows to train on, network %s\n", config_path.c_str(), experiment.data.train.size(),
                 shape_of(network).c_str());
  }

  folder.start(experiment);
  Training training(network, experiment.data, config.train, config.seed, config.diagnostics.every);
  FrameRecorder recorder(network, experiment.data, config.train);
  const Flow* const observed = config.diagnostics.every > 0 ? &training.flow : nullptr;
  Progress progress(config.train.epochs, metric);
  std::optional<EpochRecord> last;
  std::vector<FlowRow> flow;
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) {
    folder.add(flow = rows);
    recorder.epoch_done(0, training.done(), observed);
  };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    folder.add(record);
    folder.add(rows);
    recorder.epoch_done(record.epoch, training.done(), observed);
    last = record;
    if (!rows.empty()) flow = rows;
    if (!quiet) progress.epoch_done(record);
  };
  const auto write_results = [&] {
    folder.write_model(network, experiment);
    write_frames(folder.file("frames.safetensors"), recorder.frames());
    write_report(folder.path(), {});
  };
  try {
    training.run(hooks);
  } catch (const Divergence& e) {
    progress.finish();
    recorder.epoch_done(e.epoch - 1, true, observed);
    write_results();
    throw Failure(std::string(e.what()) + "; " + folder.file("model.safetensors") +
                  " holds the parameters before epoch " + std::to_string(e.epoch) +
                  "; try a smaller train.learning_rate, or train.clip_norm = 1");
  }
  progress.finish();
  write_results();

  if (last) {
    print_scores("train", metric, last->train);
    print_scores("validation", metric, last->validation);
    print_scores("test", metric, last->test);
  }
  if (!flow.empty()) {
    std::printf("\nGradient flow at epoch %llu:\n%s\n", static_cast<unsigned long long>(flow.front().epoch),
                flow_table(flow).c_str());
  }
  std::printf("run        %s\nsignature  %016llX\n", folder.path().c_str(),
              static_cast<unsigned long long>(signature(network)));
  return 0;
}

constexpr std::array<Option, 4> options{{set_option,
                                         {"--out", "DIR", "the run's folder (default: runs/CONFIG_NAME)"},
                                         {"--init", "FILE", "start from the tensors of a safetensors file"},
                                         {"--quiet", "", "no progress, only the result"}}};

}  // namespace

const Verb train_verb{
    "train",
    "CONFIG",
    1,
    1,
    "Trains a network from a config file and shows how the gradient flowed.",
    "Writes config.toml, model.safetensors, history.csv, flow.csv, frames.safetensors and report.html,\n"
    "a page to look at, into the run's folder; an earlier run there is replaced. The last line is a signature: equal "
    "runs have equal signatures.\n\n"
    "  primer train configs/spirals.toml\n"
    "  primer train configs/spirals.toml --set train.learning_rate=0.1 --out runs/fast\n",
    options,
    run};

}  // namespace primer
