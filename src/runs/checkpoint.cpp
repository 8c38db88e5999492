// Writes and reads checkpoints. The writer and the reader both call visit(), which lists all numbers of a checkpoint.
#include "primer/runs/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "primer/formats/number.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/runs/signature.hpp"

namespace primer {
namespace {

// Passes the name and the value of every number in a snapshot to the visitor.
template <typename Visitor, typename Snapshot>
void visit(Visitor& v, Snapshot& s) {
  v.number("epoch", s.state.epoch);
  v.number("batch", s.state.batch);
  v.number("loss_sum", s.state.loss_sum);
  v.number("right", s.state.correct);
  v.numbers("residual_squares", s.state.residual_squares);
  v.number("best_loss", s.state.best_loss);
  v.number("best_epoch", s.state.best_epoch);
  v.tensors("best", s.state.best);
  v.tensors("network", s.tensors);
  v.number("optimizer.steps", s.optimizer.steps);
  v.moments("optimizer.first", s.optimizer.first);
  v.moments("optimizer.second", s.optimizer.second);
  v.number("flow.steps", s.flow.steps);
  v.number("flow.updates", s.flow.updates);
  for (std::size_t l = 0; l < s.flow.layers.size(); ++l) {
    const std::string layer = concat("flow.", l + 1);
    v.numbers(layer + ".sums", s.flow.layers[l].sums);
    v.numbers(layer + ".alive", s.flow.layers[l].alive);
    v.numbers(layer + ".dead", s.flow.layers[l].dead);
    v.number(layer + ".saturation_limit", s.flow.layers[l].saturation_limit);
  }
}

class Writer {
 public:
  Writer(Safetensors& contents, std::string prefix) : contents_(contents), prefix_(std::move(prefix)) {}

  template <typename T>
  void number(const std::string& name, T value) {
    contents_.tensors.push_back({prefix_ + name, {}, {static_cast<double>(value)}});
  }
  template <typename T>
  void numbers(const std::string& name, const std::vector<T>& values) {
    contents_.tensors.push_back({prefix_ + name, {values.size()}, {values.begin(), values.end()}});
  }
  // Leaves out empty tensors, such as the moments of an optimiser before its first step.
  void tensors(const std::string& name, const std::vector<Tensor>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].size() == 0) continue;
      contents_.tensors.push_back(named(concat(prefix_, name, ".", i + 1), list[i], Layout::matrix));
    }
  }
  void moments(const std::string& name, const std::vector<Tensor>& list) { tensors(name, list); }

 private:
  Safetensors& contents_;
  std::string prefix_;
};

// Reads a Training::Snapshot from a checkpoint file. The vectors of the snapshot must already have the right sizes.
class Reader {
 public:
  Reader(const Safetensors& contents, const std::string& file, std::string prefix, Network& network)
      : contents_(contents), file_(file), prefix_(std::move(prefix)), network_(network) {}

  template <typename T>
  void number(const std::string& name, T& value) {
    value = number_in<T>(find_tensor(contents_, file_, prefix_ + name, {}), 0);
  }
  template <typename T>
  void numbers(const std::string& name, std::vector<T>& values) {
    const NamedTensor& found = find_tensor(contents_, file_, prefix_ + name, {values.size()});
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = number_in<T>(found, i);
  }
  // Reads the tensors `name`.1, `name`.2, … into `list`. Without "best.1" in the file, the list of "best" is empty.
  void tensors(const std::string& name, std::vector<Tensor>& list) {
    list.clear();
    if (name == "network" || has(name, 0)) list = copy_of(network_);
    for (std::size_t i = 0; i < list.size(); ++i) read(name, i, list[i]);
  }
  // Fills `list` with one tensor for each parameter: the tensor from the file, or an empty tensor if the file has none.
  void moments(const std::string& name, std::vector<Tensor>& list) {
    list.clear();
    for (const Parameter& p : network_.parameters()) {
      const std::size_t i = list.size();
      list.push_back(has(name, i) ? *p.value : Tensor());
      if (has(name, i)) read(name, i, list[i]);
    }
  }

 private:
  std::string full_name(const std::string& name, std::size_t i) const { return concat(prefix_, name, ".", i + 1); }
  bool has(const std::string& name, std::size_t i) const { return contents_.tensor(full_name(name, i)) != nullptr; }
  void read(const std::string& name, std::size_t i, Tensor& tensor) const {
    read_tensor(contents_, file_, full_name(name, i), Layout::matrix, tensor);
  }

