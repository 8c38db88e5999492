#include "primer/runs/checkpoint.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../program.hpp"
#include "primer/formats/safetensors.hpp"
#include "primer/runs/run_folder.hpp"

using namespace primer;

namespace {

// Everything that has state: two moments, batch statistics, dropout, a learned α, best weights.
constexpr const char* config =
    "[data]\ngenerator = \"moons\"\npoints = 70\nnoise = 0.2\nvalidation_fraction = 0.2\n"
    "[[layer]]\nunits = 5\nactivation = \"prelu\"\nbatch_norm = true\ndropout = 0.2\n"
    "[[layer]]\nunits = 5\nresidual = true\nactivation = \"tanh\"\n"
    "[[layer]]\nactivation = \"sigmoid\"\n"
    "[train]\nloss = \"binary_cross_entropy\"\noptimizer = \"adam\"\nepochs = 4\nbatch_size = 8\nearly_stopping = 9\n"
    "[diagnostics]\nevery = 3\n";

constexpr const char* regression =
    "[data]\ngenerator = \"sine\"\npoints = 70\nvalidation_fraction = 0.2\n[[layer]]\nunits = 4\n[[layer]]\n"
    "[train]\nloss = \"mse\"\noptimizer = \"adagrad\"\nepochs = 4\nbatch_size = 8\n[diagnostics]\nevery = 3\n";

Experiment experiment_in(const program::Folder& folder, const std::string& text = config) {
  program::spill(folder / "c.toml", text);
  return load_experiment(folder / "c.toml", {});
}

// A run in memory, and the numbers that it reports.
struct Run {
  const Experiment& experiment;
  Network network = experiment.network();
  Training training{network, experiment.data, experiment.config.train, experiment.config.seed,
                    experiment.config.diagnostics.every};
  std::vector<double> said{};

  explicit Run(const Experiment& of) : experiment(of) {}

  // Until the end, or until `batches` are done.
  Training::End go(std::size_t batches = 1000) {
    Training::Hooks hooks;
    const auto add = [this](const std::vector<FlowRow>& rows) {
      for (const FlowRow& r : rows) {
        said.insert(said.end(), {r.a_norm, r.saturated, r.dead, r.revived, r.dL_dW_norm,
                                 std::isnan(r.update_ratio) ? 0 : r.update_ratio});
      }
    };
    hooks.started = add;
    hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
      said.insert(said.end(), {record.train.loss, record.train.metric, record.validation->loss});
      add(rows);
    };
    hooks.interrupted = [&] { return --batches == 0; };
    return training.run(hooks);
  }
};

std::string complaint(const std::string& path, const Experiment& experiment) {
  Run run(experiment);
  try {
    read_checkpoint(path, experiment, run.training);
  } catch (const UserError& e) {
    return e.what();
  }
  return "read";
}

}  // namespace

TEST_CASE("a run that stopped after any batch continues with the same bits, for classes and for regression") {
  const program::Folder folder;
  for (const std::string text : {config, regression}) {
    const Experiment experiment = experiment_in(folder, text);
    Run whole(experiment);
    REQUIRE(whole.go() == Training::End::finished);
    const std::size_t batches = 4 * whole.training.batches();
    REQUIRE(batches == 28);
    for (std::size_t k = 1; k <= batches; ++k) {
      CAPTURE(k);
      Run first(experiment);
      REQUIRE(first.go(k) == Training::End::interrupted);
      write_checkpoint(folder / "c", first.training, experiment);
      Run second(experiment);
      read_checkpoint(folder / "c", experiment, second.training);
      second.said = first.said;
      CHECK(second.go() == Training::End::finished);
      CHECK(copy_of(second.network) == copy_of(whole.network));
      CHECK(second.said == whole.said);
      CHECK(second.training.state.best_epoch == whole.training.state.best_epoch);
      CHECK(second.training.state.best_loss == whole.training.state.best_loss);
    }
  }
}

TEST_CASE("a checkpoint that was read is written again as the same bytes") {
  const program::Folder folder;
  const Experiment experiment = experiment_in(folder);
  Run first(experiment);
  first.go(10);
  write_checkpoint(folder / "a", first.training, experiment);
  Run second(experiment);
  read_checkpoint(folder / "a", experiment, second.training);
  write_checkpoint(folder / "b", second.training, experiment);
  CHECK(program::slurp(folder / "a") == program::slurp(folder / "b"));
}

