// Records the frames of a run. A frame is the data that the report shows for one epoch. It is computed from the network
// in memory, between two epochs. Recording a frame does not change the training state.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/report/frames.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"

namespace primer {

Histogram histogram_of(std::span<const real> values);

class FrameRecorder {
 public:
  // `network` and `data` must outlive the recorder.
  FrameRecorder(Network& network, const Data& data, const TrainOptions& options, RunNotes notes = {});

  // Call this for epoch 0 (the initial network) and after every epoch. Stores a frame (the report's data of one epoch)
  // for the epochs 0, s, 2s, … and for the last epoch. With early stopping, s starts at 1. Without early stopping, s
  // starts at a power of two that gives at most 100 frames. If 99 frames are stored before the last epoch, s doubles,
  // and every second frame is deleted. `flow` is null if the run does not record the gradient flow.
  void epoch_done(std::uint64_t epoch, bool last, const Flow* flow);

  // Copies the frames of an earlier run, up to `epoch`. Throws UserError if that run trained a different network.
  void resume(const Frames& earlier, std::uint64_t epoch);

  const Frames& frames() const { return frames_; }

 private:
  using Rows = std::vector<Dataset>;  // each Dataset has at most 256 rows

  void choose_points();
  void choose_probes();
  void choose_sets();
  void choose_images();
  void thin();
  Frame record(std::uint64_t epoch, const Flow* flow);
  // For each row in `rows`: computes the output a of the network and calls use(a, y). y is the target of the row.
  template <typename Use>
  void predict(const Rows& rows, Use use);

  Network& network_;
  const Data& data_;
  std::unique_ptr<Loss> loss_;
  Dataset sample_;          // the training rows from which the histograms of z and ∂L/∂W are computed
  Rows probes_;             // a grid of inputs; the picture in the report shows the output of the network at each input
  std::vector<Rows> sets_;  // inputs and targets of the rows in each confusion matrix (test, validation, training)
  Rows images_;
  Frames frames_;
};

}  // namespace primer
