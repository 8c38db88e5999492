// Runs the training loop. When an epoch diverges, repeats this epoch to find the first number that is not finite.
#include "primer/training/training.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "primer/core/random.hpp"
#include "primer/core/sum.hpp"
#include "primer/training/metrics.hpp"
#include "primer/training/weighted_loss.hpp"

namespace primer {
namespace {

// Adds the predictions of a batch to the sums from which the metric (accuracy or R²) is computed.
void add_predictions(const Tensor& a, const Tensor& y, Task task, const std::vector<double>& scales, double& correct,
                     std::vector<double>& residual_squares) {
  if (task == Task::regression) {
    add_residual_squares(a, y, scales, residual_squares);
  } else {
    correct += static_cast<double>(correct_predictions(a, y, task));
  }
}

double metric(Task task, double correct, const std::vector<double>& residual_squares,
              const std::vector<double>& total_squares, const Tensor& y) {
  if (task == Task::regression) return r2_score(residual_squares, total_squares);
  return correct / static_cast<double>(task == Task::binary ? y.size() : y.rows());
}

bool finite(const Tensor& t) {  // 0 · v is 0, or NaN if v is infinite or NaN
  return lane_sum(t.size(), [&](std::size_t i) { return 0 * t[i]; }) == 0;
}

bool finite(Network& network) {  // whether all parameters and running statistics are finite
  const auto finite_value = [](const Parameter& p) { return finite(*p.value); };
  return std::ranges::all_of(network.layers,
                             [&](Dense& layer) { return std::ranges::all_of(layer.tensors(), finite_value); });
}

// Copies all tensors of the network to `tensors`. If `tensors` already contains an earlier copy, reuses its memory.
void copy(Network& network, std::vector<Tensor>& tensors) {
  std::size_t count = 0;
  for (Dense& layer : network.layers) {
    for (const Parameter& p : layer.tensors()) {
      if (count == tensors.size()) tensors.emplace_back();
      tensors[count++] = *p.value;
    }
  }
}

// The name of a tensor that contains NaN or ±∞, and the index of its layer, counted from 0.
struct NonFiniteTensor {
  std::size_t layer;
  std::string tensor;
};

// Returns the first tensor, in the order of computation, that contains NaN or ±∞ after a step.
std::optional<NonFiniteTensor> first_non_finite(Network& network, const Loss& loss, const Tensor& y,
                                                double loss_value) {
  std::vector<Dense>& layers = network.layers;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (const auto& norm = layers[l].batch_norm) {
      if (!finite(norm->u)) return NonFiniteTensor{l, "u = x Wᵀ + b"};
      if (!finite(norm->running_mean)) return NonFiniteTensor{l, "running_mean"};
      if (!finite(norm->running_var)) return NonFiniteTensor{l, "running_var"};
    }
    if (!finite(layers[l].z)) return NonFiniteTensor{l, "z"};
    if (!finite(layers[l].a)) return NonFiniteTensor{l, "a = σ(z)"};
  }
  if (!std::isfinite(loss_value)) return NonFiniteTensor{layers.size() - 1, "the loss L(a, y)"};
  for (std::size_t l = layers.size(); l-- > 0;) {
    const bool canonical = l + 1 == layers.size() && network.canonical(loss);  // true: ∂L/∂a is unused and may be ±∞
    if (!canonical && !finite(network.dL_da(l, loss, y))) return NonFiniteTensor{l, "∂L/∂a"};
    if (!finite(layers[l].dL_dz)) return NonFiniteTensor{l, "∂L/∂z"};
    for (const Parameter& p : layers[l].parameters()) {
      if (!finite(*p.gradient)) return NonFiniteTensor{l, "the gradient of " + std::string(p.name)};
    }
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (const Parameter& p : layers[l].parameters()) {
      if (!finite(*p.value)) return NonFiniteTensor{l, std::string(p.name) + " after the update"};
    }
  }
  return {};
}

// The Frobenius norm as text. The entries are scaled, because the squares of very large entries overflow.
std::string norm_text(const Tensor& t) {
  double most = 0;
  for (const double v : t.values()) most = std::max(most, std::abs(v));
  double squares = 0;
  for (const double v : t.values()) squares += most == 0 ? 0 : std::pow(v / most, 2);
  return rounded(most * std::sqrt(squares), 3);
}

// The norms of W, z, ∂L/∂z and ∂L/∂W of a layer, and the loss, as text for the message about a divergence.
std::string norms_of(const Dense& layer, double loss) {
  return "‖W‖ = " + norm_text(layer.Wt) + ", ‖z‖ = " + norm_text(layer.z) + ", ‖∂L/∂z‖ = " + norm_text(layer.dL_dz) +
         ", ‖∂L/∂W‖ = " + norm_text(layer.dL_dWt) + ", and the loss was " + rounded(loss, 3);
}

std::size_t rows_per_batch(const Data& data, const TrainOptions& options) {
  const std::size_t n = data.train.size();
  if (n == 0) throw std::invalid_argument("there are no rows to train on");
  return options.batch_size == 0 ? n : std::min(options.batch_size, n);
}

}  // namespace

