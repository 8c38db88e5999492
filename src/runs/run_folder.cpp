// Chooses the folder of a run, writes its files, and reads history.csv and flow.csv.
#include "primer/runs/run_folder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string_view>
#include <system_error>

#include "primer/formats/atomic_file.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/runs/checkpoint.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/runs/samples.hpp"

namespace primer {
namespace {

namespace fs = std::filesystem;

// A file in the folder of a run, and a text near its beginning that shows that primer wrote the file.
struct RunFile {
  const char* name;
  std::string_view mark;
};
constexpr std::string_view tensors_mark = R"({"__metadata__":{"primer":)";
constexpr std::array<RunFile, 7> run_files{{{"config.toml", "seed = "},
                                            {"model.safetensors", tensors_mark},
                                            {"checkpoint.safetensors", tensors_mark},
                                            {"history.csv", "epoch,train_loss,train_"},
                                            {"flow.csv", "epoch,layer,activation,"},
                                            {"frames.safetensors", tensors_mark},
                                            {"report.html", "primer</title>"}}};

// Whether `name` is a temporary file NAME.PID.tmp. A process that is killed while it writes NAME leaves such a file.
bool is_temporary(const std::string& name) {
  return name.ends_with(".tmp") &&
         std::ranges::any_of(run_files, [&](const RunFile& file) { return name.starts_with(concat(file.name, ".")); });
}

// Whether the text of the config `path` is exactly the output of to_toml(). If so, primer wrote the file, not the user.
bool is_written_config(const std::string& path, const std::string& folder) {
  try {
    return read_input(path, toml::largest_file) == to_toml(read_config(path, {}), folder);
  } catch (const UserError&) {
    return false;
  }
}

enum class Occupant { nothing, same_run, other_run };

// Finds out what is in the folder. Throws UserError if it contains a file that must not be replaced.
Occupant occupant_of(const std::string& folder, const Experiment& experiment) {
  std::error_code error;
  if (folder.empty()) throw UserError("--out \"\": write the name of a folder");
  if (!fs::exists(folder, error)) return Occupant::nothing;
  if (!fs::is_directory(folder, error)) throw UserError({folder}, "is not a folder; choose another --out folder");
  const std::string config = folder + "/config.toml";
  if (!fs::exists(config, error)) {
    if (error) throw RuntimeError({folder}, "cannot be read: ", error.message());
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      if (is_temporary(entry.path().filename().string())) continue;
      throw UserError({folder}, "is not empty and is not the folder of a run; choose another --out folder");
    }
    if (error) throw RuntimeError({folder}, "cannot be read: ", error.message());
    return Occupant::nothing;
  }
  const bool same = read_input(config, toml::largest_file) == to_toml(experiment.config, folder);
  const DataOptions& data = experiment.config.data;
  bool has_history = false;
  for (const RunFile& file : run_files) {
    const std::string path = concat(folder, "/", file.name);
    if (!fs::exists(path, error)) continue;
    for (const std::string& read : {experiment.config.path, data.file, data.validation_file}) {
      if (read.empty() || !fs::equivalent(read, path, error)) continue;
      if (path != config || (!same && !is_written_config(config, folder)))
        throw UserError({path}, "is a file that this run reads; choose another --out folder");
    }
    has_history = has_history || file.name == std::string_view("history.csv");
    refuse_foreign_file(path, file.mark, "--out folder");
  }
  if (!same && !has_history && !is_written_config(config, folder)) {
    throw UserError({config}, "was not written by primer, so it is not overwritten; choose another --out folder");
  }
  return same ? Occupant::same_run : Occupant::other_run;
}

constexpr std::size_t largest_csv = std::size_t{1} << 32;

// The header and the rows up to `epoch` of history.csv or flow.csv, as lines. An incomplete last line is left out.
std::vector<std::string> lines_up_to(const std::string& path, std::uint64_t epoch) {
  std::istringstream file(read_input(path, largest_csv));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    std::uint64_t of_line = 0;
    std::from_chars(line.data(), line.data() + line.size(), of_line);
    if (lines.empty() || of_line <= epoch) lines.push_back(line + '\n');
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

// The position and the length, in bytes, of the test scores in a line of history.csv: cells 6 and 7 of its 8 cells.
std::pair<std::size_t, std::size_t> test_cells(const std::string& line) {
  const std::size_t end = line.rfind(',');
  const std::size_t begin = line.rfind(',', line.rfind(',', end - 1) - 1) + 1;
  return {begin, end - begin};
}

std::string without_test(std::string line) {
  const auto [begin, size] = test_cells(line);
  return line.replace(begin, size, ",");
}

std::string flow_cell(double value, FlowUnit unit) {
  if (std::isnan(value)) return {};
  return unit == FlowUnit::count ? std::to_string(static_cast<std::uint64_t>(value)) : number(value);
}

void add_scores(std::vector<std::string>& cells, const std::optional<Scores>& scores) {
  cells.push_back(scores ? number(scores->loss) : "");
  cells.push_back(scores ? number(scores->metric) : "");
}

std::vector<std::string> history_columns(Task task) {
  const std::string metric = metric_name(task);
  std::vector<std::string> columns{"epoch"};
  for (const std::string set : {"train_", "validation_", "test_"}) {
    columns.push_back(set + "loss");
    columns.push_back(set + metric);
  }
  columns.emplace_back("learning_rate");
  return columns;
}
std::string history_head(Task task) { return csv_row(history_columns(task)); }

std::vector<std::string> flow_columns() {
  std::vector<std::string> columns{"epoch", "layer", "activation"};
  for (const FlowQuantity& q : flow_quantities) columns.emplace_back(q.name);
  return columns;
}
std::string flow_head() { return csv_row(flow_columns()); }

// For each row, calls add(number, text). text(i) is the cell in the column names[i]; number(i) is its value, or NaN.
template <typename Add>
void read_rows(const std::string& path, const std::vector<std::string>& names, Add add) {
  std::ifstream file = open_input(path);
  CsvReader csv(file, path);
  const std::vector<std::size_t> columns = find_columns(csv, names, "which this version of primer writes");
  while (csv.next()) {
    const auto number = [&](std::size_t i) {
      return csv.is_empty(columns[i]) ? FlowRow::no_value
                                      : parse_number(csv.text(columns[i])).value_or(FlowRow::no_value);
    };
    add(number, [&](std::size_t i) { return csv.text(columns[i]); });
  }
}

}  // namespace

const char* metric_name(Task task) { return task == Task::regression ? "r2" : "accuracy"; }

std::vector<EpochRecord> read_history(const std::string& folder, Task task) {
  std::vector<EpochRecord> history;
  read_rows(folder + "/history.csv", history_columns(task), [&](auto number, auto) {
    const auto scores = [&](std::size_t i) {
      return std::isnan(number(i)) ? std::nullopt : std::optional<Scores>({number(i), number(i + 1)});
    };
    history.push_back({static_cast<std::uint64_t>(number(0)), {number(1), number(2)}, scores(3), scores(5), number(7)});
  });
  return history;
}

std::vector<FlowRow> read_flow(const std::string& folder) {
  std::vector<FlowRow> flow;
  read_rows(folder + "/flow.csv", flow_columns(), [&](auto number, auto text) {
    FlowRow& row = flow.emplace_back();
    row.epoch = static_cast<std::uint64_t>(number(0));
    row.layer = static_cast<std::size_t>(number(1));
    row.activation = text(2);
    std::size_t column = 3;
    for (const FlowQuantity& q : flow_quantities) row.*q.member = number(column++);
  });
  return flow;
}

std::string default_folder(const Config& config, std::size_t n) {
  const std::string name = "runs/" + fs::path(config.path).stem().string();
  return n == 1 ? name : concat(name, "-", n);
}

std::string folder_for_new_run(const Experiment& experiment, const std::optional<std::string>& out, bool replace) {
  std::string wanted = out.value_or(default_folder(experiment.config, 1));
  if (out || replace) {
    if (occupant_of(wanted, experiment) != Occupant::other_run || replace) return wanted;
    throw UserError({wanted}, "contains another run; choose another --out folder, or add --replace");
  }
  for (std::size_t n = 1;; ++n) {
    std::string folder = default_folder(experiment.config, n);
    try {
      if (occupant_of(folder, experiment) != Occupant::other_run) return folder;
    } catch (const UserError&) {
      continue;  // the folder contains files that primer must not replace
    }
  }
}

std::string folder_to_resume(const Experiment& experiment, const std::optional<std::string>& out) {
  if (out) return *out;
  const auto without_epochs = [](Config config) {
    config.train.epochs = 0;
    return to_toml(config, "");
  };
  for (std::size_t n = 1; fs::exists(default_folder(experiment.config, n)); ++n) {
    std::string folder = default_folder(experiment.config, n);
    try {
      const Config config = read_config(folder + "/config.toml", {});
      if (without_epochs(config) == without_epochs(experiment.config)) return folder;
    } catch (const UserError&) {
      continue;  // the folder contains no run
    }
  }
  return default_folder(experiment.config, 1);
}

// Writes config.toml first. If that fails, the earlier run in the folder stays unchanged. Then removes
// frames.safetensors. The earlier checkpoint stays, but --resume refuses a checkpoint without frames.safetensors.
void RunFolder::start(const Experiment& experiment) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw RuntimeError({path_}, "cannot be created: ", error.message());
  write_file_atomically(file("config.toml"), to_toml(experiment.config, path_));
  remove_temporaries();
  for (const char* name : {"frames.safetensors", "report.html"}) {
    fs::remove(file(name), error);
    if (error) throw RuntimeError({file(name)}, "cannot be replaced: ", error.message());
  }
  write_file_atomically(file("history.csv"), history_head(experiment.task));
  write_file_atomically(file("flow.csv"), flow_head());
  open_to_append(history_, "history.csv");
  open_to_append(flow_, "flow.csv");
}

