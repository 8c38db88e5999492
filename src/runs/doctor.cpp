// Each diagnosis has its own function. The thresholds lie between the values of healthy runs and those of sick runs,
// measured with ten seeds on the shipped configs and on configs/claims.
#include "primer/runs/doctor.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

constexpr double much_saturated = 0.4;  // initial fraction of saturated z: 0.001 for Xavier's W, 0.6 for W ~ N(0, 1)
// Dead units are reported if at least half of a layer is dead, or at least a quarter in a network that does not learn.
// Fewer dead units are not reported, because a few dead units do no harm (claim dying_not_bad).
constexpr double half_dead = 0.5, much_dead = 0.25;
// ‖ΔW‖/‖W‖ of an optimiser step. Rule of thumb: 1e-3 (course cs231n, "Neural networks part 3: Ratio of
// weights:updates"). With the shipped configs, the ratio falls from 2e-2 to 1e-4 during training.
constexpr double usual_update = 1e-3, first_update = 1e-2, large_update = 2e-2, small_update = 3e-4;
// Overfitting: last validation loss ≥ (1 + most_rise) · lowest (Prechelt, "Early stopping – but when?", 1998).
constexpr double most_rise = 0.2;

std::string percent(double fraction) { return short_number(100 * fraction) + " %"; }
std::string one_digit(double value) { return rounded(value, 1); }

class Doctor {
 public:
  Doctor(const Config& config, const std::vector<EpochRecord>& history, const std::vector<FlowRow>& flow)
      : config_(config), history_(history), hidden_(config.layers.size() - 1) {
    for (const FlowRow& row : flow) {
      if (epochs_.empty() || epochs_.back().front().epoch != row.epoch) epochs_.emplace_back();
      epochs_.back().push_back(row);
    }
  }

  std::vector<Diagnosis> diagnoses() {
    if (diverged()) return std::move(found_);
    if (!epochs_.empty() && hidden_ > 0 && !zero_slope()) {
      gradient();
      dead_units();
    }
    learning_rate();
    overfitting();
    return std::move(found_);
  }

 private:
  template <typename... Parts>
  void say(const char* kind, std::uint64_t epoch, std::vector<Override> remedy, const Parts&... parts) {
    found_.push_back({kind, concat(parts...), epoch, std::move(remedy)});
  }
  // The number, from 1, of the [[layer]] table that describes `layer`. A table with repeat = n describes n layers.
  std::size_t table_of(std::size_t layer) const {
    std::size_t tables = 0, line = 0;
    for (std::size_t l = 1; l <= layer; ++l) {
      const auto found = config_.locations.find(concat("layer.", l));
      if (found != config_.locations.end() && found->second.line == line) continue;
      ++tables;
      line = found == config_.locations.end() ? 0 : found->second.line;
    }
    return tables;
  }
  // The key for --set that changes the [[layer]] tables of the layers first … last: "layer.1.KEY" or "layer.1-8.KEY".
  std::string layers_key(std::size_t first, std::size_t last, const char* key) const {
    const std::size_t begin = table_of(first), end = table_of(last);
    return concat("layer.", begin, begin == end ? "" : concat("-", end), ".", key);
  }
  bool regression() const { return task_of(config_.train.loss) == Task::regression; }

  // The lowest loss of a network that gives every row the same output, if all classes are equally frequent.
  double constant_loss() const {
    return std::log(task_of(config_.train.loss) == Task::binary ? 2.0
                                                                : static_cast<double>(config_.layers.back().units));
  }
  // Whether the network hardly learned: R² is less than ½, or the loss is more than half of constant_loss().
  bool fails() const {
    const Scores& last = history_.back().train;
    return regression() ? last.metric < 0.5 : last.loss > constant_loss() / 2;
  }
  // Says how badly the network learned: "the training loss is still 1.1 (a constant output has the loss 1.1)".
  std::string failure() const {
    const Scores& last = history_.back().train;
    return regression() ? "the training R² is only " + short_number(last.metric) + " (a constant output has R² = 0)"
                        : "the training loss is still " + short_number(last.loss) +
                              " (a constant output has the loss " + short_number(constant_loss()) + ")";
  }
  std::vector<Override> rate(double learning_rate) const { return {{"train.learning_rate", one_digit(learning_rate)}}; }

