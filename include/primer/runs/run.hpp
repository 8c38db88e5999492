// The folder of a training run: its resolved config, its model, and two CSV files that grow by whole lines.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "primer/runs/experiment.hpp"
#include "primer/training/training.hpp"

namespace primer {

class RunFolder {
 public:
  // Looks before anything is written: throws UserError for a folder that is not empty and holds no run.
  explicit RunFolder(std::string path);

  // Replaces an earlier run: writes config.toml and the heads of history.csv and flow.csv, removes its frames and
  // report. Its model and checkpoint stay until the new ones are written.
  void start(const Experiment& experiment);
  // Goes on with the run in the folder from its checkpoint: takes `training` there and cuts history.csv and flow.csv
  // back to it. Throws UserError if there is no checkpoint, or none that fits (see read_checkpoint).
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

}  // namespace primer
