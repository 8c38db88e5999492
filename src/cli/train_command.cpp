// primer train: trains a network, writes the folder of the run and prints how large the gradient is in each layer.
#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "primer/cli/commands.hpp"
#include "primer/cli/interrupt.hpp"
#include "primer/formats/npz.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/frame_recorder.hpp"
#include "primer/report/frames_file.hpp"
#include "primer/report/page.hpp"
#include "primer/runs/doctor.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/run_folder.hpp"
#include "primer/runs/signature.hpp"
#include "primer/runs/warnings.hpp"
#include "primer/views/diagnosis_text.hpp"
#include "primer/views/flow_table.hpp"
#include "primer/views/table.hpp"
#include "primer/views/terminal.hpp"

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

std::string line_to_resume(Arguments arguments, const Config& config, const std::string& folder) {
  std::erase_if(arguments.options, [](const auto& o) { return o.first != "--set" && o.first != "--out"; });
  if (!arguments.has("--out") && folder != default_folder(config, 1)) arguments.options.emplace_back("--out", folder);
  arguments.options.emplace_back("--resume", "");
  return printable(shell_line(train_command, arguments));
}

// What the report says about the run. notes.command keeps only the options that change the numbers: --set and --init.
RunNotes notes_of(Arguments arguments, const Experiment& experiment, const std::vector<Warning>& warnings) {
  std::erase_if(arguments.options, [](const auto& o) { return o.first != "--set" && o.first != "--init"; });
  RunNotes notes;
  notes.command = shell_line(train_command, arguments);
  notes.version = PRIMER_VERSION;
  notes.data = fingerprint({&experiment.data.train, &experiment.data.validation, &experiment.data.test});
  for (const auto& [key, value] : arguments.overrides()) notes.changes.push_back(key + " = " + value);
  for (const Warning& warning : warnings) notes.warnings.push_back(warning.code + ": " + warning.text);
  std::ranges::copy(experiment.config.data.image, notes.image.begin());
  return notes;
}

// One call of `primer train`: trains, writes the run's folder, records the report's data and shows the progress.
class TrainingSession {
 public:
  TrainingSession(const Arguments& arguments, Pace pace)
      : arguments_(arguments),
        experiment_(load_experiment(arguments.operands.front(), arguments.overrides())),
        folder_(arguments.has("--resume")
                    ? folder_to_resume(experiment_, arguments.value("--out"))
                    : folder_for_new_run(experiment_, arguments.value("--out"), arguments.has("--replace"))),
        network_(experiment_.network()),
        training_(network_, experiment_.data, experiment_.config.train, experiment_.config.seed,
                  experiment_.config.diagnostics.every),
        recorder_(network_, experiment_.data, experiment_.config.train, notes_of(arguments, experiment_, warnings_)),
        terminal_(network_, experiment_.data, experiment_.config.train, metric_, pace) {}

  int go() {
    start();
    const std::uint64_t first_epoch = training_.state.epoch;
    const bool done_before = training_.done() && first_epoch > 0;
    Training::End end{};
    try {
      end = training_.run(hooks());
    } catch (const Divergence& e) {
      stop_diverged(e);
    }
    terminal_.finish();
    if (end == Training::End::interrupted) return stop_interrupted();
    if (training_.state.epoch == 0) save();
    if (keeps_earlier_epoch()) folder_.move_test_scores(training_.state.best_epoch);
    write_results();
    if (done_before && !quiet_) {
      std::fprintf(stderr, "all %llu epochs are done already; increase train.epochs to continue\n",
                   static_cast<unsigned long long>(first_epoch));
    }
    print_results(end);
    return 0;
  }

