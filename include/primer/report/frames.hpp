// The frames of a run. A frame is the data of one epoch that the report's slider shows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace primer {

// Counts of values in equal bins from low to high. If all values are equal to v, the bins go from v − ½ to v + ½.
// Values that are not finite are not counted.
struct Histogram {
  static constexpr std::size_t bins = 40;
  float low = 0, high = 0;
  std::array<std::uint32_t, bins> counts{};

  bool operator==(const Histogram&) const = default;
};

// One epoch. z and ∂L/∂W come from one pass in evaluation mode over the sampled training rows.
struct Frame {
  struct Layer {
    Histogram z, W, dL_dW;
    float alpha = 0;  // the learned shape constant, if σ has one
    std::vector<std::uint8_t>
        dead;  // for each unit: 1 if it is dead in this epoch's row of flow.csv; empty if the flow is off

    bool operator==(const Layer&) const = default;
  };
  std::uint64_t epoch = 0;
  std::vector<Layer> layers;
  std::vector<float> picture;                 // in the form that Picture describes
  std::vector<std::vector<float>> confusion;  // for each of Frames::sets, counts: actual class × predicted class
  std::vector<float> predictions;             // for each row of Frames::images; as a cell of Picture::field
  std::vector<float> weights;                 // of the first units of layer 1: unit × input; only with images

  bool operator==(const Frame&) const = default;
};

// field      two inputs, classes: side × side cells from low to high, a row for each value of the second input. A cell
//            is k + p/2, where k is the predicted class and p its probability
// curve      one input, regression: side × outputs, the outputs at `side` locations from low to high; NaN
//            where a diverging network has no output
// none       other tasks, and more classes than fit on a page
enum class Picture { none, field, curve };
inline constexpr std::array<std::string_view, 3> picture_names{"none", "field", "curve"};

// Notes about a run.
struct RunNotes {
  std::string command;                 // the command that repeats the run, without its folder
  std::string version;                 // of primer
  std::string data;                    // a hash of all rows
  std::vector<std::string> changes;    // "train.epochs = 20": the keys that the command changed in the config
  std::vector<std::string> warnings;   // of the config check
  std::array<std::size_t, 2> image{};  // height and width if a row of inputs is a picture; else 0

  bool operator==(const RunNotes&) const = default;
};

struct Frames : RunNotes {
  static constexpr std::size_t most = 100;  // frames that a run keeps

  struct Layer {
    std::size_t inputs, units;
    std::string activation;  // as the config spells it
    bool learns_alpha;

    bool operator==(const Layer&) const = default;
  };
  std::vector<Layer> layers;
  std::vector<std::string> columns, targets, classes;  // as in Data

  Picture picture = Picture::none;
  std::uint64_t side = 0;
  std::array<float, 2> low{}, high{};  // of the inputs, in the data's units
  std::vector<float> points;           // training rows to draw: x₁, x₂, class; or x, y₁, y₂, …

  struct Set {
    std::string name;      // "test", "validation" or "training"
    std::size_t rows = 0;  // of which a frame counts up to 1024

    bool operator==(const Set&) const = default;
  };
  std::vector<Set> sets;      // with a confusion matrix; none for regression
  std::vector<float> images;  // rows of the first set × inputs, in the data's units; none without RunNotes::image
  std::vector<float> labels;  // the class of each

  std::uint64_t stride = 1;   // the epochs kept are its multiples, and the last
  std::vector<Frame> frames;  // by epoch

  // The number of classes of the outputs; a single output has two classes.
  std::size_t picture_classes() const { return layers.back().units > 2 ? layers.back().units : 2; }

  bool operator==(const Frames&) const = default;
};

}  // namespace primer