  // Whether the last training loss is not finite, or is more than ten times the loss of a constant output.
  bool diverged() {
    if (history_.empty()) return false;
    const EpochRecord& last = history_.back();
    const double constant = regression() ? 0 : constant_loss();
    const bool is_far = regression() ? last.train.metric < -9 : last.train.loss > 10 * constant;
    if (!is_far && std::isfinite(last.train.loss)) return false;
    say("diverged", 1, rate(std::min(config_.train.learning_rate / 10, 0.01)), "The run diverged: ",
        regression() ? concat("its R² is ", short_number(last.train.metric), ", but a constant output can have R² = 0")
                     : concat("its last training loss is ", short_number(last.train.loss),
                              ", but a constant output has the loss ", short_number(constant)),
        ". The learning rate ", number(config_.train.learning_rate), " is too large.");
    return true;
  }

  // Reports the hidden layers that get no gradient: those whose σ′ is 0 everywhere, and all layers before such a layer
  // if it has no skip connection.
  bool zero_slope() {
    const auto is_flat = [&](std::size_t l) {
      return largest_derivative(*make_activation(config_.layers[l].activation)) == 0;
    };
    std::size_t blocked = 0;  // layers 1 … `blocked` get no gradient: layer `blocked` has σ′ = 0 and no skip connection
    std::vector<Override> remedy;
    std::string name;
    for (std::size_t l = 0; l < hidden_; ++l) {
      if (!is_flat(l)) continue;
      if (!config_.layers[l].residual) blocked = l + 1;
      const std::string key = layers_key(l + 1, l + 1, "activation");
      if (remedy.empty() || remedy.back().first != key) remedy.emplace_back(key, "tanh");
      name = config_.layers[l].activation;
    }
    if (remedy.empty()) return false;
    std::string layers = blocked == 0 ? "" : blocked == 1 ? "1" : concat("1 to ", blocked);
    for (std::size_t l = blocked; l < hidden_; ++l) {
      if (is_flat(l)) layers += concat(layers.empty() ? "" : ", ", l + 1);
    }
    const bool several = layers.find(' ') != layers.npos;
    say("zero-slope", epochs_.front().front().epoch, remedy, "σ′ of ", name, " is 0 everywhere, so ",
        several ? "layers " : "layer ", layers, several ? " get" : " gets", " no gradient.");
    return true;
  }

  void gradient() {
    const std::vector<FlowRow>& start = epochs_.front();
    const std::optional<FlowSplit> split = split_of(start);
    const auto hidden = std::span(start).first(hidden_);
    const auto worst = std::ranges::max_element(hidden, {}, [](const FlowRow& row) {
      return std::isnan(row.off) ? row.saturated : 0;  // a layer of rectifiers never counts as saturated
    });
    if (std::isnan(worst->off) && worst->saturated > much_saturated) {
      return say(
          "saturated", start.front().epoch, heal_saturation(*worst), "At the start, ", percent(worst->saturated),
          " of all z of layer ", worst->layer, " lie where σ′ is less than ", short_number(100 * saturation_threshold),
          " % of its maximum",
          split && split->W_part > largest_gradient_ratio
              ? concat(", and W multiplies the gradient by ", short_number(split->W_part), " on the way to layer 1")
              : "",
          ".");
    }
    if (!split || std::isnan(split->ratio)) return;
    if (split->ratio < least_gradient_ratio) {
      say("vanishing", start.front().epoch, heal_gradient(*split), "At the start, the gradient at layer 1 was ",
          short_number(split->ratio), " times the gradient at layer ", hidden_, parts_of(*split), later());
    } else if (split->ratio > largest_gradient_ratio) {
      say("exploding", start.front().epoch, heal_gradient(*split), "At the start, the gradient at layer 1 was ",
          short_number(split->ratio), " times the gradient at layer ", hidden_, parts_of(*split));
    }
  }

  static std::string parts_of(const FlowSplit& split) {
    return ": " + short_number(split.sigma_part) + " (from σ′) × " + short_number(split.W_part) + " (from W).";
  }

  // For a run whose gradient vanished at the start: a sentence that says whether the gradient became larger later.
  std::string later() const {
    if (epochs_.size() < 2) return {};
    const auto reaches = [](const std::vector<FlowRow>& rows) { return split_of(rows)->ratio >= least_gradient_ratio; };
    const FlowSplit end = *split_of(epochs_.back());
    const std::string factor = concat("at the end of the run, the gradient at layer 1 was ", short_number(end.ratio),
                                      " times the gradient at layer ", hidden_, parts_of(end));
    if (!reaches(epochs_.back())) return " Training did not make the gradient at layer 1 large enough: " + factor;
    auto since = epochs_.end();
    while (since != epochs_.begin() && reaches(*(since - 1))) --since;
    return concat(" From epoch ", since->front().epoch,
                  " on, the gradient at layer 1 was large enough for learning: ", factor);
  }

