// The pictures of a run: what the report's slider shows of an epoch, taken from the network in memory between two
// epochs. Looking changes nothing that training goes on from.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"

namespace primer {

// How often values occur in equal bins from the least to the greatest; values that are not finite are left out. Where
// all are the same, v, the bins span v − ½ … v + ½.
struct Histogram {
  static constexpr std::size_t bins = 40;
  float low = 0, high = 0;
  std::array<std::uint32_t, bins> counts{};

  bool operator==(const Histogram&) const = default;
};
Histogram histogram_of(std::span<const real> values);

// One epoch. z and ∂L/∂W are of one pass in evaluation mode over the sampled training rows.
struct Frame {
  struct Layer {
    Histogram z, W, dL_dW;
    float alpha = 0;                 // the learned shape constant, if σ has one
    std::vector<std::uint8_t> dead;  // a unit: dead in this epoch's row of flow.csv; empty where the flow is off

    bool operator==(const Layer&) const = default;
  };
  std::uint64_t epoch = 0;
  std::vector<Layer> layers;
  std::vector<float> picture;  // as Frames::picture says

  bool operator==(const Frame&) const = default;
};

// field      two inputs, classes: side × side cells from low to high, the second input in rows; a cell is k + p/2,
//            where k is the class named there and p its probability
// curve      one input, regression: the outputs at `side` places from low to high, side × outputs; not-a-number where
//            the sums of a diverging network are none
// confusion  other classification: counts, true class × named class
// none       anything else, and more classes than fit on a page
enum class Picture { none, field, curve, confusion };

struct Frames {
  struct Layer {
    std::size_t inputs, units;
    std::string activation;  // as the config spells it
    bool learns_alpha;

    bool operator==(const Layer&) const = default;
  };
  std::vector<Layer> layers;
  std::vector<std::string> columns, targets, classes;  // as in Data
  std::vector<std::string> warnings;                   // of the config's check, to be shown with the pictures

  Picture picture = Picture::none;
  std::uint64_t side = 0;
  std::array<float, 2> low{}, high{};  // of the inputs, in the data's units
  std::string rows;                    // which the confusion matrix counts: "validation" or "training"
  std::vector<float> points;           // training rows to draw: x₁, x₂, class; or x, y₁, y₂, …

  std::uint64_t stride = 1;   // the epochs kept are its multiples, and the last
  std::vector<Frame> frames;  // at most 100, by epoch

  bool operator==(const Frames&) const = default;
};

class FrameRecorder {
 public:
  // All references must outlive the recorder.
  FrameRecorder(Network& network, const Data& data, const TrainOptions& options,
                std::vector<std::string> warnings = {});

  // After an epoch, 0 being the initial network. Keeps a frame of every `stride`-th epoch and of the last one. The
  // stride is a power of two: 1 where early stopping may end the run, else what the planned epochs need; when 99 frames
  // are kept it doubles. `flow` is null where the flow is off.
  void epoch_done(std::uint64_t epoch, bool last, const Flow* flow);

  // Goes on from the frames of an earlier run, of which `epoch` epochs are to be kept.
  void resume(const Frames& earlier, std::uint64_t epoch);

  const Frames& frames() const { return frames_; }

 private:
  void place_points();
  void place_probes();
  void thin();
  Frame look(std::uint64_t epoch, const Flow* flow);
  std::vector<float> picture();
  void add_field(const Tensor& a, std::vector<float>& to) const;

  Network& network_;
  const Data& data_;
  std::unique_ptr<Loss> loss_;
  Task task_;
  Dataset sample_;               // training rows for z and ∂L/∂W
  std::vector<Dataset> probes_;  // rows to predict for the picture, a few hundred each; y for the confusion matrix
  Frames frames_;
};

}  // namespace primer
