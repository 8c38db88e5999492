// Writes the folder of a training run: the resolved config, the model, the checkpoint, and two CSV files that grow by
// whole lines.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

class RunFolder {
 public:
  // Throws UserError if `path` is a folder with files but without a run. Writes nothing.
  explicit RunFolder(std::string path);

  // Starts a run and replaces an earlier one: writes config.toml and the heads of history.csv and flow.csv, and removes
  // the frames and the report. The earlier model and checkpoint stay until the new ones are written.
  void start(const Experiment& experiment);
  // Resumes the run in the folder: restores `training` from the checkpoint and cuts history.csv and flow.csv back to
  // it. Throws UserError if there is no checkpoint or if it does not fit (see read_checkpoint).
  void resume(const Experiment& experiment, Training& training);
  void add(const std::vector<FlowRow>& rows);
  void add(const EpochRecord& record);
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

// The rows of history.csv and flow.csv. Both throw UserError if the file is missing or another version wrote it.
std::vector<EpochRecord> read_history(const std::string& folder, Task task);
std::vector<FlowRow> read_flow(const std::string& folder);

}  // namespace primer
