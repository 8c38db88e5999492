// The functions that the web page (the playground) calls. A session is a run that is trained step by step. Every number
// that the page shows is computed here, by the same code as on the command line. Most results go to the page as JSON.
#include <array>
#include <bit>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "primer/core/fma.hpp"
#include "primer/core/initializer.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/safetensors.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/runs/signature.hpp"
#include "primer/training/metrics.hpp"
#include "primer/training/properties.hpp"

namespace primer {

std::map<std::string, std::string>& page_files();

namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

constexpr const char* config_name = "config.toml";

std::string to_json(double value) { return json::number(value, 17); }
std::string to_json(const std::string& text) { return json::quote(text); }
std::string to_json(bool flag) { return flag ? "true" : "false"; }
std::string count_json(std::size_t n) { return std::to_string(n); }
std::string to_json(std::span<const real> values) {
  return json::array(values, [](real v) { return to_json(static_cast<double>(v)); });
}
std::string to_json(const Tensor& t) { return to_json(std::span(t.data(), t.size())); }
std::string texts_json(const std::vector<std::string>& texts) { return json::string_array(texts); }

// The results of a forward and a backward pass over a batch, for one layer.
struct LayerPass {
  Tensor z, derivative, a, dL_da, dL_dz, dL_dWt, dL_db;
};

struct Session {
  explicit Session(Experiment e)
      : experiment(std::move(e)),
        network(experiment.network()),
        view(experiment.network()),
        loss(make_loss(experiment.config.train)),
        training(network, experiment.data, experiment.config.train, experiment.config.seed,
                 experiment.config.diagnostics.every),
        watch(network) {
    observe_first_batch();
  }

  const TrainOptions& train() const { return experiment.config.train; }
  std::uint64_t steps() const { return training.state.epoch * training.batches() + training.state.batch; }

  // Runs a forward and backward pass over the first batch with the current weights. Keeps the training state as it is.
  void observe_first_batch() {
    const std::vector<Tensor> before = copy_of(network);
    const Dataset first = first_batch(experiment.data, train(), experiment.config.seed);
    network.forward_training(first.x, 1);
    network.backward(*loss, first.y);
    keep_pass(first.y);
    restore(before, network);
  }

  // Copies the results of the last forward and backward pass from the layers to the members `pass` and `flow`.
  void keep_pass(const Tensor& y) {
    watch.before_update(network, *loss, y);
    flow = watch.finish(steps(), network);
    pass.resize(network.layers.size());
    for (std::size_t l = 0; l < pass.size(); ++l) {
      const Dense& layer = network.layers[l];
      pass[l] = {layer.z,     layer.derivative, layer.a,    network.dL_da(l, *loss, y),
                 layer.dL_dz, layer.dL_dWt,     layer.dL_db};
    }
  }
  void keep_last_step() {
    const Data& data = experiment.data;
    const std::size_t rows = data.train.size();
    const std::size_t size = train().batch_size == 0 ? rows : std::min(train().batch_size, rows);
    const std::size_t first = (training.state.batch - 1) * size;
    Dataset batch;
    select_rows(data.train, epoch_order(data, experiment.config.seed, training.state.epoch), first,
                std::min(first + size, rows), batch);
    keep_pass(batch.y);
  }

  // Trains at most `batches` steps. Returns whether the run has steps left.
  bool run(std::size_t batches) {
    std::size_t left = batches;
    Training::Hooks hooks;
    hooks.batch_done = [&] {
      left -= left == 0 ? 0 : 1;
      if (left == 0 || (training.state.epoch + 1 == train().epochs && training.state.batch == training.batches()))
        keep_last_step();
    };
    hooks.interrupted = [&] { return left == 0 && training.state.batch < training.batches(); };
    hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>&) { history.push_back(record); };
    hooks.stop_after_epoch = [&] { return left == 0; };
    return training.run(hooks) == Training::End::interrupted;
  }

