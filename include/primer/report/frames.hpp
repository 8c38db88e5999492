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
    // For each unit: 1 if the unit is dead in this epoch, else 0. If gradient flow is not recorded, the list is empty.
    std::vector<std::uint8_t> dead;

    bool operator==(const Layer&) const = default;
  };
  std::uint64_t epoch = 0;
  std::vector<Layer> layers;
  std::vector<float> picture;                 // the network's outputs in the report's picture; see type `Picture`
  std::vector<std::vector<float>> confusion;  // confusion matrix per data set: row = actual, column = predicted class
  std::vector<float> predictions;             // k + p/2 for each image: k is the predicted class, p is its probability
  std::vector<float> weights;                 // for image data: weights of the first units of layer 1 (units × inputs)

  bool operator==(const Frame&) const = default;
};

// The report draws a picture of the network's outputs. For the picture, each input takes `side` ascending values:
// field      for classes and two inputs: a grid of numbers k + p/2. k is the predicted class, and p is its probability.
//            Within a row of the grid, the first input ascends. From row to row, the second input ascends
// curve      for regression with one input: the outputs at the lowest input, …, at the highest input; NaN is possible
// none       no picture: for all other tasks, and for more than 30 classes
enum class Picture { none, field, curve };
inline constexpr std::array<std::string_view, 3> picture_names{"none", "field", "curve"};

// The facts about a run that its report prints.
struct RunNotes {
  std::string command;                 // the command that repeats this run; its only options are --set and --init
  std::string version;                 // the version of primer
  std::string data;                    // a hash of all rows of the data
  std::vector<std::string> changes;    // the settings that --set changed, with the new values: "train.epochs = 20"
  std::vector<std::string> warnings;   // the warnings of the config check
  std::array<std::size_t, 2> image{};  // height and width if the inputs of a row are an image; else 0, 0

  bool operator==(const RunNotes&) const = default;
};

struct Frames : RunNotes {
  static constexpr std::size_t most = 100;  // upper limit for the number of frames (recorded epochs) of one run

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
  std::array<float, 2> low{}, high{};  // the axis of input j goes from low[j] to high[j], in the units of the data
  std::vector<float> points;  // training rows in the picture: x₁, x₂, class (field) or x, y₁, y₂, … (curve)

  struct Set {
    std::string name;      // the name of the data set: "test", "validation" or "training"
    std::size_t rows = 0;  // the number of rows in the data set; its confusion matrix counts at most 1024 of them

    bool operator==(const Set&) const = default;
  };
  std::vector<Set> sets;      // sets with a confusion matrix; only if the network predicts one of at most 30 classes
  std::vector<float> images;  // raw pixels of some test (or else validation or training) rows, if the rows are images
  std::vector<float> labels;  // the actual class of each image in `images`

  std::uint64_t stride = 1;   // frames exist for the epochs 0, stride, 2 × stride, … and for the last epoch
  std::vector<Frame> frames;  // one frame for each recorded epoch, in ascending order of the epochs

  // The number of classes: one for each output, but two for a single output.
  std::size_t picture_classes() const { return layers.back().units > 2 ? layers.back().units : 2; }

  bool operator==(const Frames&) const = default;
};

}  // namespace primer