TEST_CASE("a resumed run that diverges restores the parameters of the start of that epoch") {
  const program::Folder folder;
  const Experiment experiment =
      experiment_in(folder,
                    "[data]\ngenerator = \"sine\"\npoints = 60\nvalidation_fraction = 0.2\n[[layer]]\nunits = 4\n"
                    "activation = \"relu\"\n[[layer]]\n[train]\nloss = \"mse\"\nlearning_rate = 0.1\nbatch_size = 4\n"
                    "momentum = 0.9\n");
  const auto diverge = [](Run& run) {
    try {
      run.go();
    } catch (const Divergence& e) {
      return std::string(e.what());
    }
    return std::string("converged");
  };
  Run whole(experiment);
  const std::string why = diverge(whole);
  REQUIRE(why.find("diverged at step") == 0);
  const std::size_t batches = whole.training.state.epoch * whole.training.batches();
  REQUIRE(batches > 0);
  Run first(experiment);
  REQUIRE(first.go(batches + 1) == Training::End::interrupted);
  write_checkpoint(folder / "c", first.training, experiment);
  Run second(experiment);
  read_checkpoint(folder / "c", experiment, second.training);
  CHECK(diverge(second) == why);
  CHECK(copy_of(second.network) == copy_of(whole.network));
}

TEST_CASE("a file that is not a checkpoint of the run is refused by name") {
  const program::Folder folder;
  const Experiment experiment = experiment_in(folder);
  Run run(experiment);
  run.go(3);
  const std::string path = folder / "c";
  write_checkpoint(path, run.training, experiment);
  const Safetensors good = read_safetensors(path, NonFinite::allowed);
  REQUIRE(complaint(path, experiment) == "read");
  // Each tensor in turn missing, or of another size. (Moments and best weights may be absent: they are not there at
  // first.)
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.tensors.size(); ++i) {
    CAPTURE(good.tensors[i].name);
    Safetensors bad = good;
    bad.tensors[i].values.push_back(1);
    bad.tensors[i].shape = {bad.tensors[i].values.size()};
    write_safetensors(path, bad, Dtype::F64);
    CHECK(complaint(path, experiment).starts_with(path + ": tensor " + good.tensors[i].name + " has the shape ["));
    bad.tensors.erase(bad.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    write_safetensors(path, bad, Dtype::F64);
    const std::string& name = good.tensors[i].name;
    const bool may_be_absent = name.find(".optimizer.") != name.npos && !name.ends_with(".steps");
    CHECK((complaint(path, experiment) == "read") == (may_be_absent || name.ends_with(".best.1")));
    refused += complaint(path, experiment) != "read" ? 1 : 0;
  }
  CHECK(refused > 40);
  Safetensors rewritten = good;  // the same config, in which a whole count is written as a float
  for (auto& [key, text] : rewritten.metadata) {
    const std::string line = "schedule_step_size = 30\n";
    if (const std::size_t at = text.find(line); at != std::string::npos) {
      text.replace(at, line.size(), "schedule_step_size = 30.0\n");
    }
  }
  REQUIRE(rewritten.metadata != good.metadata);
  write_safetensors(path, rewritten, Dtype::F64);
  CHECK(complaint(path, experiment) == "read");
  Safetensors bad = good;
  bad.metadata[1].second = "half";
  write_safetensors(path, bad, Dtype::F64);
  CHECK(
      complaint(path, experiment) ==
      path +
          ": was written by a build of primer with the number type half; resume with such a build, because this build "
          "has another number type");
  bad = good;
  bad.metadata.pop_back();
  write_safetensors(path, bad, Dtype::F64);
  CHECK(complaint(path, experiment) == path + ": the metadata have no entry \"data\"; is the file a checkpoint?");
}