  // A copy of the current network, so that a pass over other inputs does not change the training.
  Network& viewed() {
    restore(copy_of(network), view);
    return view;
  }
  void touch() {
    if (!touched_at) touched_at = steps();
  }
  // Sets a weight or a bias by hand, and runs a pass over the first batch to show the effect.
  void set(real& parameter, double value) {
    touch();
    parameter = static_cast<real>(value);
    observe_first_batch();
  }

  Experiment experiment;
  Network network, view;
  std::unique_ptr<Loss> loss;
  Training training;
  Flow watch;
  std::vector<LayerPass> pass;
  std::vector<FlowRow> flow;  // for each layer: gradient norms and other measures of the last backward pass
  std::vector<EpochRecord> history;
  // The step of the first change by the user, if any. config.toml alone cannot repeat a run that the user has changed.
  std::optional<std::uint64_t> touched_at;
  Tensor grid;
};

std::array<std::unique_ptr<Session>, 2>& sessions() {
  static std::array<std::unique_ptr<Session>, 2> both;
  return both;
}
Session& session(unsigned which) { return *sessions()[which]; }

std::string& result() {
  static std::string text;
  return text;
}
const char* give(std::string text) {
  result() = std::move(text);
  return result().data();
}

// The most rows and weights that the page accepts. With more, the page would react too slowly.
constexpr std::size_t most_rows = 100'000;
constexpr std::size_t most_weights = 1'000'000;

Experiment experiment_in(const char* text, std::size_t size) {
  page_files()[config_name] = std::string(text, size);
  const Config config = read_config(config_name, {});
  const auto refuse_rows = [&](std::size_t rows, const char* key) {
    if (rows > most_rows)
      throw UserError(config.location(key), "the web page takes at most ", most_rows, " rows; use primer train");
  };
  refuse_rows(config.data.points, "data.points");
  Experiment experiment = load_experiment(config_name, {});
  refuse_rows(experiment.data.train.size(), "data.file");
  double weights = 0, inputs = static_cast<double>(experiment.data.train.x.cols());
  for (std::size_t l = 0; l < experiment.config.layers.size(); ++l) {
    const auto units = static_cast<double>(experiment.config.layers[l].units);
    weights += inputs * units;
    inputs = units;
    if (weights <= static_cast<double>(most_weights)) continue;
    throw UserError(config.location(concat("layer.", l + 1, ".units")), "the web page takes at most ", most_weights,
                    " weights in all layers together; use primer train");
  }
  return experiment;
}

// Whether a run may keep its weights and go on after the user has changed `key` in the config.
bool keeps_weights(const std::string& key) {
  if (key.starts_with("layer.")) return key.ends_with(".activation") || key.ends_with(".dropout");
  if (key.starts_with("diagnostics.")) return true;
  return key.starts_with("train.") && key != "train.loss" && key != "train.batch_size" && key != "train.early_stopping";
}

std::vector<std::string> changed_keys(const Config& a, const Config& b) {
  const std::vector<Setting> now = settings_of(a), next = settings_of(b);
  std::vector<std::string> keys;
  const auto compare = [&](const std::vector<Setting>& from, const std::vector<Setting>& to) {
    for (const Setting& s : from) {
      const auto found = std::ranges::find(to, s.key, &Setting::key);
      if (found == to.end() || found->value != s.value) keys.push_back(s.key);
    }
  };
  compare(now, next);
  compare(next, now);
  return keys;
}

// Copies weights, epoch, batch and history from `old` to `next`. If the optimiser is unchanged, also copies its state.
void continue_from(Session& old, Session& next) {
  for (std::size_t l = 0; l < next.network.layers.size(); ++l) {
    for (const Parameter& to : next.network.layers[l].tensors()) {
      for (const Parameter& from : old.network.layers[l].tensors()) {
        if (from.name == to.name) *to.value = *from.value;
      }
    }
  }
  Training::Snapshot now = next.training.snapshot();
  now.state = old.training.state;
  if (old.train().optimizer == next.train().optimizer &&
      old.network.parameters().size() == next.network.parameters().size())
    now.optimizer = old.training.optimizer.state;
  next.training.resume(now, now);
  next.history = old.history;
  next.touched_at = old.touched_at;
  next.observe_first_batch();
}

