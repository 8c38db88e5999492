// Finds likely mistakes in the layers, the data and the options, and returns a warning about each mistake.
#include "primer/runs/warnings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "primer/formats/number.hpp"
#include "primer/training/metrics.hpp"
#include "primer/training/propagation.hpp"
#include "primer/training/properties.hpp"
#include "primer/training/training.hpp"

namespace primer {
namespace {

class WarningCollector {
 public:
  explicit WarningCollector(const Experiment& experiment)
      : config_(experiment.config), data_(experiment.data), task_(experiment.task), dropped_(experiment.dropped) {
    for (const LayerOptions& layer : config_.layers) {
      sigma_.push_back(make_activation(layer.activation));
      if (properties_.contains(layer.activation)) continue;  // an earlier layer has the same activation
      properties_.emplace(layer.activation, properties_of(*sigma_.back()));
    }
  }

  std::vector<Warning> all() {
    hidden_layers();
    initial_weights();
    gradient_at_the_start();
    born_dead();
    output_layer();
    inputs();
    targets();
    optimizer();
    idle_keys();
    return std::move(found_);
  }

 private:
  template <typename... Parts>
  void warn(const std::string& key, const char* code, const Parts&... parts) {
    found_.push_back({config_.location(key), code, printable(concat(parts...))});
  }
  static std::string key(std::size_t l, const char* of) { return concat("layer.", l + 1, ".", of); }
  std::size_t hidden() const { return config_.layers.size() - 1; }
  std::size_t fan_in(std::size_t l) const { return l == 0 ? data_.train.x.cols() : config_.layers[l - 1].units; }

  double weight_variance(std::size_t l) const { return variance_of(l, config_.layers[l].init); }
  double variance_of(std::size_t l, const std::string& init) const {
    LayerOptions layer = config_.layers[l];
    layer.init = init;
    return variance(initializer_of(layer, *sigma_[l], fan_in(l)));
  }

  const Properties& properties(std::size_t l) const { return properties_.at(config_.layers[l].activation); }
  double steepest(std::size_t l) const { return properties(l).derivative.largest(); }
  // Whether the layer has a rectifier whose σ′ is 0 for all z below some point.
  bool has_flat_half(std::size_t l) const {
    return sigma_[l]->traits.rectifier && std::ranges::any_of(properties(l).zeros, [](const Interval& z) {
             return z.from == -std::numeric_limits<double>::infinity() && z.to >= -1;
           });
  }

  void hidden_layers() {
    for (std::size_t l = 0; l < config_.layers.size(); ++l) {
      if (steepest(l) > 0) continue;
      warn(key(l, "activation"), "zero-slope", "σ′ of ", sigma_[l]->name(), " is 0 everywhere, so ",
           l == 0 || config_.layers[l].residual ? "this layer gets" : concat("layers 1 to ", l + 1, " get"),
           " no gradient; use sigmoid or tanh, which are smooth step functions");
    }
    for (std::size_t l = 0; l < hidden(); ++l) {
      const LayerOptions& layer = config_.layers[l];
      if (!sigma_[l]->traits.elementwise) {
        warn(key(l, "activation"), "softmax-hidden",
             "softmax makes the outputs of a hidden layer add up to 1, and its derivatives a(1−a) are small, so the "
             "layers before it learn slowly; use softmax only at the output, and tanh or relu in hidden layers");
      }
      if (layer.activation == "identity" && !layer.batch_norm && layer.dropout == 0) {
        warn(key(l, "activation"), "linear",
             "without σ, this layer and the next layer form a single affine map x Wᵀ + b, so this layer adds nothing; "
             "use tanh or relu");
      }
      if (layer.batch_norm && (batch_size() == 1 || data_.train.size() % batch_size() == 1)) {
        warn(key(l, "batch_norm"), "batch-of-one",
             "batch_norm subtracts the mean of the batch, so its output for a batch of one row does not depend on x; "
             "use another train.batch_size",
             batch_size() == 1 ? "" : concat(", because with ", batch_size(), " the last batch has only one row"));
      }
    }
  }

  std::size_t batch_size() const {
    const std::size_t rows = data_.train.size();
    return config_.train.batch_size == 0 ? rows : std::min(rows, config_.train.batch_size);
  }

