// The frames of a run: a frame is the data that the report shows for one epoch. The report's slider selects a frame.
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

// The data of the report for one epoch. z and ∂L/∂W are from one pass in evaluation mode over some training rows.
struct Frame {
  struct Layer {
    Histogram z, W, dL_dW;
    float alpha = 0;  // the learned constant α of σ; 0 if σ has no learned α
    // For each unit: 1 if flow.csv counts the unit as dead in this epoch, else 0; empty without recorded gradient flow.
    std::vector<std::uint8_t> dead;

    bool operator==(const Layer&) const = default;
  };
  std::uint64_t epoch = 0;
  std::vector<Layer> layers;
  std::vector<float> picture;                 // the numbers of the picture, in the order that Picture describes
  std::vector<std::vector<float>> confusion;  // for each of Frames::sets: a confusion matrix, actual × predicted class
  std::vector<float> predictions;             // k + p/2 for each of `images`: the predicted class k with probability p
  std::vector<float> weights;                 // units × inputs: W of the first units of layer 1; empty without images

  bool operator==(const Frame&) const = default;
};

// What the picture of a frame shows:
// field      for classes and two inputs: side × side cells. The first input ascends along a row, the second input from
//            row to row. A cell is the number k + p/2: class k is predicted with probability p
// curve      for regression with one input: outputs at `side` ascending inputs (side × outputs); NaN after a divergence
// none       no picture: for all other tasks, and for more than 30 classes
enum class Picture { none, field, curve };
inline constexpr std::array<std::string_view, 3> picture_names{"none", "field", "curve"};

// The facts about a run that its report prints.
struct RunNotes {
  std::string command;                 // the command that repeats this run; its only options are --set and --init
  std::string version;                 // the version of primer
  std::string data;                    // a hash of all rows of the data
  std::vector<std::string> changes;    // "train.epochs = 20": the keys of the config that the command overrode
  std::vector<std::string> warnings;   // the warnings of the config check
  std::array<std::size_t, 2> image{};  // height and width if the inputs of a row are an image; else 0, 0

  bool operator==(const RunNotes&) const = default;
};

struct Frames : RunNotes {
  static constexpr std::size_t most = 100;  // the largest number of frames of a run

  struct Layer {
    std::size_t inputs, units;
    std::string activation;  // the name as in the config, such as "leaky_relu(0.01)"
    bool learns_alpha;

    bool operator==(const Layer&) const = default;
  };
  std::vector<Layer> layers;
  std::vector<std::string> columns, targets, classes;  // the names of inputs, targets and classes, as in Data

  Picture picture = Picture::none;
  std::uint64_t side = 0;
  std::array<float, 2> low{}, high{};  // the range of each input in the picture, in the units of the data
  std::vector<float> points;           // training rows in the picture, each as x₁, x₂, class or x, y₁, y₂, …

  struct Set {
    std::string name;      // "test", "validation" or "training"
    std::size_t rows = 0;  // the number of rows; a confusion matrix counts at most 1024 of them

    bool operator==(const Set&) const = default;
  };
  std::vector<Set> sets;      // the sets with a confusion matrix; none for regression
  std::vector<float> images;  // the inputs of some rows of sets[0], not standardized; empty if RunNotes::image is 0, 0
  std::vector<float> labels;  // the actual class of each row of `images`

  std::uint64_t stride = 1;   // the epochs 0, stride, 2 stride, … and the last epoch have a frame
  std::vector<Frame> frames;  // the recorded frames, in ascending order of the epoch

  // The number of classes: one for each output, but two for a single output.
  std::size_t picture_classes() const { return layers.back().units > 2 ? layers.back().units : 2; }

  bool operator==(const Frames&) const = default;
};

}  // namespace primer