std::string layers_json(Session& s) {
  std::string list = "[";
  for (std::size_t l = 0; l < s.network.layers.size(); ++l) {
    const Dense& layer = s.network.layers[l];
    const Properties properties = properties_of(*layer.activation);
    const auto zones = json::array(properties.saturated, [](const Interval& zone) {
      return "[" + to_json(std::max(zone.from, -1e9)) + "," + to_json(std::min(zone.to, 1e9)) + "]";
    });
    list += (l == 0 ? "" : ",") + json::object(Members{{"units", count_json(layer.Wt.cols())},
                                                       {"inputs", count_json(layer.Wt.rows())},
                                                       {"activation", to_json(layer.activation->name())},
                                                       {"elementwise", to_json(layer.activation->traits.elementwise)},
                                                       {"batch_norm", to_json(layer.batch_norm.has_value())},
                                                       {"dropout", to_json(layer.dropout.has_value())},
                                                       {"residual", to_json(layer.residual)},
                                                       {"saturated", zones}});
  }
  return list + "]";
}

std::string describe(Session& s) {
  const Data& data = s.experiment.data;
  Members settings;
  for (const Setting& setting : settings_of(s.experiment.config)) {
    settings.emplace_back(setting.key, to_json(setting.value));
  }
  const std::vector<std::size_t>& image = s.experiment.config.data.image;
  constexpr std::array tasks{"regression", "binary", "multiclass"};
  return json::object(
      Members{{"layers", layers_json(s)},
              {"task", to_json(std::string(tasks[static_cast<std::size_t>(s.experiment.task)]))},
              {"metric", to_json(std::string(s.experiment.task == Task::regression ? "r2" : "accuracy"))},
              {"columns", texts_json(data.columns)},
              {"targets", texts_json(data.targets)},
              {"classes", texts_json(data.classes)},
              {"outputs", count_json(data.train.y.cols())},
              {"rows", count_json(data.train.size())},
              {"test_rows", count_json(data.test.size())},
              {"batches", count_json(s.training.batches())},
              {"epochs", count_json(s.train().epochs)},
              {"image", image.empty() ? "null" : json::array(image, count_json)},
              {"canonical", to_json(s.network.canonical(*s.loss))},
              {"settings", json::object(settings)}});
}

std::string scores_json(const std::optional<Scores>& scores) {
  if (!scores) return "null";
  return "[" + to_json(scores->loss) + "," + to_json(scores->metric) + "]";
}

// For each layer, the quantities of flow.csv and the two factors by which σ′ and W change the gradient.
std::string flow_json(const std::vector<FlowRow>& rows) {
  std::string list = "[";
  for (std::size_t l = 0; l < rows.size(); ++l) {
    Members members;
    for (const FlowQuantity& q : flow_quantities) members.emplace_back(q.name, to_json(rows[l].*q.member));
    members.emplace_back("sigma_factor", to_json(sigma_factor(rows[l])));
    const bool is_last = l + 1 == rows.size();
    members.emplace_back("W_factor", is_last ? "null" : to_json(W_factor(rows[l], rows[l + 1])));
    list += (l == 0 ? "" : ",") + json::object(members);
  }
  return list + "]";
}

