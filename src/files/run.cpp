// Writing a run's folder.
#include "primer/files/run.hpp"

#include <array>
#include <filesystem>

#include "primer/files/atomic_file.hpp"
#include "primer/files/csv.hpp"
#include "primer/files/model.hpp"
#include "primer/files/number.hpp"

namespace primer {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 7> file_names{"config.toml", "model.safetensors", "checkpoint.safetensors",
                                                "history.csv", "flow.csv",          "frames.safetensors",
                                                "report.html"};

std::string cell(const std::optional<double>& value) { return value ? number(*value) : std::string(); }

void add_scores(std::vector<std::string>& cells, const std::optional<Scores>& scores) {
  cells.push_back(scores ? number(scores->loss) : "");
  cells.push_back(scores ? number(scores->metric) : "");
}

}  // namespace

const char* metric_name(Task task) { return task == Task::regression ? "r2" : "accuracy"; }

RunFolder::RunFolder(std::string path) : path_(std::move(path)) {
  std::error_code error;
  if (!fs::exists(path_, error)) return;
  if (!fs::is_directory(path_, error)) throw InputError(Place{path_, 0, 0}, "is not a folder; choose another --out");
  if (!fs::is_empty(path_, error) && !fs::exists(path_ + "/config.toml", error)) {
    throw InputError(Place{path_, 0, 0}, "is not empty and holds no run; choose another --out");
  }
}

void RunFolder::start(const Experiment& experiment) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw Failure(path_ + ": cannot be made: " + error.message());
  for (const char* name : file_names) {
    fs::remove(file(name), error);
    if (error) throw Failure(file(name) + ": cannot be replaced: " + error.message());
  }
  write_file_atomically(file("config.toml"), to_toml(experiment.config, path_));
  const std::string metric = metric_name(experiment.task);
  history_.open(file("history.csv"), std::ios::binary);
  append(history_, "history.csv",
         "epoch,train_loss,train_" + metric + ",validation_loss,validation_" + metric + ",test_loss,test_" + metric +
             ",learning_rate\n");
  flow_.open(file("flow.csv"), std::ios::binary);
  append(flow_, "flow.csv",
         "epoch,layer,activation,a_norm,a_mean,slope_mean,saturated,off,dead,revived,dL_da_norm,dL_dz_norm,dL_dW_norm,"
         "update_ratio\n");
}

void RunFolder::add(const std::vector<FlowRow>& rows) {
  std::string lines;
  for (const FlowRow& r : rows) {
    const std::array<std::string, 14> cells{
        std::to_string(r.epoch), std::to_string(r.layer),   r.activation,         number(r.a_norm),
        number(r.a_mean),        number(r.slope_mean),      number(r.saturated),  cell(r.off),
        number(r.dead),          std::to_string(r.revived), number(r.dL_da_norm), number(r.dL_dz_norm),
        number(r.dL_dW_norm),    cell(r.update_ratio)};
    lines += csv_row(cells);
  }
  append(flow_, "flow.csv", lines);
}

void RunFolder::add(const EpochRecord& record) {
  std::vector<std::string> cells{std::to_string(record.epoch)};
  add_scores(cells, record.train);
  add_scores(cells, record.validation);
  add_scores(cells, record.test);
  cells.push_back(number(record.learning_rate));
  append(history_, "history.csv", csv_row(cells));
}

void RunFolder::write_model(Network& network, const Experiment& experiment) {
  write_safetensors(file("model.safetensors"), model_contents(network, experiment), own_dtype());
}

void RunFolder::append(std::ofstream& stream, const char* name, const std::string& text) {
  stream << text << std::flush;
  if (!stream) throw Failure(file(name) + ": cannot be written to; is the disk full?");
}

}  // namespace primer