TEST_CASE("a number that its place in a checkpoint cannot hold is refused by the name of its tensor") {
  const program::Folder folder;
  const Experiment experiment = experiment_in(folder);
  Run run(experiment);
  run.go(3);
  const std::string path = folder / "c";
  write_checkpoint(path, run.training, experiment);
  const Safetensors good = read_safetensors(path, NonFinite::allowed);
  const auto with = [&](const std::string& name, double number) {
    Safetensors bad = good;
    const auto tensor = std::ranges::find(bad.tensors, name, &NamedTensor::name);
    REQUIRE(tensor != bad.tensors.end());
    tensor->values.back() = number;
    write_safetensors(path, bad, Dtype::F64);
    const std::string said = complaint(path, experiment);
    return said.starts_with(path + ": ") ? said.substr(path.size() + 2) : said;
  };
  CHECK(with("now.epoch", 0.5) == "tensor now.epoch must hold integers from 0 to 2^53, not 0.5");
  CHECK(with("now.epoch", -1) == "tensor now.epoch must hold integers from 0 to 2^53, not -1");
  CHECK(with("now.epoch", 1e16) == "tensor now.epoch must hold integers from 0 to 2^53, not 1e+16");
  CHECK(with("now.epoch", NAN) == "tensor now.epoch must hold integers from 0 to 2^53, not nan");
  CHECK(with("now.epoch", 0x1p53) == "read");
  CHECK(with("now.batch", 7) == "read");
  CHECK(with("now.batch", 8) == "tensor now.batch exceeds 7, the number of batches in an epoch");
  for (const std::string name : {"now.flow.1.alive", "now.flow.2.dead", "epoch_start.flow.1.alive"}) {
    CHECK(with(name, 1) == "read");
    CHECK(with(name, 2) == "tensor " + name + " must hold 0 or 1, not 2");
    CHECK(with(name, 256) == "tensor " + name + " must hold 0 or 1, not 256");
    CHECK(with(name, 0.5) == "tensor " + name + " must hold 0 or 1, not 0.5");
  }
  const bool is_double = sizeof(real) == sizeof(double);
  CHECK(with("now.network.1", 1e300) ==
        (is_double ? "read" : "tensor now.network.1: 1e+300 is beyond the largest float"));
  CHECK(
      with("now.flow.1.saturation_limit", 1e300) ==
      (is_double ? "read" : "tensor now.flow.1.saturation_limit must hold numbers that a float can hold, not 1e+300"));
  CHECK(with("now.best_loss", INFINITY) == "read");  // until the first validation
}

TEST_CASE("a checkpoint has the state at the start of the epoch only within an epoch") {
  const program::Folder folder;
  const Experiment experiment = experiment_in(folder);
  const auto tensors_of_start = [&](const Run& run) {
    write_checkpoint(folder / "c", run.training, experiment);
    return std::ranges::count_if(read_safetensors(folder / "c", NonFinite::allowed).tensors,
                                 [](const NamedTensor& t) { return t.name.starts_with("epoch_start."); });
  };
  Run run(experiment);
  REQUIRE(run.training.state.batch == 0);
  CHECK(tensors_of_start(run) == 0);
  CHECK(complaint(folder / "c", experiment) == "read");
  run.go(1);
  REQUIRE(run.training.state.batch == 1);
  CHECK(tensors_of_start(run) > 20);
}

TEST_CASE("a checkpoint continues only the config and the data that it was written with") {
  const program::Folder folder;
  const Experiment experiment = experiment_in(folder);
  Run run(experiment);
  run.go(3);
  const std::string path = folder / "c";
  write_checkpoint(path, run.training, experiment);
  const auto with = [&](const Override& override) {
    const std::string said = complaint(path, load_experiment(folder / "c.toml", {override}));
    return said.starts_with(path + ": ") ? said.substr(path.size() + 2) : said;
  };
  CHECK(with({"train.epochs", "9"}) == "read");
  CHECK(with({"train.beta1", "0.5"}) ==
        "--set train.beta1: --resume needs the config of the run: train.beta1 was 0.9 and is now 0.5; only "
        "train.epochs may change");
  CHECK(with({"layer.2.units", "5"}) == "read");
  CHECK(with({"train.huber_delta", "2"}) ==
        "--set train.huber_delta: --resume needs the config of the run: train.huber_delta was 1.0 and is now 2.0; "
        "only train.epochs may change");
  const Override t_max{"train.schedule_t_max", "7"};
  const std::string needs = "--resume needs the config of the run: train.schedule_t_max was ";
  CHECK(with(t_max) == "--set train.schedule_t_max: " + needs + "unset and is now 7.0; only train.epochs may change");
  write_checkpoint(folder / "t_max", run.training, load_experiment(folder / "c.toml", {t_max}));
  CHECK(complaint(folder / "t_max", experiment) ==
        (folder / "c.toml") + ":17:1: " + needs + "7.0 and is now unset; only train.epochs may change");
  Experiment other = load_experiment(folder / "c.toml", {});
  other.data.train.x(0, 0) += 1;
  CHECK(complaint(path, other) ==
        path + ": the data have changed since the checkpoint was written; train again without --resume");
  other = load_experiment(folder / "c.toml", {});
  std::swap(other.data.validation, other.data.test);
  CHECK(complaint(path, other) ==
        path + ": the data have changed since the checkpoint was written; train again without --resume");
}