  std::vector<Override> set_hidden(const char* key, const char* value) const {
    return {{layers_key(1, hidden_, key), value}};
  }
  bool chooses_initial_weights() const {
    return std::ranges::any_of(std::span(config_.layers).first(hidden_),
                               [](const LayerOptions& layer) { return layer.init != "auto"; });
  }
  std::vector<Override> heal_saturation(const FlowRow& worst) const {
    if (config_.layers[worst.layer - 1].init != "auto") return set_hidden("init", "auto");
    if (worst.layer == 1 && !config_.data.standardize) return {{"data.standardize", "true"}};
    return set_hidden("activation", "tanh");
  }
  std::vector<Override> heal_gradient(const FlowSplit& split) const {
    const bool has_flat_sigma = std::ranges::any_of(
        std::span(config_.layers).first(hidden_),
        [](const LayerOptions& layer) { return largest_derivative(*make_activation(layer.activation)) < 0.5; });
    if (split.ratio < least_gradient_ratio && has_flat_sigma) return set_hidden("activation", "tanh");
    if (chooses_initial_weights()) return set_hidden("init", "auto");
    return set_hidden("batch_norm", "true");
  }

  void dead_units() {
    const std::vector<FlowRow>& end = epochs_.back();
    const auto worst = std::ranges::max_element(std::span(end).first(hidden_), {}, &FlowRow::dead);
    if (worst->dead < much_dead || (worst->dead < half_dead && (history_.empty() || !fails()))) return;
    const std::size_t l = worst->layer - 1;
    const auto units = static_cast<double>(config_.layers[l].units);
    const auto count = [&](double fraction) { return static_cast<std::size_t>(std::lround(fraction * units)); };
    std::size_t steepest = 0;  // index of the epoch in which the number of dead units rose most
    double revived = epochs_.front()[l].revived;
    for (std::size_t e = 1; e < epochs_.size(); ++e) {
      const auto died = [&](std::size_t at) { return at == 0 ? 0 : epochs_[at][l].dead - epochs_[at - 1][l].dead; };
      if (died(e) > died(steepest)) steepest = e;
      revived += epochs_[e][l].revived;
    }
    const double at_start = epochs_.front()[l].dead;
    const bool from_start = at_start >= worst->dead / 2;
    const std::uint64_t epoch = epochs_[from_start ? 0 : steepest].front().epoch;
    const auto times = static_cast<std::size_t>(revived);
    std::vector<Override> remedy{{layers_key(l + 1, l + 1, "activation"), "leaky_relu"}};
    if (!from_start) {  // the remedy: divide the learning rate by 10, and multiply the epochs by 10
      remedy = rate(config_.train.learning_rate / 10);
      remedy.emplace_back("train.epochs", std::to_string(10 * config_.train.epochs));
    }
    say("dead", epoch, std::move(remedy), count(worst->dead), " of ", config_.layers[l].units, " units of layer ",
        l + 1, " are dead at the ", epochs_.size() == 1 ? "start" : "end", ": their σ′ is 0 on every row",
        epochs_.size() == 1 ? ""
        : from_start        ? concat("; ", count(at_start), " were dead at the start")
                            : concat("; the number of dead units rose most at epoch ", epoch, ", by ",
                                     count(epochs_[steepest][l].dead - epochs_[steepest - 1][l].dead)),
        times == 0   ? ""
        : times == 1 ? "; a dead unit came back once"
                     : concat("; dead units came back ", times, " times"),
        ".");
  }

  // The largest ‖ΔW‖/‖W‖ of all layers in one observed epoch.
  static double update(const std::vector<FlowRow>& rows) {
    double most = 0;
    for (const FlowRow& row : rows) most = std::max(most, row.update_ratio);  // a NaN is ignored
    return most;
  }

  // Whether a training loss in the second half of the run is more than 1.2 times an earlier loss in this half.
  bool is_unsteady() const {
    double least = HUGE_VAL;
    bool rises = false;
    for (const EpochRecord& record : std::span(history_).last(std::max<std::size_t>(history_.size() / 2, 1))) {
      least = std::min(least, record.train.loss);
      rises = rises || record.train.loss > 1.2 * least;
    }
    return rises;
  }