void RunFolder::resume(const Experiment& experiment, Training& training) {
  const std::string checkpoint = file("checkpoint.safetensors");
  std::error_code ignored;
  if (fs::equivalent(experiment.config.path, file("config.toml"), ignored) &&
      !is_written_config(file("config.toml"), path_)) {
    throw UserError({file("config.toml")}, "is a file that this run reads; choose another --out folder");
  }
  if (!fs::exists(checkpoint, ignored) || !fs::exists(file("frames.safetensors"), ignored)) {
    throw UserError({path_}, "checkpoint.safetensors or frames.safetensors is missing; train without --resume");
  }
  read_checkpoint(checkpoint, experiment, training);
  const Training::State& state = training.state;
  std::vector<std::string> history = lines_up_to(file("history.csv"), state.epoch);
  if (history.size() != state.epoch + 1) {
    throw UserError({file("history.csv")}, "does not have a line for each of the ", state.epoch,
                    " epochs before the checkpoint; train without --resume");
  }
  for (std::size_t e = 1; e < history.size() && !training.done(); ++e) history[e] = without_test(history[e]);
  std::vector<std::string> flow = lines_up_to(file("flow.csv"), state.epoch);
  if (flow.empty() || flow.front() != flow_head() || history.front() != history_head(experiment.task)) {
    throw UserError({path_},
                    "history.csv or flow.csv has the columns of another version of primer; train without --resume");
  }
  if (state.epoch == 0 && state.batch == 0) flow.resize(1);  // removes epoch 0 from flow.csv: training writes it again

  write_file_atomically(file("config.toml"), to_toml(experiment.config, path_));
  remove_temporaries();
  write_file_atomically(file("history.csv"), joined(history));
  write_file_atomically(file("flow.csv"), joined(flow));
  open_to_append(history_, "history.csv");
  open_to_append(flow_, "flow.csv");
}

