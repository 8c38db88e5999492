// Runs for the tests of the report: trained into a folder as `primer train` does it.
#pragma once

#include <string>

#include "../program.hpp"
#include "primer/report/frame_recorder.hpp"
#include "primer/report/frames_file.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/run_folder.hpp"

namespace runs {

using namespace primer;
using program::Folder;

// Trains on a config into the folder `path`.
inline void train(const std::string& config, const std::string& path) {
  const Experiment experiment = load_experiment(config, {});
  RunFolder folder(path);
  Network network = experiment.network();
  folder.start(experiment);
  const TrainOptions& options = experiment.config.train;
  Training training(network, experiment.data, options, experiment.config.seed, experiment.config.diagnostics.every);
  FrameRecorder recorder(network, experiment.data, options);
  const Flow* const flow = experiment.config.diagnostics.every > 0 ? &training.flow : nullptr;
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) {
    folder.add(rows);
    recorder.epoch_done(0, training.done(), flow);
  };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    folder.add(record);
    folder.add(rows);
    recorder.epoch_done(record.epoch, training.done(), flow);
  };
  training.run(hooks);
  folder.write_model(network, experiment);
  write_frames(folder.file("frames.safetensors"), recorder.frames());
}

inline const char* const three_layers = R"toml(
[[layer]]
units = 6
activation = "leaky_relu(0.2)"
[[layer]]
units = 5
activation = "prelu"
[[layer]]
units = 5
activation = "tanh"
[[layer]]
activation = "softmax"
[train]
loss = "cross_entropy"
optimizer = "adam"
epochs = 3
batch_size = 8
)toml";

// A run whose columns and classes have names that look like markup.
inline std::string nasty_run(const Folder& folder) {
  program::spill(folder / "data.csv",
                 "\"<img src=x onerror=alert(1)>\",\"b\"\"]]>&\",what\n"
                 "0,1,</script><b>\n1,0,<!--\n0.5,1,</script><b>\n1,0.25,<!--\n0,0.75,</script><b>\n1,1,<!--\n");
  program::spill(folder / "nasty.toml", "[data]\nfile = \"data.csv\"\n" + std::string(three_layers));
  train(folder / "nasty.toml", folder / "run");
  return folder / "run";
}

inline std::string spirals_run(const Folder& folder, const std::string& more = "") {
  program::spill(folder / "spirals.toml",
                 "[data]\ngenerator = \"spirals\"\npoints = 60\nvalidation_fraction = 0.2\n" + (three_layers + more));
  train(folder / "spirals.toml", folder / "run");
  return folder / "run";
}

}  // namespace runs