// For each layer and unit, over the batch of the last pass: mean |σ′|, ‖∂L/∂z‖, and the fractions of samples on which
// the unit is saturated and on which σ′ is exactly 0.
std::string units_json(const Session& s) {
  std::string list = "[";
  for (std::size_t l = 0; l < s.pass.size(); ++l) {
    const LayerPass& pass = s.pass[l];
    const double limit = s.watch.state.layers[l].saturation_limit;
    std::array<std::string, 4> columns;
    std::size_t dead = 0;
    for (std::size_t j = 0; j < pass.z.cols(); ++j) {
      std::array<double, 4> sums{};
      for (std::size_t i = 0; i < pass.z.rows(); ++i) {
        const double slope = std::abs(pass.derivative(i, j)), delta = pass.dL_dz(i, j);
        sums[0] += slope;
        sums[1] += delta * delta;
        sums[2] += slope < limit ? 1 : 0;
        sums[3] += slope == 0 ? 1 : 0;
      }
      const auto n = static_cast<double>(pass.z.rows());
      dead += sums[3] == n ? 1 : 0;
      const std::array values{sums[0] / n, std::sqrt(sums[1]), sums[2] / n, sums[3] / n};
      for (std::size_t k = 0; k < values.size(); ++k) columns[k] += (j == 0 ? "" : ",") + json::number(values[k], 9);
    }
    list += (l == 0 ? "" : ",") + json::object(Members{{"slope", "[" + columns[0] + "]"},
                                                       {"delta", "[" + columns[1] + "]"},
                                                       {"saturated", "[" + columns[2] + "]"},
                                                       {"off", "[" + columns[3] + "]"},
                                                       {"dead", count_json(dead)}});
  }
  return list + "]";
}

std::string record_json(const EpochRecord& r) {
  return "[" + count_json(r.epoch) + "," + scores_json(r.train) + "," + scores_json(r.validation) + "," +
         scores_json(r.test) + "," + to_json(r.learning_rate) + "]";
}

// The state of the run as JSON, without the records of the first `known` epochs: the page already has these records.
std::string state_json(Session& s, std::size_t known) {
  const Training::State& state = s.training.state;
  std::string records = "[";
  for (std::size_t k = known; k < s.history.size(); ++k) records += (k == known ? "" : ",") + record_json(s.history[k]);
  const auto split = split_of(s.flow);
  return json::object(Members{{"epoch", count_json(state.epoch)},
                              {"batch", count_json(state.batch)},
                              {"step", count_json(s.steps())},
                              {"done", to_json(s.training.done())},
                              {"touched", s.touched_at ? count_json(*s.touched_at) : "null"},
                              {"history", records + "]"},
                              {"flow", flow_json(s.flow)},
                              {"split", split ? "[" + to_json(split->ratio) + "," + to_json(split->sigma_part) + "," +
                                                    to_json(split->W_part) + "]"
                                              : "null"},
                              {"units", units_json(s)}});
}

// A forward and a backward pass over one training row: the numbers of `primer trace` for a file with only this row.
std::string trace_json(Session& s, std::size_t row) {
  Network& network = s.viewed();
  Dataset one;
  select_rows(s.experiment.data.train, {}, row, row + 1, one);
  network.forward_training(one.x, 1);
  network.backward(*s.loss, one.y, true);
  std::string layers = "[";
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Dense& layer = network.layers[l];
    Members members{{"x", to_json(*layer.x)},
                    {"Wt", to_json(layer.Wt)},
                    {"b", to_json(layer.b)},
                    {"z", to_json(layer.z)},
                    {"slope", to_json(layer.derivative)},
                    {"s", to_json(layer.sigma_of_z())},
                    {"a", to_json(layer.a)},
                    {"dL_da", to_json(network.dL_da(l, *s.loss, one.y))},
                    {"dL_dz", to_json(layer.dL_dz)},
                    {"dL_dWt", to_json(layer.dL_dWt)},
                    {"dL_db", to_json(layer.dL_db)},
                    {"dL_dx", to_json(layer.dL_dx)}};
    if (layer.batch_norm) members.emplace_back("u", to_json(layer.batch_norm->u));
    if (layer.batch_norm) members.emplace_back("dL_du", to_json(layer.batch_norm->dL_du));
    if (layer.dropout) members.emplace_back("mask", to_json(layer.dropout->mask));
    layers += (l == 0 ? "" : ",") + json::object(members);
  }
  return json::object(Members{{"layers", layers + "]"},
                              {"loss", to_json(static_cast<double>(network.loss(*s.loss, one.y)))},
                              {"y", to_json(one.y)},
                              {"row", count_json(row)}});
}