  template <typename T>
  T number_in(const NamedTensor& tensor, std::size_t i) const {
    const double v = tensor.values[i];
    const auto refuse = [&](std::string_view wanted) {
      throw UserError({file_}, "tensor ", tensor.name, " must hold ", wanted, ", not ", primer::number(v));
    };
    constexpr bool is_flag = std::is_same_v<T, std::uint8_t>;
    if (is_flag && v != 0 && v != 1) refuse("0 or 1");
    if (std::is_integral_v<T> && !(v >= 0 && v <= 0x1p53 && v == std::floor(v))) refuse("integers from 0 to 2^53");
    if (std::is_same_v<T, real> && !fits_real(v)) refuse("numbers that a float can hold");
    return static_cast<T>(v);
  }

  const Safetensors& contents_;
  const std::string& file_;
  std::string prefix_;
  Network& network_;
};

const Setting* find(const std::vector<Setting>& settings, const std::string& key) {
  const auto found = std::ranges::find(settings, key, &Setting::key);
  return found == settings.end() ? nullptr : &*found;
}

void check_config(const Config& config, const Config& earlier) {
  const std::vector<Setting> now = settings_of(config);
  const std::vector<Setting> then = settings_of(earlier);
  const auto compare = [&](const std::string& key) {
    if (key == "train.epochs") return;
    const Setting* const a = find(now, key);
    const Setting* const b = find(then, key);
    const bool both = a != nullptr && b != nullptr;
    if (both && a->value == b->value) return;
    if (both && key == "train.schedule_t_max" && !config.locations.contains(key)) {
      throw UserError(config.location("train.epochs"), "changing train.epochs also changes schedule_t_max from ",
                      b->value, " to ", a->value,
                      "; to keep the old schedule, write train.schedule_t_max = ", b->value);
    }
    const auto value = [](const Setting* s) { return s == nullptr ? "unset" : s->value; };
    throw UserError(config.location(key),
                    printable(concat("--resume needs the config of the run: ", key, " was ", value(b), " and is now ",
                                     value(a), "; only train.epochs may change")));
  };
  for (const Setting& setting : now) compare(setting.key);
  for (const Setting& setting : then) compare(setting.key);
}

const char* number_type() { return own_dtype() == Dtype::F64 ? "double" : "float"; }

}  // namespace

void write_checkpoint(const std::string& path, const Training& training, const Experiment& experiment) {
  Safetensors contents;
  contents.metadata = {
      {"primer", "1"},
      {"real", number_type()},
      {"config", to_toml(experiment.config, "")},
      {"data", fingerprint({&experiment.data.train, &experiment.data.validation, &experiment.data.test})}};
  Writer now(contents, "now.");
  const Training::Snapshot snapshot = training.snapshot();
  visit(now, snapshot);
  if (training.state.batch > 0) {
    Writer start(contents, "epoch_start.");
    visit(start, training.epoch_start());
  }
  write_safetensors(path, contents, Dtype::F64);
}

void read_checkpoint(const std::string& path, const Experiment& experiment, Training& training) {
  const Safetensors contents = read_safetensors(path, NonFinite::allowed);
  const auto metadatum = [&](const char* key) {
    const std::string* const text = contents.metadatum(key);
    if (text == nullptr) throw UserError({path}, "the metadata have no entry \"", key, "\"; is the file a checkpoint?");
    return *text;
  };
  check_config(experiment.config, parse_model_config(metadatum("config"), path));
  if (metadatum("real") != number_type()) {
    throw UserError({path}, "was written by a build of primer with the number type ", printable(metadatum("real")),
                    "; resume with such a build, because this build has another number type");
  }
  if (metadatum("data") != fingerprint({&experiment.data.train, &experiment.data.validation, &experiment.data.test})) {
    throw UserError({path}, "the data have changed since the checkpoint was written; train again without --resume");
  }
  Training::Snapshot now = training.snapshot();
  Training::Snapshot start = now;
  Network network = experiment.network();
  Reader of_now(contents, path, "now.", network);
  visit(of_now, now);
  if (now.state.batch > 0) {
    Reader of_start(contents, path, "epoch_start.", network);
    visit(of_start, start);
  }
  if (now.state.batch > training.batches()) {
    throw UserError({path}, "tensor now.batch exceeds ", training.batches(), ", the number of batches in an epoch");
  }
  training.resume(now, start);
}

}  // namespace primer
