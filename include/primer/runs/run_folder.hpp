// Writes the folder of a training run: the resolved config, the model, the checkpoint, history.csv and flow.csv.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

// The n-th default folder for runs of the config NAME.toml: runs/NAME if n is 1, else runs/NAME-n.
std::string default_folder(const Config& config, std::size_t n);

// Chooses the folder for a new run of the config NAME.toml: `out` if given; else runs/NAME if `replace` is true; else
// the first free folder of runs/NAME, runs/NAME-2, … A folder is free if it is missing, is empty, or contains a run of
// the same config (with `replace`: any run). The new run replaces that run. A folder with files that primer did not
// write, or that the new run reads, is not free. Throws UserError if `out` or, with `replace`, runs/NAME is not free.
std::string folder_for_new_run(const Experiment& experiment, const std::optional<std::string>& out, bool replace);

// The folder of the run to resume: `out` if given; else the first of runs/NAME, runs/NAME-2, … that contains a run with
// the config of `experiment` (only train.epochs may differ). If no folder contains such a run: runs/NAME.
std::string folder_to_resume(const Experiment& experiment, const std::optional<std::string>& out);

class RunFolder {
 public:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}

  // Starts a new run in the folder: writes config.toml and the headers of history.csv and flow.csv, and removes
  // frames.safetensors and report.html of an earlier run. Its model and checkpoint stay until the new run writes them.
  void start(const Experiment& experiment);
  // Resumes the run in the folder: restores `training` from the checkpoint, and removes the rows of later epochs from
  // history.csv and flow.csv. Throws UserError if the checkpoint is missing or does not fit (see read_checkpoint).
  void resume(const Experiment& experiment, Training& training);
  void add(const std::vector<FlowRow>& rows);
  void add(const EpochRecord& record);
  // Moves the test scores in history.csv from the last row to the row of the epoch whose parameters were kept.
  void move_test_scores(std::uint64_t kept_epoch);
  void write_model(Network& network, const Experiment& experiment);
  void write_checkpoint(const Training& training, const Experiment& experiment);

  const std::string& path() const { return path_; }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  void remove_temporaries() const;
  void open_to_append(std::ofstream& stream, const char* name);
  void append(std::ofstream& stream, const char* name, const std::string& text);
  std::string path_;
  std::ofstream history_;
  std::ofstream flow_;
};

// The name of the metric of a task: "accuracy" or "r2".
const char* metric_name(Task task);

// read_history() reads the rows of history.csv, and read_flow() the rows of flow.csv. Each function throws UserError if
// the file is missing or was written by another version of primer.
std::vector<EpochRecord> read_history(const std::string& folder, Task task);
std::vector<FlowRow> read_flow(const std::string& folder);

}  // namespace primer
