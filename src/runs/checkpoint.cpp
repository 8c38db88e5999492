// One list of what a checkpoint holds, which writing and reading both go through.
#include "primer/runs/checkpoint.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "primer/formats/safetensors.hpp"

namespace primer {
namespace {

// Every number of a snapshot under its name.
template <typename Visitor, typename Snapshot>
void visit(Visitor& v, Snapshot& s) {
  v.number("epoch", s.state.epoch);
  v.number("batch", s.state.batch);
  v.number("loss_sum", s.state.loss_sum);
  v.number("right", s.state.right);
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
    const std::string layer = "flow." + std::to_string(l + 1);
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
  // Tensors that were never needed are left out.
  void tensors(const std::string& name, const std::vector<Tensor>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].size() == 0) continue;
      const auto values = list[i].values();
      contents_.tensors.push_back(
          {full_name(name, i), {list[i].rows(), list[i].cols()}, {values.begin(), values.end()}});
    }
  }
  void moments(const std::string& name, const std::vector<Tensor>& list) { tensors(name, list); }

 private:
  std::string full_name(const std::string& name, std::size_t i) const {
    return prefix_ + name + "." + std::to_string(i + 1);
  }
  Safetensors& contents_;
  std::string prefix_;
};

// Fills a snapshot of a network, whose sizes all numbers must have.
class Reader {
 public:
  Reader(const Safetensors& contents, const std::string& file, std::string prefix, Network& network)
      : contents_(contents), file_(file), prefix_(std::move(prefix)), network_(network) {}

  template <typename T>
  void number(const std::string& name, T& value) {
    std::vector<T> one(1);
    numbers(name, one);
    value = one[0];
  }
  template <typename T>
  void numbers(const std::string& name, std::vector<T>& values) {
    const NamedTensor* const found = contents_.tensor(prefix_ + name);
    if (found == nullptr || found->values.size() != values.size()) refuse(name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double v = found->values[i];
      if (std::is_integral_v<T> && !(v >= 0 && v <= 9e15 && v == std::floor(v))) refuse(name);
      values[i] = static_cast<T>(v);
    }
  }
  // All tensors of the network, or none where none were needed.
  void tensors(const std::string& name, std::vector<Tensor>& list) {
    list = copy_of(network_);
    const bool any = name == "network" || contents_.tensor(prefix_ + name + ".1") != nullptr;
    if (!any) list.clear();
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!read(name, i, list[i])) refuse(name);
    }
  }
  // A tensor for each parameter that has one.
  void moments(const std::string& name, std::vector<Tensor>& list) {
    list.clear();
    for (const Parameter& p : network_.parameters()) {
      list.push_back(*p.value);
      if (!read(name, list.size() - 1, list.back())) list.back() = Tensor();
    }
  }

 private:
  // Overwrites `tensor`, whose shape is the right one; false if the file does not have it.
  bool read(const std::string& name, std::size_t i, Tensor& tensor) const {
    const NamedTensor* const found = contents_.tensor(prefix_ + name + "." + std::to_string(i + 1));
    if (found == nullptr) return false;
    if (found->shape != std::vector{tensor.rows(), tensor.cols()}) refuse(name);
    for (std::size_t k = 0; k < found->values.size(); ++k) tensor.data()[k] = static_cast<real>(found->values[k]);
    return true;
  }
  [[noreturn]] void refuse(const std::string& name) const {
    throw UserError(Location{file_, 0, 0}, "is no checkpoint of this network: look at " + prefix_ + name);
  }
  const Safetensors& contents_;
  const std::string& file_;
  std::string prefix_;
  Network& network_;
};

// FNV-1a 64 over the bits of all rows, because a run can only go on with the data it began with.
std::string fingerprint(const Data& data) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto take = [&](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3; };
  for (const Dataset* part : {&data.train, &data.validation, &data.test}) {
    take(part->size());
    for (const Tensor* t : {&part->x, &part->y}) {
      for (const real v : t->values()) take(std::bit_cast<std::uint64_t>(static_cast<double>(v)));
    }
  }
  return std::to_string(hash);
}

const Setting* find(const std::vector<Setting>& settings, const std::string& key) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

void check_config(const Config& config, const std::string& earlier) {
  const std::vector<Setting> now = settings_of(config);
  const std::vector<Setting> then = settings_in(earlier);
  const auto compare = [&](const std::string& key) {
    if (key == "train.epochs") return;
    const Setting* const a = find(now, key);
    const Setting* const b = find(then, key);
    if (a != nullptr && b != nullptr && a->value == b->value) return;
    const auto said = [](const Setting* s) { return s == nullptr ? std::string("unset") : s->value; };
    throw UserError(config.location(key),
                    printable("--resume goes on with the run's own config, in which " + key + " is " + said(b) +
                              ", not " + said(a) + "; only train.epochs may change"));
  };
  for (const Setting& setting : now) compare(setting.key);
  for (const Setting& setting : then) compare(setting.key);
}

const char* number_type() { return sizeof(real) == sizeof(double) ? "double" : "float"; }

}  // namespace

void write_checkpoint(const std::string& path, const Training& training, const Experiment& experiment) {
  Safetensors contents;
  contents.metadata = {{"primer", "1"},
                       {"real", number_type()},
                       {"config", to_toml(experiment.config, "")},
                       {"data", fingerprint(experiment.data)}};
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
    if (text == nullptr)
      throw UserError(Location{path, 0, 0}, std::string("is no checkpoint: it has no metadata ") + key);
    return *text;
  };
  check_config(experiment.config, metadatum("config"));
  if (metadatum("real") != number_type()) {
    throw UserError(Location{path, 0, 0}, "was written by the " + printable(metadatum("real")) +
                                              " build; go on with that one, the bits would differ");
  }
  if (metadatum("data") != fingerprint(experiment.data)) {
    throw UserError(Location{path, 0, 0}, "the data have changed since; train again without --resume");
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
  if (now.state.batch > training.batches()) throw UserError(Location{path, 0, 0}, "is no checkpoint of this run");
  training.resume(now, start);
}

}  // namespace primer