  void initial_weights() {
    for (std::size_t l = 0; l < hidden(); ++l) {
      const LayerOptions& layer = config_.layers[l];
      const std::string init(sigma_[l]->traits.initializer);
      if (weight_variance(l) == 0 && layer.units > 1) {
        warn(key(l, "init"), "symmetric-init", "all units of layer ", l + 1,
             " start equal, get equal gradients and stay equal, so they act as one unit; use init = \"", init, "\"");
        continue;
      }
      const auto family = [](std::string_view spec) { return spec.substr(0, spec.find('_')); };
      const std::string_view given = family(layer.init);
      const bool is_named = given == "xavier" || given == "he" || given == "lecun";
      if (!is_named || given == family(init) || hidden() < 2 || layer.batch_norm) continue;
      warn(key(l, "init"), "init", layer.init, " does not suit ", layer.activation,
           ": each layer with this init multiplies the signal and the gradient by about ",
           rounded(std::sqrt(weight_variance(l) / variance_of(l, "auto")), 2), "; leave init out, or write \"", init,
           "\"");
    }
  }

  void gradient_at_the_start() {
    if (hidden() < 2) return;
    const std::optional<double> ratio = predicted_gradient_ratio(config_.layers, data_.train.x);
    if (!ratio || (*ratio >= least_gradient_ratio && *ratio <= largest_gradient_ratio)) return;
    const double per_layer = std::pow(*ratio, 1 / static_cast<double>(hidden() - 1));
    const std::string change = concat(": from layer ", hidden(), " to layer 1, the gradient is multiplied by about ",
                                      rounded(*ratio, 2), " (", rounded(per_layer, 2), " per layer)");
    if (*ratio > largest_gradient_ratio) {
      warn(key(0, "init"), "exploding", "with the initial weights, the gradient grows", change,
           "; use init = \"auto\", or batch_norm, or fewer layers");
    } else if (steepest(0) < 0.5) {
      warn(key(0, "activation"), "vanishing", "with the initial weights, the gradient shrinks", change,
           ", because σ′ of ", config_.layers[0].activation, " is at most ", rounded(steepest(0), 2),
           "; use tanh or relu, or batch_norm, or fewer layers");
    } else {
      warn(key(0, "init"), "vanishing", "with the initial weights, the gradient shrinks", change,
           ", because these weights are too small; use init = \"auto\" or batch_norm");
    }
  }

  // L. Lu et al., "Dying ReLU and initialization", 2019: if all units of a layer are off (z ≤ 0), the layers after it
  // do not depend on x.
  void born_dead() {
    double alive = 1;
    std::size_t narrowest = 0;
    for (std::size_t l = 1; l < hidden(); ++l) {
      const LayerOptions& layer = config_.layers[l];
      if (!has_flat_half(l) || layer.batch_norm || layer.residual) continue;
      alive *= 1 - std::pow(0.5, static_cast<double>(layer.units));
      if (narrowest == 0 || layer.units < config_.layers[narrowest].units) narrowest = l;
    }
    if (alive > 0.95) return;
    warn(key(narrowest, "units"), "born-dead", "for about ", rounded(100 * (1 - alive), 2),
         " of 100 seeds, all units of some layer have z ≤ 0 for every row before training, so that every row has the "
         "same output; use more units or leaky_relu");
  }

  void output_layer() {
    const std::size_t last = hidden();
    if (has_flat_half(last)) {
      warn(key(last, "activation"), "relu-output",
           "an output unit with z < 0 on every row always gives 0 and gets no gradient; use ",
           looks_like_classes() ? "softmax or sigmoid for classes"
                                : "identity, or softplus if the targets are positive");
    }
    if (config_.layers[last].dropout > 0) {
      warn(key(last, "dropout"), "output-dropout",
           "dropout in the last layer sets outputs to 0 in training; use it in hidden layers");
    }
  }