  void learning_rate() {
    if (history_.empty() || epochs_.size() < 2 || !fails()) return;
    const double lr = config_.train.learning_rate;
    double most = 0;
    for (const auto& rows : epochs_) most = std::max(most, update(rows));
    const std::size_t late = std::max<std::size_t>(epochs_.size() / 4, 1);
    double mean = 0;
    for (const auto& rows : std::span(epochs_).last(late)) mean += update(rows) / static_cast<double>(late);
    const bool has_large_gradient = std::ranges::any_of(
        found_, [](const Diagnosis& found) { return found.kind == "saturated" || found.kind == "exploding"; });
    if (mean > large_update && is_unsteady() && !has_large_gradient) {  // a large gradient also makes ‖ΔW‖ large
      say("fast", history_.back().epoch, rate(lr * usual_update / mean),
          "In the last quarter of the run, a step changed W by ‖ΔW‖/‖W‖ = ", percent(mean),
          " on average in the layer that changed most; about 0.1 % is usual. Also, ", failure(),
          ". Therefore, the learning rate ", number(lr), " is too large.");
    } else if (most < small_update && lr > 0) {
      say("slow", history_.back().epoch, rate(most > 0 ? lr * first_update / most : lr * 10),
          "‖ΔW‖/‖W‖ of a step, averaged over an epoch, was ", percent(most),
          " or less in every layer; about 0.1 % is usual. Also, ", failure(), ". Therefore, the learning rate ",
          number(lr), " is too small.");
    }
  }

  void overfitting() {
    if (history_.empty() || !history_.back().validation || config_.train.early_stopping > 0) return;
    const auto loss = [](const EpochRecord& r) { return r.validation ? r.validation->loss : HUGE_VAL; };
    const EpochRecord& best = *std::ranges::min_element(history_, {}, loss);
    const EpochRecord& last = history_.back();
    const double rise = last.validation->loss - best.validation->loss;
    const bool matters =
        regression() ? best.validation->metric - last.validation->metric > 0.05 : rise > constant_loss() / 10;
    if (!matters || rise < most_rise * best.validation->loss || last.train.loss >= best.train.loss) return;
    say("overfitting", best.epoch, {{"train.early_stopping", "20"}}, "The validation loss was lowest at epoch ",
        best.epoch, " (", short_number(best.validation->loss), ") and rose to ", short_number(last.validation->loss),
        ", while the training loss fell from ", short_number(best.train.loss), " to ", short_number(last.train.loss),
        ": the network learns the training rows by heart.");
  }

  const Config& config_;
  const std::vector<EpochRecord>& history_;
  const std::size_t hidden_;
  std::vector<std::vector<FlowRow>> epochs_;
  std::vector<Diagnosis> found_;
};

}  // namespace

std::vector<Diagnosis> diagnose(const Config& config, const std::vector<EpochRecord>& history,
                                const std::vector<FlowRow>& flow) {
  return Doctor(config, history, flow).diagnoses();
}

bool repeats(const std::vector<Diagnosis>& diagnoses, std::string_view code) {
  return std::ranges::any_of(diagnoses, [&](const Diagnosis& diagnosis) {
    const bool of_gradient = code == "vanishing" || code == "exploding";
    return diagnosis.kind == code || (diagnosis.kind == "saturated" && of_gradient) ||
           (diagnosis.kind == "dead" && code == "born-dead");
  });
}

std::vector<Warning> forecast(const Experiment& experiment) {
  TrainOptions options = experiment.config.train;
  options.epochs = 0;
  Network network = experiment.network();
  Training training(network, experiment.data, options, experiment.config.seed, 1);
  std::vector<Diagnosis> diagnoses;
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) { diagnoses = diagnose(experiment.config, {}, rows); };
  training.run(hooks);
  std::vector<Warning> warnings = warnings_of(experiment);
  std::erase_if(warnings, [&](const Warning& warning) { return repeats(diagnoses, warning.code); });
  for (const Diagnosis& diagnosis : diagnoses) {
    std::string key = diagnosis.remedy.front().first;  // config.locations has "layer.1.init", but not "layer.1-8.init"
    if (const std::size_t dash = key.find('-'); dash != key.npos) key.erase(dash, key.find('.', dash) - dash);
    warnings.push_back(
        {experiment.config.location(key), diagnosis.kind, concat(diagnosis.text, " Try ", remedy_options(diagnosis))});
  }
  return warnings;
}

std::string remedy_options(const Diagnosis& diagnosis) {
  std::string text;
  for (const auto& [key, value] : diagnosis.remedy) text += concat(text.empty() ? "" : " ", "--set ", key, "=", value);
  return text;
}

}  // namespace primer
