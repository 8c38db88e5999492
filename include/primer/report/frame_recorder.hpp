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

  // Call this for epoch 0 (the initial network) and after every epoch. Keeps a frame for every `stride`-th epoch, and
  // for the last epoch. The stride is a power of two. It begins at 1 if early stopping may end the run; otherwise it is
  // large enough for the planned epochs. It doubles when 99 frames are kept. `flow` is null if no flow is recorded.
  void epoch_done(std::uint64_t epoch, bool last, const Flow* flow);

  // Copies the frames up to `epoch` from an earlier run. Throws UserError if `earlier` is from another network.
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
  // Calls use(a, y) with the output a and the target y of every row.
  template <typename Use>
  void predict(const Rows& rows, Use use);

  Network& network_;
  const Data& data_;
  std::unique_ptr<Loss> loss_;
  Dataset sample_;          // the training rows whose z and ∂L/∂W the histograms show
  Rows probes_;             // a grid of points; the picture shows the output of the network at each point
  std::vector<Rows> sets_;  // for each set: the rows that its confusion matrix counts
  Rows images_;
  Frames frames_;
};

}  // namespace primer