  // The root mean square of the numbers in the columns from `first` to `last` − 1, computed without overflow.
  static double size_of(const Tensor& x, std::size_t first, std::size_t last) {
    double most = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = first; j < last; ++j) most = std::max(most, std::abs(double{x(i, j)}));
    }
    const double scale = scale_for_squares(most);
    double sum = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = first; j < last; ++j) sum += scale * x(i, j) * scale * x(i, j);
    }
    return std::sqrt(sum / static_cast<double>(x.rows() * (last - first))) / scale;
  }

  static bool is_constant(const Tensor& x, std::size_t j) {
    for (std::size_t i = 1; i < x.rows(); ++i) {
      if (x(i, j) != x(0, j)) return false;
    }
    return true;
  }

  // Warns of the columns of x that are constant. `names` are the names of the columns; a column named "" is skipped.
  void constant_columns(const char* key, const char* code, const std::vector<std::string>& names, const Tensor& x,
                        const char* remedy) {
    std::string constant;
    std::size_t count = 0;
    for (std::size_t j = 0; j < names.size() && x.rows() > 1; ++j) {
      if (names[j].empty() || !is_constant(x, j)) continue;
      if (++count <= 3) constant += (constant.empty() ? "" : ", ") + in_quotes(names[j]);
    }
    if (count == 0) return;
    warn(key, code, count == 1 ? "column " : concat(count, " columns, "), constant, count > 3 ? ", …" : "",
         count == 1 ? " has" : ", have", " the same value in every training row, ", remedy);
  }

  void constant_inputs() {
    std::vector<std::string> numbers = data_.columns, categories(numbers.size());
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      const auto is_of = [&](const std::string& column) { return numbers[j].starts_with(column + "="); };
      if (std::ranges::any_of(config_.data.one_hot, is_of)) std::swap(numbers[j], categories[j]);
    }
    constant_columns("data", "constant-input", numbers, data_.train.x,
                     "which carries no information; list such columns in data.ignore");
    constant_columns("data.one_hot", "untrained-category", categories, data_.train.x,
                     "but the network can learn a category only if some training rows have this category and others "
                     "do not; merge rare categories into one in the data file");
  }

  void inputs() {
    const auto is_digits = [](const std::string& name) {
      return name.find_first_not_of("0123456789") == std::string::npos;
    };
    if (std::ranges::all_of(data_.columns, is_digits)) {
      warn("data.file", "numbered-columns",
           "the columns are called 0, 1, 2, …; if the first row of the file is data, insert a row of names above it");
    }
    if (dropped_ > 0) {
      warn("data.missing", "dropped-rows", counted(dropped_, "row has", "rows have"), " a missing value and ",
           dropped_ == 1 ? "is" : "are", " left out");
    }
    if (config_.data.image.empty()) constant_inputs();  // a pixel at the edge of images is often constant: no warning
    if (data_.standardizer) return;
    const Tensor& x = data_.train.x;
    std::size_t largest = 0;
    double most = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < x.cols(); ++j) {
      const double size = size_of(x, j, j + 1);
      if (size > most) largest = j;
      most = std::max(most, size);
      if (size > 0) least = std::min(least, size);
    }
    if (most <= 10 && most <= 100 * least) return;
    warn("data.standardize", "unscaled-inputs", "the root mean square of column ", in_quotes(data_.columns[largest]),
         " is ", rounded(most, 2), x.cols() > 1 ? "; the smallest root mean square is " + rounded(least, 2) : "",
         ": large inputs saturate units and dominate the gradient; set data.standardize = true");
  }

  // Whether the targets are or look like classes: one column of the integers 0 … K − 1 (K ≤ 20), each at least twice.
  bool looks_like_classes() const {
    if (task_ != Task::regression || data_.train.y.cols() != 1) return task_ != Task::regression;
    std::vector<std::size_t> counts;
    for (const real v : data_.train.y.values()) {
      if (!(v >= 0 && v < 20) || v != std::floor(v)) return false;
      const auto k = static_cast<std::size_t>(v);
      counts.resize(std::max(counts.size(), k + 1));
      ++counts[k];
    }
    return counts.size() > 1 && std::all_of(counts.begin(), counts.end(), [](std::size_t n) { return n > 1; });
  }

  void targets() {
    if (config_.data.test_fraction > 0 && data_.test.size() == 0) {
      warn("data.test_fraction", "empty-split", "with this fraction, the test set has no row; use a larger fraction");
    }
    if (config_.data.validation_fraction > 0 && data_.validation.size() == 0) {
      warn("data.validation_fraction", "empty-split",
           "with this fraction, the validation set has no row; use a larger fraction");
    }
    const Tensor& y = data_.train.y;
    if (task_ == Task::regression || data_.targets.size() > 1) {
      constant_columns("data", "constant-target", data_.targets, y, "so there is nothing to learn about such a target");
    }
    if (task_ != Task::regression) {
      classes();
      return;
    }
    const std::string activation = key(hidden(), "activation");
    if (looks_like_classes()) {
      warn("train.loss", "classes-as-numbers", "the targets look like classes, but ", config_.train.loss,
           " treats them as quantities; use cross_entropy and softmax, or for two classes binary_cross_entropy and "
           "sigmoid");
    }
    const Range& range = properties(hidden()).value;
    const auto outside = std::ranges::count_if(
        y.values(), [&](real v) { return static_cast<double>(v) < range.low || static_cast<double>(v) > range.high; });
    if (outside > 0 && !config_.layers.back().residual) {
      warn(activation, "target-range", std::to_string(outside), " of ", y.size(), " targets are outside ",
           rounded(range.low, 2), " … ", rounded(range.high, 2), ", the range of ", config_.layers.back().activation,
           "; use identity at the output, or scale the targets");
    } else if (const double size = size_of(y, 0, y.cols()); size > 100 && first_gradient(size) > 100) {
      warn("train.loss", "unscaled-targets", "the targets are large (root mean square: ", rounded(size, 2),
           "), so the first gradients are large, too; set data.standardize_targets = true");
    }
  }

  // |∂L/∂a| at the output a = 0 for the target y. With the loss mse, |∂L/∂a| grows with y; with mae, it is constant.
  double first_gradient(double y) const {
    Tensor gradient;
    make_loss(config_.train)->gradient(Tensor(1, 1), Tensor(1, 1, static_cast<real>(y)), gradient);
    return std::abs(static_cast<double>(gradient[0]));
  }

  // Warns of classes with no or few training rows, and of targets that are numbers and not classes.
  void classes() {
    const std::vector<std::string>& names = data_.classes;
    std::vector<std::size_t> counts(names.size());
    std::vector<bool> elsewhere(names.size());
    const auto visit = [&](const Dataset& rows, auto count) {
      for (std::size_t i = 0; i < rows.size() && !names.empty(); ++i) count(class_of(rows.y.row(i)));
    };
    visit(data_.train, [&](std::size_t k) { ++counts[k]; });
    for (const Dataset* part : {&data_.validation, &data_.test}) {
      visit(*part, [&](std::size_t k) { elsewhere[k] = true; });
    }
    const auto fraction = std::ranges::find_if(names, [](const std::string& name) {
      const std::optional<double> value = parse_number(name);
      return value && *value != std::floor(*value);
    });
    if (fraction != names.end()) {
      warn("train.loss", "numbers-as-classes", config_.train.loss, " treats each of ", names.size(),
           " numbers, such as ", in_quotes(*fraction),
           ", as a class; if the target is a quantity, use the loss mse and the activation identity in the last layer");
    }
    std::size_t present = 0, most = 0, least = 0;
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (counts[k] == 0 && elsewhere[k]) {
        warn("data", "untrained-class", "class ", in_quotes(names[k]),
             " has no training row, so the network cannot learn it; use smaller fractions, or data.shuffle = true");
      }
      if (counts[k] == 0) continue;
      if (present++ == 0) most = least = k;
      if (counts[k] > counts[most]) most = k;
      if (counts[k] < counts[least]) least = k;
    }
    if (present == 1) {
      warn("data", "one-class", "all training rows are of class ", in_quotes(names[most]),
           "; there is nothing to learn");
    } else if (present > 1 && counts[most] >= 10 * counts[least] && config_.train.class_weights.empty()) {
      warn("train.class_weights", "imbalanced", counts[most], " of ", data_.train.size(),
           " training rows are of class ", in_quotes(names[most]), " and ", counts[least], " of class ",
           in_quotes(names[least]),
           ", so accuracy says little; look at balanced_accuracy, and set train.class_weights = \"balanced\"");
    }
  }

  void optimizer() {
    const TrainOptions& train = config_.train;
    if (train.learning_rate == 0 && train.epochs > 0) {
      warn("train.learning_rate", "no-step", "with a learning rate of 0 the parameters never change; use about 0.01");
    }
    const double shrink = train.learning_rate * *train.weight_decay;
    if (shrink > 1 && step_without_gradient(2) == 2 * step_without_gradient(1)) {
      warn("train.weight_decay", "weight-decay",
           "each step multiplies the parameters by 1 − learning_rate · weight_decay = ", rounded(1 - shrink, 2),
           shrink > 2 ? ", so they grow without bound" : ", so they change sign at every step",
           "; use a weight_decay of about 0.01");
    }
  }

  // A parameter p after one step with gradient 0. Only weight decay changes p; sgd and adamw multiply p by a constant.
  real step_without_gradient(real p) const {
    Tensor value(1, 1, p), gradient(1, 1);
    const Parameter parameter{"p", &value, &gradient};
    Optimizer(config_.train).step({&parameter, 1}, static_cast<real>(config_.train.learning_rate));
    return value[0];
  }

  void idle(const std::string& key, bool used, const std::string& why) {
    if (used || !config_.locations.contains(key)) return;
    const auto value_in = [&](const Config& config) {
      for (const Setting& s : settings_of(config)) {
        if (s.key == key) return s.value;
      }
      return std::string();
    };
    Config plain;
    plain.train.optimizer = config_.train.optimizer;
    static_cast<OptimizerOptions&>(plain.train) = resolved(plain.train);
    if (value_in(config_) == value_in(plain)) return;
    warn(key, "idle-key", key, " does nothing ", why, "; remove it");
  }

  void idle_keys() {
    const TrainOptions& t = config_.train;
    const std::string optimizer = "with optimizer = \"" + t.optimizer + "\"";
    for (const std::string key : {"momentum", "nesterov", "rho", "beta1", "beta2", "epsilon", "weight_decay"}) {
      idle("train." + key, optimizers().uses(t.optimizer, key), optimizer);
    }
    const std::string loss = "with loss = \"" + t.loss + "\"";
    for (const std::string key : {"huber_delta", "label_smoothing"}) {
      idle("train." + key, losses().uses(t.loss, key), loss);
    }
    const std::string schedule = "with schedule = \"" + t.schedule + "\"";
    idle("train.schedule_step_size", t.schedule == "step", schedule);
    idle("train.schedule_gamma", t.schedule == "step" || t.schedule == "exponential", schedule);
    idle("train.schedule_t_max", t.schedule == "cosine", schedule);
    idle("train.schedule_eta_min", t.schedule == "cosine", schedule);
    idle("train.schedule_start_factor", t.schedule == "linear_warmup", schedule);
    idle("train.schedule_total_iters", t.schedule == "linear_warmup", schedule);
    idle("train.schedule_unit", t.schedule != "none", schedule);

    const DataOptions& d = config_.data;
    const std::string source = d.generator.empty() ? "with a file" : "with generator = \"" + d.generator + "\"";
    const bool blobs = d.generator == "gaussians";
    idle("data.points", !d.generator.empty(), source);
    idle("data.classes", d.generator == "spirals" || blobs || (d.generator.empty() && task_ != Task::regression),
         d.generator.empty() ? loss : source);
    idle("data.inputs", blobs || d.generator == "plane" || !d.input_names.empty(), source);
    for (const std::string key : {"ignore", "one_hot", "separator", "decimal", "missing"}) {
      idle("data." + key, d.generator.empty(), source);
    }
    idle("data.turns", d.generator == "spirals", source);
    idle("data.noise", !d.generator.empty(), source);
  }

  const Config& config_;
  const Data& data_;
  Task task_;
  std::size_t dropped_;
  std::vector<std::unique_ptr<Activation>> sigma_;
  std::map<std::string, Properties> properties_;  // the key of the map is the name of an activation in the config
  std::vector<Warning> found_;
};

}  // namespace

std::string to_string(const Warning& warning) {
  return to_string(warning.location) + ": " + warning.code + ": " + warning.text;
}

std::vector<Warning> warnings_of(const Experiment& experiment) { return WarningCollector(experiment).all(); }

}  // namespace primer