std::string rounded(double value, int digits) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits).ptr};
}

std::unique_ptr<Loss> make_loss(const TrainOptions& options) {
  std::unique_ptr<Loss> loss = make_loss(
      LossOptions{options.loss, static_cast<real>(options.huber_delta), static_cast<real>(options.label_smoothing)});
  if (options.class_weights.empty()) return loss;
  return std::make_unique<WeightedLoss>(std::move(loss), options.class_weights);
}

Scores evaluate(const Network& network, const Loss& loss, const Dataset& data, Task task, Tensor* outputs) {
  constexpr std::size_t rows_at_a_time = 256;
  Dataset part;
  Prediction prediction;
  double loss_sum = 0;
  double correct = 0;
  double weight = 0;
  const std::vector<double> scales = square_scales(data.y);
  std::vector<double> residual_squares(data.y.cols());
  if (outputs != nullptr) outputs->resize(data.size(), network.outputs());
  for (std::size_t first = 0; first < data.size(); first += rows_at_a_time) {
    select_rows(data, {}, first, std::min(first + rows_at_a_time, data.size()), part);
    const Tensor& a = network.predict(part.x, prediction);
    loss_sum += network.loss(loss, part.y, prediction) * loss.weight(part.y);
    weight += loss.weight(part.y);
    add_predictions(a, part.y, task, scales, correct, residual_squares);
    if (outputs != nullptr) std::copy_n(a.data(), a.size(), outputs->row(first).data());
  }
  return {loss_sum / weight, metric(task, correct, residual_squares, total_squares(data.y, scales), data.y)};
}

std::vector<Tensor> copy_of(Network& network) {
  std::vector<Tensor> tensors;
  copy(network, tensors);
  return tensors;
}

void restore(const std::vector<Tensor>& from, Network& network) {
  auto next = from.begin();
  for (Dense& layer : network.layers) {
    for (const Parameter& p : layer.tensors()) *p.value = *next++;
  }
}