 private:
  void start() {
    if (!quiet_) {
      std::fprintf(stderr, "config %s; training: %s; layer sizes: %s\n", printable(arguments_.operands.front()).c_str(),
                   counted(experiment_.data.train.size(), "row").c_str(), shape_of(network_).c_str());
    }
    if (arguments_.has("--resume")) {
      if (arguments_.has("--init")) {
        throw UserError("--resume continues with the parameters of the run; remove --init");
      }
      folder_.resume(experiment_, training_);
      recorder_.resume(read_frames(folder_.file("frames.safetensors")), training_.state.epoch);
    } else {
      if (const auto file = arguments_.value("--init")) load_initial(*file, experiment_, network_);
      if (!arguments_.has("--out") && folder_.path() != default_folder(experiment_.config, 1) && !quiet_) {
        std::fprintf(stderr, "%s already exists and is kept; this run is written to %s\n",
                     printable(default_folder(experiment_.config, 1)).c_str(), printable(folder_.path()).c_str());
      }
      folder_.start(experiment_);
    }
    for (const Warning& warning : warnings_) std::fprintf(stderr, "primer: warning: %s\n", to_string(warning).c_str());
    interrupt_handler_.emplace();
  }

  Training::Hooks hooks() {
    Training::Hooks hooks;
    hooks.started = [this](const std::vector<FlowRow>& rows) {
      folder_.add(flow_ = rows);
      recorder_.epoch_done(0, training_.done(), observed());
      if (!quiet_) terminal_.started(rows);
    };
    if (!quiet_) hooks.batch_done = [this] { terminal_.batch_done(training_); };
    hooks.epoch_done = [this](const EpochRecord& record, const std::vector<FlowRow>& rows) {
      folder_.add(record);
      folder_.add(rows);
      recorder_.epoch_done(record.epoch, training_.done(), observed());
      last_ = record;
      if (!rows.empty()) flow_ = rows;
      if (!quiet_) terminal_.epoch_done(record, rows);
      const std::size_t every = experiment_.config.train.checkpoint_every;
      if (training_.done() || (every > 0 && record.epoch % every == 0)) save();
    };
    hooks.interrupted = [this] { return interrupt_requested() || terminal_.quit(); };
    return hooks;
  }

  // Writes the report frames first: --resume can remove frames newer than the checkpoint, but not restore lost frames.
  void save() {
    write_frames(folder_.file("frames.safetensors"), recorder_.frames());
    folder_.write_checkpoint(training_, experiment_);
  }

  void write_results() {
    folder_.write_model(network_, experiment_);
    write_report(folder_.path());
  }

  [[noreturn]] void stop_diverged(const Divergence& e) {
    terminal_.finish();
    recorder_.epoch_done(e.epoch - 1, true, observed());
    write_frames(folder_.file("frames.safetensors"), recorder_.frames());
    write_results();
    throw RuntimeError(concat(e.what(), "; the parameters at the start of epoch ", e.epoch, " are in ",
                              to_string(Location{folder_.file("model.safetensors")}), "; try again with ", remedy(e)));
  }

  std::string remedy(const Divergence& e) const {
    const TrainOptions& train = experiment_.config.train;
    std::string text = "train.learning_rate = " + number(std::min(train.learning_rate / 10, 0.01));
    if (train.clip_norm == 0) text += ", or train.clip_norm = 1";
    if (e.step == 1) text = "smaller initial weights";
    if (!experiment_.config.data.standardize) text += ", or data.standardize = true";
    return text;
  }

  // Whether early stopping chose the parameters of an epoch that is not the last epoch.
  bool keeps_earlier_epoch() const {
    return !training_.state.best.empty() && training_.state.best_epoch < training_.state.epoch;
  }

  int stop_interrupted() {
    save();
    if (!training_.state.best.empty()) {
      restore(training_.state.best, network_);
      std::fprintf(stderr, "primer: %s has the parameters of epoch %llu, whose validation loss is the lowest so far\n",
                   printable(folder_.file("model.safetensors")).c_str(),
                   static_cast<unsigned long long>(training_.state.best_epoch));
    }
    write_results();
    std::fprintf(stderr, "primer: interrupted in epoch %s of %zu after batch %s of %zu; to continue: %s\n",
                 std::to_string(training_.state.epoch + 1).c_str(), experiment_.config.train.epochs,
                 std::to_string(training_.state.batch).c_str(), training_.batches(),
                 line_to_resume(arguments_, experiment_.config, folder_.path()).c_str());
    return 130;
  }