struct Histogram {
  double low, high;
  std::vector<std::size_t> counts;
};
Histogram histogram_of(const Tensor& t, std::size_t column, std::size_t bins) {
  Histogram h{1e300, -1e300, std::vector<std::size_t>(bins)};
  for (std::size_t i = 0; i < t.rows(); ++i) {
    h.low = std::min(h.low, static_cast<double>(t(i, column)));
    h.high = std::max(h.high, static_cast<double>(t(i, column)));
  }
  if (h.low == h.high) h.low -= 0.5, h.high += 0.5;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const double at = (static_cast<double>(t(i, column)) - h.low) / (h.high - h.low) * static_cast<double>(bins);
    ++h.counts[std::min(static_cast<std::size_t>(at), bins - 1)];
  }
  return h;
}

// The curves of σ and σ′ from z = low to z = high. For softmax: unit 1 in a layer of two units; unit 2 has z = 0.
std::string curve_json(const Activation& sigma, double low, double high, std::size_t points) {
  Tensor z(points, sigma.traits.elementwise ? 1 : 2), a, derivative;
  for (std::size_t i = 0; i < points; ++i) {
    z(i, 0) = low + (high - low) * static_cast<double>(i) / static_cast<double>(points - 1);
  }
  sigma.forward(z, a, derivative);
  std::array<std::string, 3> columns;
  for (std::size_t i = 0; i < points; ++i) {
    const std::array values{z(i, 0), a(i, 0), derivative(i, 0)};
    for (std::size_t k = 0; k < values.size(); ++k) columns[k] += (i == 0 ? "" : ",") + json::number(values[k], 17);
  }
  return json::object(
      Members{{"z", "[" + columns[0] + "]"}, {"a", "[" + columns[1] + "]"}, {"slope", "[" + columns[2] + "]"}});
}

// Unit j of layer l: the histogram of z over all training rows, the weights, and the latest gradients of the weights.
std::string unit_json(Session& s, std::size_t l, std::size_t j) {
  Network& network = s.viewed();
  network.forward(s.experiment.data.train.x);
  const Dense& layer = network.layers[l];
  const Histogram h = histogram_of(layer.z, j, 40);
  std::size_t off = 0;
  for (std::size_t i = 0; i < layer.z.rows(); ++i) off += layer.derivative(i, j) == 0 ? 1 : 0;
  Tensor w(1, layer.Wt.rows()), gradient(1, layer.Wt.rows());
  for (std::size_t i = 0; i < w.size(); ++i) {
    w[i] = layer.Wt(i, j);
    gradient[i] = s.pass[l].dL_dWt(i, j);
  }
  const double low = std::min(h.low, -4.0), high = std::max(h.high, 4.0);
  return json::object(Members{{"low", to_json(h.low)},
                              {"high", to_json(h.high)},
                              {"counts", json::array(h.counts, count_json)},
                              {"off", to_json(static_cast<double>(off) / static_cast<double>(layer.z.rows()))},
                              {"w", to_json(w)},
                              {"b", to_json(static_cast<double>(layer.b[j]))},
                              {"dL_dw", to_json(gradient)},
                              {"dL_db", to_json(static_cast<double>(s.pass[l].dL_db[j]))},
                              {"curve", curve_json(*layer.activation, low, high, 161)}});
}