std::vector<std::size_t> epoch_order(const Data& data, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::size_t> order(data.train.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (data.shuffle) Random(seed, Stream::shuffling, epoch).shuffle(std::span(order));
  return order;
}

Dataset first_batch(const Data& data, const TrainOptions& options, std::uint64_t seed) {
  Dataset batch;
  select_rows(data.train, epoch_order(data, seed, 0), 0, rows_per_batch(data, options), batch);
  return batch;
}

Training::Training(Network& network, const Data& data, const TrainOptions& options, std::uint64_t seed,
                   std::size_t observe_every)
    : optimizer(options),
      flow(network),
      network_(network),
      data_(data),
      options_(options),
      seed_(seed),
      observe_every_(observe_every),
      loss_(make_loss(options)),
      task_(task_of(options.loss)),
      parameters_(network.parameters()),
      batch_size_(rows_per_batch(data, options)),
      batches_((data.train.size() + batch_size_ - 1) / batch_size_),
      scales_(square_scales(data.train.y)),
      total_squares_(total_squares(data.train.y, scales_)) {
  state.residual_squares.resize(data.train.y.cols());
}

// The steps 1, 1 + n, 1 + 2n, … of the run are observed. In an epoch without such a step, its first step is observed.
bool Training::observed(std::uint64_t step) const {
  if (observe_every_ == 0) return false;
  const std::uint64_t since = (step - 1) % observe_every_;
  if (since == 0) return true;
  const bool opens_epoch = (step - 1) % batches_ == 0;
  return opens_epoch && observe_every_ - since >= batches_;
}

double Training::learning_rate(std::uint64_t step) const {
  return scheduled(options_, options_.learning_rate,
                   options_.schedule_unit == "step" ? step - 1 : (step - 1) / batches_);
}

Training::End Training::run(const Hooks& hooks) {
  if (state.epoch == 0 && state.batch == 0) observe_initial_state(hooks);
  while (!done()) {
    start_epoch();
    while (state.batch < batches_) {
      if (!std::isfinite(step(state.batch))) explain_divergence();
      ++state.batch;
      if (hooks.batch_done) hooks.batch_done();
      if (hooks.interrupted && hooks.interrupted()) {
        if (!finite(network_)) explain_divergence();
        return End::interrupted;
      }
    }
    if (!finite(network_)) explain_divergence();
    const EpochRecord record = finish_epoch();
    const std::vector<FlowRow> rows = flow.finish(record.epoch, network_);
    if (hooks.epoch_done) hooks.epoch_done(record, rows);
    if (hooks.stop_after_epoch && !done() && hooks.stop_after_epoch()) return End::interrupted;
  }
  if (!state.best.empty()) restore(state.best, network_);
  return out_of_patience() ? End::stopped_early : End::finished;
}

bool Training::done() const { return state.epoch >= options_.epochs || out_of_patience(); }

// Measures the initial network: runs a forward and a backward pass over the first batch, then restores the network.
void Training::observe_initial_state(const Hooks& hooks) {
  if (!hooks.started) return;
  if (observe_every_ == 0) return hooks.started({});
  const std::vector<Tensor> before = copy_of(network_);
  batch_ = first_batch(data_, options_, seed_);
  network_.forward_training(batch_.x, 1);
  network_.backward(*loss_, batch_.y);
  flow.before_update(network_, *loss_, batch_.y);
  restore(before, network_);
  hooks.started(flow.finish(0, network_));
}

void Training::start_epoch() {
  order_ = epoch_order(data_, seed_, state.epoch);
  if (state.batch == 0) save(epoch_start_);
}

// Trains on one minibatch and returns its loss before the update.
double Training::step(std::size_t batch) {
  const std::uint64_t t = state.epoch * batches_ + batch + 1;
  const double rate = learning_rate(t);
  if (std::abs(rate) > static_cast<double>(std::numeric_limits<real>::max())) {
    const std::uint64_t epoch = state.epoch + 1;
    rewind(epoch_start_);
    throw Divergence("diverged at step " + std::to_string(t) + " (epoch " + std::to_string(epoch) +
                         "): the schedule made the learning rate " + rounded(rate, 3) + ", which is too large",
                     epoch, t);
  }
  const std::size_t first = batch * batch_size_;
  select_rows(data_.train, order_, first, std::min(first + batch_size_, data_.train.size()), batch_);

  const Tensor& a = network_.forward_training(batch_.x, t);
  const double loss = network_.loss(*loss_, batch_.y);
  state.loss_sum += loss * loss_->weight(batch_.y);
  add_predictions(a, batch_.y, task_, scales_, state.correct, state.residual_squares);

  network_.backward(*loss_, batch_.y);
  const bool observe = observed(t);
  if (observe) flow.before_update(network_, *loss_, batch_.y);
  if (options_.clip_norm > 0) clip_gradients(parameters_, static_cast<real>(options_.clip_norm));
  optimizer.step(parameters_, static_cast<real>(rate));
  if (observe) flow.after_update(network_);
  return loss;
}

EpochRecord Training::finish_epoch() {
  ++state.epoch;
  EpochRecord record{state.epoch, {}, {}, {}, learning_rate(state.epoch * batches_)};
  record.train = {state.loss_sum / loss_->weight(data_.train.y),
                  metric(task_, state.correct, state.residual_squares, total_squares_, data_.train.y)};
  state.batch = 0;
  state.loss_sum = state.correct = 0;
  state.residual_squares.assign(state.residual_squares.size(), 0);

  if (data_.validation.size() > 0) record.validation = evaluate(network_, *loss_, data_.validation, task_);
  if (options_.early_stopping > 0 && record.validation && record.validation->loss < state.best_loss) {
    state.best_loss = record.validation->loss;
    state.best_epoch = state.epoch;
    state.best = copy_of(network_);
  }
  if (data_.test.size() > 0 && done()) {
    const std::vector<Tensor> last = copy_of(network_);
    if (!state.best.empty()) restore(state.best, network_);
    record.test = evaluate(network_, *loss_, data_.test, task_);
    restore(last, network_);
  }
  return record;
}

bool Training::out_of_patience() const {
  return options_.early_stopping > 0 && state.epoch - state.best_epoch >= options_.early_stopping;
}

Training::Snapshot Training::snapshot() const {
  Snapshot now;
  save(now);
  return now;
}

// Reuses the memory of `to`, because new memory in each epoch takes longer than the training of a tiny network.
void Training::save(Snapshot& to) const {
  to.state = state;
  copy(network_, to.tensors);
  to.optimizer = optimizer.state;
  to.flow = flow.state;
}

void Training::resume(const Snapshot& now, const Snapshot& epoch_start) {
  rewind(now);
  epoch_start_ = epoch_start;
}

void Training::rewind(const Snapshot& to) {
  state = to.state;
  restore(to.tensors, network_);
  optimizer.state = to.optimizer;
  flow.state = to.flow;
}

// Runs the diverged epoch again, with the same bits, and examines every tensor after every step. Throws Divergence.
void Training::explain_divergence() {
  rewind(epoch_start_);
  std::optional<NonFiniteTensor> non_finite;
  // For each layer: the norms of W, z, ∂L/∂z and ∂L/∂W after the previous step, as text. Empty before the first step.
  std::vector<std::string> norms(network_.layers.size());
  while (state.batch < batches_) {
    const double loss = step(state.batch);
    non_finite = first_non_finite(network_, *loss_, batch_.y, loss);
    if (non_finite) break;
    for (std::size_t l = 0; l < norms.size(); ++l) norms[l] = norms_of(network_.layers[l], loss);
    ++state.batch;
  }
  const std::uint64_t t = state.epoch * batches_ + state.batch + 1;
  const std::uint64_t epoch = state.epoch + 1;
  rewind(epoch_start_);
  if (!non_finite) throw std::logic_error("an epoch diverged, and its repetition did not");
  const std::string& before = norms[non_finite->layer];
  throw Divergence("diverged at step " + std::to_string(t) + " (epoch " + std::to_string(epoch) + "): layer " +
                       std::to_string(non_finite->layer + 1) + ", " + non_finite->tensor +
                       " is the first number that is not finite; before this step the layer had " +
                       (before.empty() ? "‖W‖ = " + norm_text(network_.layers[non_finite->layer].Wt) : before),
                   epoch, t);
}

}  // namespace primer