  void print_results(Training::End end) {
    if (last_) {
      const auto kept = static_cast<unsigned long long>(training_.state.best_epoch);
      const auto last = static_cast<unsigned long long>(training_.state.epoch);
      if (end == Training::End::stopped_early)
        std::printf("stopped early at epoch %llu; kept the parameters of epoch %llu\n", last, kept);
      if (end == Training::End::finished && keeps_earlier_epoch()) {
        std::printf("kept the parameters of epoch %llu of %llu, which has the lowest validation loss\n", kept, last);
      }
      const EpochRecord record =
          keeps_earlier_epoch() ? read_history(folder_.path(), experiment_.task)[kept - 1] : *last_;
      print_scores("train", metric_, record.train);
      print_scores("validation", metric_, record.validation);
      print_scores("test", metric_, record.test);
    }
    if (!flow_.empty()) {
      std::printf("\nGradient flow at epoch %llu:\n%s\n", static_cast<unsigned long long>(flow_.front().epoch),
                  flow_table(flow_, output_width()).c_str());
    }
    for (const Diagnosis& diagnosis : diagnoses()) std::printf("%s\n", described(diagnosis, output_width()).c_str());
    std::printf("run        %s\nsignature  %s\n", printable(folder_.path()).c_str(),
                signature_text(signature(network_)).c_str());
  }

  std::vector<Diagnosis> diagnoses() const {
    return diagnose(experiment_.config, read_history(folder_.path(), experiment_.task), read_flow(folder_.path()));
  }

  const Flow* observed() const { return experiment_.config.diagnostics.every > 0 ? &training_.flow : nullptr; }

  const Arguments& arguments_;
  const Experiment experiment_;
  const std::string metric_ = metric_name(experiment_.task);
  const std::vector<Warning> warnings_ = warnings_of(experiment_);
  const bool quiet_ = arguments_.has("--quiet");
  RunFolder folder_;
  Network network_;
  Training training_;
  FrameRecorder recorder_;
  Terminal terminal_;
  std::optional<EpochRecord> last_;  // the scores of the last epoch; empty if this call has trained no epoch
  std::vector<FlowRow> flow_;
  std::optional<InterruptHandler> interrupt_handler_;  // handles Ctrl-C; start() creates this object
};

int run(const Arguments& arguments) { return train(arguments, Pace::training); }

constexpr std::array<Option, 6> options{
    {set_option,
     {"--out", "DIR", "the folder of the run (default: runs/CONFIG_NAME)"},
     {"--replace", "", "replace the old run in DIR, even if it has another config"},
     {"--init", "FILE", "start with the parameters in this file (safetensors or .npz)"},
     {"--resume", "", "continue the run in its folder; only train.epochs may change"},
     {"--quiet", "", "print only the result and no progress"}}};

}  // namespace

void load_initial(const std::string& file, const Experiment& experiment, Network& network) {
  const Safetensors contents = file.ends_with(".npz") ? read_npz(file) : read_safetensors(file);
  for (const std::string& difference : differences(contents, experiment)) {
    std::fprintf(stderr, "primer: warning: %s: %s\n", printable(file).c_str(), printable(difference).c_str());
  }
  load_tensors(contents, file, network);
}

int train(const Arguments& arguments, Pace pace) { return TrainingSession(arguments, pace).go(); }

const Command train_command{"train",
                            "CONFIG",
                            "Trains a network and shows how its gradient flowed.",
                            "It writes these files to the folder of the run: config.toml, model.safetensors,\n"
                            "checkpoint.safetensors, history.csv, flow.csv, frames.safetensors and\n"
                            "report.html, which you can open in a browser. An earlier run with the same\n"
                            "config is replaced. A run with another config stays: without --out the next\n"
                            "free name is taken, such as runs/spirals-2. Ctrl-C finishes the batch, saves the\n"
                            "run and prints the command that continues it. The last line is a signature:\n"
                            "equal runs have equal signatures.\n\n"
                            "  primer train configs/spirals.toml\n"
                            "  primer train configs/spirals.toml --set train.learning_rate=0.1 --out runs/b\n"
                            "  primer train configs/spirals.toml --set train.epochs=400 --resume\n",
                            options,
                            run};

}  // namespace primer