// The pixels of the images in the training rows, before standardizing, as levels from 0 (smallest) to 255 (largest).
std::string levels_json(const Data& data) {
  Tensor x = data.train.x;
  for (std::size_t i = 0; i < x.size() && data.standardizer; ++i) {
    const std::size_t column = i % x.cols();
    x[i] = x[i] * data.standardizer->deviation[column] + data.standardizer->mean[column];
  }
  const std::span<const real> pixels(x.data(), x.size());
  const auto range = std::ranges::minmax(pixels);
  const real reach = range.max > range.min ? range.max - range.min : 1;
  return json::array(
      pixels, [&](real v) { return count_json(static_cast<std::size_t>((v - range.min) / reach * 255 + real(0.5))); });
}

// Returns as JSON: the training rows, a range for each input (a little wider than the data), the class of each row.
std::string data_json(const Session& s) {
  const Dataset& train = s.experiment.data.train;
  Members members{{"x", train.x.cols() <= 2 || train.x.size() <= 200'000 ? to_json(train.x) : "[]"},
                  {"y", to_json(train.y)}};
  std::string ranges = "[";
  for (std::size_t c = 0; c < train.x.cols(); ++c) {
    double low = train.x(0, c), high = low;
    for (std::size_t i = 0; i < train.x.rows(); ++i) {
      low = std::min(low, static_cast<double>(train.x(i, c)));
      high = std::max(high, static_cast<double>(train.x(i, c)));
    }
    const double margin = low == high ? 0.5 : 0.08 * (high - low);
    ranges += (c == 0 ? "[" : ",[") + to_json(low - margin) + "," + to_json(high + margin) + "]";
  }
  members.emplace_back("ranges", ranges + "]");
  members.emplace_back("levels", s.experiment.config.data.image.empty() ? "[]" : levels_json(s.experiment.data));
  std::string classes = "[";
  for (std::size_t i = 0; i < train.y.rows(); ++i) {
    classes += (i == 0 ? "" : ",") + count_json(s.experiment.task == Task::regression ? 0 : class_of(train.y.row(i)));
  }
  members.emplace_back("class", classes + "]");
  return json::object(members);
}

}  // namespace
}  // namespace primer

using namespace primer;

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

EXPORT(allocate) char* page_allocate(std::size_t size) { return static_cast<char*>(std::malloc(size)); }
EXPORT(release) void page_release(char* memory) { std::free(memory); }
EXPORT(result_size) std::size_t page_result_size() { return result().size(); }
EXPORT(put_file) void page_put_file(const char* name, std::size_t name_size, const char* bytes, std::size_t size) {
  page_files()[std::string(name, name_size)] = std::string(bytes, size);
}
// engine.js calls this function to test whether fma rounds once (the result is then 2⁻⁶⁰) or twice (the result is 0).
EXPORT(fma) double page_fma(double a, double b, double c) { return primer::fma(a, b, c); }

EXPORT(load) void page_load(unsigned which, const char* text, std::size_t size) {
  sessions()[which] = std::make_unique<Session>(experiment_in(text, size));
}
// Loads a changed config. Returns true if the run keeps its weights, false if the run starts again. After a change of
// `diagnostics`, or of train.epochs if train.schedule is "none", a new run with this config gives the same weights.
EXPORT(change) bool page_change(unsigned which, const char* text, std::size_t size) {
  auto next = std::make_unique<Session>(experiment_in(text, size));
  auto& now = sessions()[which];
  const std::vector<std::string> keys = changed_keys(now->experiment.config, next->experiment.config);
  const bool goes_on = now->steps() > 0 && std::ranges::all_of(keys, keeps_weights);
  const auto keeps_steps = [&](const std::string& key) {
    return key.starts_with("diagnostics.") || (key == "train.epochs" && next->train().schedule == "none");
  };
  if (goes_on) continue_from(*now, *next);
  if (goes_on && !std::ranges::all_of(keys, keeps_steps)) next->touch();
  now = std::move(next);
  return goes_on;
}
EXPORT(unload) void page_unload(unsigned which) { sessions()[which].reset(); }
EXPORT(run) bool page_run(unsigned which, std::size_t batches) { return session(which).run(batches); }

