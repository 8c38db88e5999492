// The training loop: forward pass, backward pass and update for each minibatch, and a record for each epoch. If a run
// is stopped after a batch and then continued, its results are the same, bit for bit, as without the stop.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "primer/core/loss.hpp"
#include "primer/core/network.hpp"
#include "primer/core/optimizer.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/schedule.hpp"

namespace primer {

struct TrainOptions : OptimizerOptions, ScheduleOptions {
  std::string loss;
  double huber_delta = 1;
  double label_smoothing = 0;
  std::vector<double> class_weights;  // one weight per class, in the order of the classes; empty: every row weighs 1
  bool balanced_weights = false;      // true: class_weights will be computed from the training rows
  double learning_rate = 0.01;
  std::size_t epochs = 100;          // number of epochs; 0: the run only observes the initial network
  std::size_t batch_size = 32;       // rows per batch; 0: all rows
  double clip_norm = 0;              // upper limit of the norm of all gradients together; 0: no clipping
  std::size_t early_stopping = 0;    // epochs without a lower validation loss until the run stops; 0: no early stopping
  std::size_t checkpoint_every = 0;  // epochs per checkpoint; 0: one checkpoint, when the run ends or is interrupted
};
std::unique_ptr<Loss> make_loss(const TrainOptions& options);

struct Scores {
  double loss, metric;  // metric: accuracy, or R² for a regression
};
// Computes the scores in evaluation mode, a few hundred rows at a time. If `outputs` is not null, copies the outputs
// `a` of all rows to it. If `data` is empty, the loss is NaN.
Scores evaluate(const Network& network, const Loss& loss, const Dataset& data, Task task, Tensor* outputs = nullptr);

// The order of the training rows in an epoch; `epoch` counts from 0. first_batch() is the first batch of epoch 0.
std::vector<std::size_t> epoch_order(const Data& data, std::uint64_t seed, std::uint64_t epoch);
Dataset first_batch(const Data& data, const TrainOptions& options, std::uint64_t seed);

// One row of history.csv.
struct EpochRecord {
  std::uint64_t epoch;
  Scores train;                      // training loss and metric; each batch is measured before the update by this batch
  std::optional<Scores> validation;  // validation loss and metric after the epoch; empty without validation rows
  std::optional<Scores> test;        // test scores after the last epoch (early stopping: best weights); otherwise empty
  double learning_rate;              // learning rate of the last step of the epoch
};

// Thrown when training gives a number that is not finite. The network then has the parameters of the epoch's start.
class Divergence : public std::runtime_error {
 public:
  Divergence(const std::string& text, std::uint64_t in_epoch, std::uint64_t at_step)
      : std::runtime_error(text), epoch(in_epoch), step(at_step) {}
  std::uint64_t epoch, step;  // from 1
};

class Training {
 public:
  // Functions that run() calls; each may be empty. In each call, the network has its latest weights, not its best ones.
  struct Hooks {
    // Called before epoch 1. The rows describe the initial network: one FlowRow per layer; empty if observe_every is 0.
    std::function<void(const std::vector<FlowRow>&)> started;
    std::function<void()> batch_done;
    std::function<void(const EpochRecord&, const std::vector<FlowRow>&)> epoch_done;
    // run() calls interrupted() after every batch, and stop_after_epoch() after every epoch except the last. If one of
    // these functions returns true, run() stops and returns End::interrupted.
    std::function<bool()> interrupted;
    std::function<bool()> stop_after_epoch;
  };
  enum class End { finished, stopped_early, interrupted };

  // `network` and `data` must outlive this object. With observe_every = n, `flow` measures the steps 1, 1 + n, 1 + 2n,
  // … of the whole run. In an epoch without such a step, `flow` measures the first step. With n = 0, `flow` measures no
  // step. Throws std::invalid_argument if there are no rows to train on.
  Training(Network& network, const Data& data, const TrainOptions& options, std::uint64_t seed,
           std::size_t observe_every);

  // Trains to the last epoch. Stops earlier if the validation loss has no new minimum for `early_stopping` epochs, or
  // if a hook returns true. Early stopping restores the best weights at the end. Throws Divergence.
  End run(const Hooks& hooks);

  bool done() const;  // whether training has ended: the last epoch is finished, or early stopping ends the run
  std::size_t batches() const { return batches_; }  // number of batches per epoch

  // How far the run has come: finished epochs and batches, the sums of the current epoch, and the best epoch.
  struct State {
    std::uint64_t epoch = 0;               // finished epochs
    std::uint64_t batch = 0;               // finished batches of the current epoch
    double loss_sum = 0;                   // loss, summed over the samples of the finished batches of this epoch
    double correct = 0;                    // number of correct predictions in the finished batches of this epoch
    std::vector<double> residual_squares;  // one sum of squared residuals per output, for R²
    double best_loss = std::numeric_limits<double>::infinity();
    std::uint64_t best_epoch = 0;
    std::vector<Tensor> best;  // all tensors of the network after best_epoch; empty without early stopping
  };
  State state;
  Optimizer optimizer;
  Flow flow;

  // A saved state of a run. To continue a run from the middle of an epoch, two snapshots are needed: the present state
  // and the state at the start of this epoch. If the epoch diverges later, it is repeated from its start.
  struct Snapshot {
    State state;
    std::vector<Tensor> tensors;  // all tensors of the network
    Optimizer::State optimizer;
    Flow::State flow;
  };
  Snapshot snapshot() const;
  const Snapshot& epoch_start() const { return epoch_start_; }
  // Sets the present state of the run to `now`, from where run() continues. `epoch_start` is the state at the start of
  // the present epoch. The tensors of the two states must have the shapes of the tensors of this network.
  void resume(const Snapshot& now, const Snapshot& epoch_start);

 private:
  void observe_initial_state(const Hooks& hooks);
  void start_epoch();
  void save(Snapshot& to) const;
  double step(std::size_t batch);
  bool observed(std::uint64_t step) const;
  double learning_rate(std::uint64_t step) const;
  EpochRecord finish_epoch();
  bool out_of_patience() const;
  void rewind(const Snapshot& to);
  [[noreturn]] void explain_divergence();

  Network& network_;
  const Data& data_;
  TrainOptions options_;
  std::uint64_t seed_;
  std::size_t observe_every_;
  std::unique_ptr<Loss> loss_;
  Task task_;
  std::vector<Parameter> parameters_;
  std::size_t batch_size_;
  std::size_t batches_;
  std::vector<double> scales_, total_squares_;  // the results of square_scales() and total_squares(), needed for R²
  std::vector<std::size_t> order_;              // order of the training rows in this epoch
  Dataset batch_;
  Snapshot epoch_start_;
};

// `value` with `digits` significant digits, for messages: "0.031", "3.1e-05".
std::string rounded(double value, int digits);

// Copies all tensors of the network (parameters and running statistics), in model order.
std::vector<Tensor> copy_of(Network& network);
void restore(const std::vector<Tensor>& from, Network& network);

}  // namespace primer
