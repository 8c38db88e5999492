// Writes the folder of a training run: the resolved config, the model, the checkpoint, and two CSV files that grow by
// whole lines.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

// The default folder of a run of the config NAME.toml: runs/NAME if n is 1, else runs/NAME-n.
std::string default_folder(const Config& config, std::size_t n);

// The folder for a new run: `out`, or else runs/NAME for the config NAME.toml. A folder that exists must be empty or
// contain a run. A run with another config.toml is replaced only if `replace` is true. Otherwise such an `out` is
// refused; without `out`, the function takes the first of runs/NAME, runs/NAME-2, … that is empty or contains a run
// with this config. Throws UserError if a file that would be replaced was not written by primer or is read by the run.
std::string folder_for_new_run(const Experiment& experiment, const std::optional<std::string>& out, bool replace);

// The folder of the run to resume: `out`, or the first of runs/NAME, runs/NAME-2, … whose config differs at most in
// train.epochs; runs/NAME if no folder has such a config.
std::string folder_to_resume(const Experiment& experiment, const std::optional<std::string>& out);

class RunFolder {
 public:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}

  // Starts a run and replaces an earlier run in the folder: writes config.toml and the header lines of history.csv and
  // flow.csv, and removes the frames and the report. The earlier model and checkpoint stay until new ones are written.
  void start(const Experiment& experiment);
  // Resumes the run in the folder: restores `training` from the checkpoint and removes later rows from history.csv and
  // flow.csv. Throws UserError if the checkpoint is missing or does not fit (see read_checkpoint).
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

// "accuracy" or "r2".
const char* metric_name(Task task);

// These two functions read the rows of history.csv and of flow.csv. Each throws UserError if its file is missing or was
// written by another version of primer.
std::vector<EpochRecord> read_history(const std::string& folder, Task task);
std::vector<FlowRow> read_flow(const std::string& folder);

}  // namespace primer