void RunFolder::remove_temporaries() const {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, ignored)) {
    if (is_temporary(entry.path().filename().string())) fs::remove(entry.path(), ignored);
  }
}

void RunFolder::add(const std::vector<FlowRow>& rows) {
  std::string lines;
  for (const FlowRow& r : rows) {
    std::vector<std::string> cells{std::to_string(r.epoch), std::to_string(r.layer), r.activation};
    for (const FlowQuantity& q : flow_quantities) cells.push_back(flow_cell(r.*q.member, q.unit));
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

void RunFolder::move_test_scores(std::uint64_t kept_epoch) {
  std::vector<std::string> lines = lines_up_to(file("history.csv"), std::numeric_limits<std::uint64_t>::max());
  if (kept_epoch + 1 >= lines.size()) return;
  const auto [begin, size] = test_cells(lines.back());
  const std::string scores = lines.back().substr(begin, size);
  if (scores == ",") return;
  lines.back().replace(begin, size, ",");
  const auto [to, old_size] = test_cells(lines[kept_epoch]);
  lines[kept_epoch].replace(to, old_size, scores);
  history_.close();
  write_file_atomically(file("history.csv"), joined(lines));
  open_to_append(history_, "history.csv");
}

void RunFolder::write_model(Network& network, const Experiment& experiment) {
  write_safetensors(file("model.safetensors"), model_contents(network, experiment), own_dtype());
}

void RunFolder::write_checkpoint(const Training& training, const Experiment& experiment) {
  primer::write_checkpoint(file("checkpoint.safetensors"), training, experiment);
}

void RunFolder::open_to_append(std::ofstream& stream, const char* name) {
  stream.open(file(name), std::ios::binary | std::ios::app);
  append(stream, name, "");
}

void RunFolder::append(std::ofstream& stream, const char* name, const std::string& text) {
  stream << text << std::flush;
  if (!stream) throw RuntimeError({file(name)}, "cannot be written; is the disk full?");
}

}  // namespace primer
