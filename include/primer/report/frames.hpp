// The frames of a run. A frame is the data of one epoch; the report's slider moves through the frames.
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

// The data of one epoch. z and ∂L/∂W come from one pass in evaluation mode over a sample of the training rows.
struct Frame {
  struct Layer {
    Histogram z, W, dL_dW;
    float alpha = 0;  // the learned constant α of σ, if there is one
    std::vector<std::uint8_t>
        dead;  // for each unit: 1 if it is dead in this epoch's row of flow.csv; empty if the flow is off

    bool operator==(const Layer&) const = default;
  };
  std::uint64_t epoch = 0;
  std::vector<Layer> layers;
  std::vector<float> picture;                 // the numbers that the enumeration Picture describes
  std::vector<std::vector<float>> confusion;  // for each of Frames::sets: the counts, actual × predicted class
  std::vector<float> predictions;             // for each row of Frames::images: k + p/2, as in a cell of Picture::field
  std::vector<float> weights;                 // units × inputs: W of the first units of layer 1; empty without images

  bool operator==(const Frame&) const = default;
};

// field      for classes and two inputs: side × side cells from low to high, a row of cells for each value of the
//            second input. A cell is k + p/2, where k is the predicted class and p its probability
// curve      for regression with one input: side × outputs, the outputs at `side` locations from low to high; NaN
//            where the output of a diverging network is NaN
// none       for all other tasks, and for more classes than fit on a page
enum class Picture { none, field, curve };
inline constexpr std::array<std::string_view, 3> picture_names{"none", "field", "curve"};

// Notes about a run, which its report prints.
struct RunNotes {
  std::string command;                 // the command that repeats the run, without the option for its folder
  std::string version;                 // of primer
  std::string data;                    // a hash of all rows of the data
  std::vector<std::string> changes;    // "train.epochs = 20": the keys of the config that the command overrode
  std::vector<std::string> warnings;   // the warnings of the config check
  std::array<std::size_t, 2> image{};  // height and width if the inputs of a row are an image; else 0, 0

  bool operator==(const RunNotes&) const = default;
};

struct Frames : RunNotes {
  static constexpr std::size_t most = 100;  // the largest number of frames that a run keeps

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
  std::array<float, 2> low{}, high{};  // the drawn range of each input, in the units of the data
  std::vector<float> points;           // training rows to draw, each as x₁, x₂, class or as x, y₁, y₂, …

  struct Set {
    std::string name;      // "test", "validation" or "training"
    std::size_t rows = 0;  // all rows of the set; a confusion matrix counts at most 1024 of them

    bool operator==(const Set&) const = default;
  };
  std::vector<Set> sets;      // the sets with a confusion matrix; none for regression
  std::vector<float> images;  // inputs of rows of the first set, in the data's units; empty without RunNotes::image
  std::vector<float> labels;  // the class of each row of `images`

  std::uint64_t stride = 1;   // the multiples of `stride`, and the last epoch, have a frame
  std::vector<Frame> frames;  // by epoch

  // The number of classes that the outputs tell apart; a single output tells two classes apart.
  std::size_t picture_classes() const { return layers.back().units > 2 ? layers.back().units : 2; }

  bool operator==(const Frames&) const = default;
};

}  // namespace primer