EXPORT(describe) const char* page_describe(unsigned which) { return give(describe(session(which))); }
EXPORT(config) const char* page_config(unsigned which) { return give(to_toml(session(which).experiment.config, ".")); }
EXPORT(state) const char* page_state(unsigned which, std::size_t known) {
  return give(state_json(session(which), known));
}
EXPORT(data) const char* page_data(unsigned which) { return give(data_json(session(which))); }
EXPORT(trace) const char* page_trace(unsigned which, std::size_t row) { return give(trace_json(session(which), row)); }
EXPORT(unit) const char* page_unit(unsigned which, std::size_t l, std::size_t j) {
  return give(unit_json(session(which), l, j));
}
// σ(z), σ′(z) and ∂L/∂z = ∂L/∂a σ′(z) of layer l, whose σ is elementwise.
EXPORT(point) const char* page_point(unsigned which, std::size_t l, double z, double dL_da) {
  Tensor in(1, 1, z), a, derivative;
  session(which).network.layers[l].activation->forward(in, a, derivative);
  return give(json::object(
      Members{{"a", to_json(a[0])}, {"slope", to_json(derivative[0])}, {"dL_dz", to_json(dL_da * derivative[0])}}));
}
EXPORT(signature) const char* page_signature(unsigned which) {
  std::uint64_t hash = signature(session(which).network);
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4) text[i] = "0123456789ABCDEF"[hash & 15];
  return give(text);
}
EXPORT(model) const char* page_model(unsigned which) {
  Session& s = session(which);
  return give(safetensors_bytes(model_contents(s.network, s.experiment), own_dtype()));
}
EXPORT(names) const char* page_names() {
  const auto list = [](const std::vector<std::string_view>& names) {
    return json::array(names, [](std::string_view name) { return json::quote(name); });
  };
  return give(json::object(Members{{"activation", list(activations().names())},
                                   {"init", list(initializer_names())},
                                   {"loss", list(losses().names())},
                                   {"optimizer", list(optimizers().names())},
                                   {"generator", list(generator_names())},
                                   {"schedule", list(schedule_names())}}));
}

EXPORT(weights) const real* page_weights(unsigned which, std::size_t l) {
  return session(which).network.layers[l].Wt.data();
}
EXPORT(gradients) const real* page_gradients(unsigned which, std::size_t l) {
  return session(which).pass[l].dL_dWt.data();
}
EXPORT(set_weight) void page_set_weight(unsigned which, std::size_t l, std::size_t i, std::size_t j, double value) {
  session(which).set(session(which).network.layers[l].Wt(i, j), value);
}
EXPORT(set_bias) void page_set_bias(unsigned which, std::size_t l, std::size_t j, double value) {
  session(which).set(session(which).network.layers[l].b[j], value);
}

// Runs the network on a grid: n × n points for two inputs, row by row from the top, or n points for one input.
EXPORT(grid) void page_grid(unsigned which, std::size_t n, double x_low, double x_high, double y_low, double y_high) {
  Session& s = session(which);
  const bool is_plane = s.network.inputs() == 2;
  s.grid.resize(is_plane ? n * n : n, s.network.inputs());
  const auto at = [n](double low, double high, std::size_t i) {
    return low + (high - low) * static_cast<double>(i) / static_cast<double>(n - 1);
  };
  for (std::size_t i = 0; i < s.grid.rows(); ++i) {
    s.grid(i, 0) = at(x_low, x_high, i % n);
    if (is_plane) s.grid(i, 1) = at(y_high, y_low, i / n);
  }
  s.viewed().forward(s.grid);
}
EXPORT(grid_values) const real* page_grid_values(unsigned which, std::size_t l, bool slope) {
  const Dense& layer = session(which).view.layers[l];
  return slope ? layer.derivative.data() : layer.a.data();
}
