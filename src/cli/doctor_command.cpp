// primer doctor: says what the numbers of a run show, and tries the remedies.
#include <array>
#include <cstdio>
#include <optional>

#include "primer/cli/commands.hpp"
#include "primer/cli/interrupt.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/doctor.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/run_folder.hpp"
#include "primer/views/diagnosis_text.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

using Row = std::vector<std::string>;

Row head_of(const Experiment& experiment) {
  const std::string metric = metric_name(experiment.task);
  Row head{"", "train loss", metric};
  if (experiment.data.validation.size() > 0) head.insert(head.end(), {"validation loss", metric});
  if (experiment.data.test.size() > 0) head.insert(head.end(), {"test loss", metric});
  return head;
}

// A row of the table that --try prints: the loss and metric of a network on the training, validation and test rows.
Row scores_of(const std::string& title, Network& network, const Experiment& experiment) {
  Row row{title};
  const auto loss = make_loss(experiment.config.train);
  for (const Dataset* const set : {&experiment.data.train, &experiment.data.validation, &experiment.data.test}) {
    if (set->size() == 0) continue;
    const Scores scores = evaluate(network, *loss, *set, experiment.task);
    row.insert(row.end(), {short_number(scores.loss), short_number(scores.metric)});
  }
  return row;
}

// Trains again, from the same seed, with the settings that `diagnosis` recommends. Returns std::nullopt after Ctrl-C.
std::optional<Row> tried(const std::string& config, const Diagnosis& diagnosis) {
  const std::string title = remedy_options(diagnosis);
  try {
    const Experiment experiment = load_experiment(config, diagnosis.remedy);
    Network network = experiment.network();
    Training training(network, experiment.data, experiment.config.train, experiment.config.seed, 0);
    Training::Hooks hooks;
    hooks.interrupted = interrupt_requested;
    if (training.run(hooks) == Training::End::interrupted) return std::nullopt;
    return scores_of(title, network, experiment);
  } catch (const Divergence&) {
    return Row{title, "diverged"};
  }
}

int run(const Arguments& arguments) {
  const std::string& folder = arguments.operands.front();
  const std::string config = folder + "/config.toml";
  const Experiment experiment = load_experiment(config, {});
  const std::vector<Diagnosis> diagnoses =
      diagnose(experiment.config, read_history(folder, experiment.task), read_flow(folder));
  for (const Diagnosis& diagnosis : diagnoses) std::fputs(described(diagnosis, output_width()).c_str(), stdout);
  if (diagnoses.empty()) std::printf("The doctor finds nothing in %s.\n", printable(folder).c_str());
  if (diagnoses.empty()) return 0;
  if (!arguments.has("--try")) {
    std::printf("\nTo train again with the first remedy: %s train %s %s\n", arguments.program.c_str(),
                printable(config).c_str(), remedy_options(diagnoses.front()).c_str());
    return 0;
  }

  std::fflush(stdout);  // training takes a while
  const InterruptHandler handler;
  Network network = experiment.network();
  const std::string model = folder + "/model.safetensors";
  load_tensors(read_safetensors(model), model, network);
  std::vector<Row> rows{head_of(experiment), scores_of("this run", network, experiment)};
  for (const Diagnosis& diagnosis : diagnoses) {
    const std::optional<Row> row = tried(config, diagnosis);
    if (!row) {
      std::fprintf(stderr, "primer: interrupted\n");
      return 130;
    }
    rows.push_back(*row);
  }
  std::printf("\n%s", table(rows, 1, output_width()).c_str());
  return 0;
}

constexpr std::array<Option, 1> options{
    {{"--try", "", "train with each remedy, from the same seed; compare the scores"}}};

}  // namespace

const Command doctor_command{"doctor",
                             "RUN_DIR",
                             "Says in words what the numbers of a run show.",
                             "The doctor looks for vanishing or exploding gradients, dead units, a learning\n"
                             "rate that is too large or too small, overfitting and divergence. Each diagnosis\n"
                             "names a remedy and an epoch to look at in the report. `primer train` prints the\n"
                             "diagnoses, too. --try trains a new network with each remedy and changes no file.\n\n"
                             "  primer doctor runs/spirals --try\n",
                             options,
                             run};

}  // namespace primer
