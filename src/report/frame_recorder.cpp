// Records frames. A frame is the report's data of one epoch. Removes every second frame when a run has too many frames.
#include "primer/report/frame_recorder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "primer/formats/error.hpp"
#include "primer/training/metrics.hpp"

namespace primer {
namespace {

constexpr std::size_t sampled_rows = 128;
constexpr std::size_t counted_rows = 1024;
// Limits for the stored pixels (of all images) and weights (of layer 1). At least one image and one unit are stored.
constexpr std::size_t most_pixels = std::size_t{1} << 17;
constexpr std::size_t most_weights = 8192;
constexpr std::size_t drawn_points = 600;
constexpr std::size_t rows_at_a_time = 256;
constexpr std::size_t most_classes = 30;  // with more classes, no decision regions and no confusion matrix are drawn
constexpr std::size_t fine_side = 48, coarse_side = 32;  // cells along each side of the decision regions
constexpr std::size_t small_network = 2000;  // with more weights, the decision regions have coarse_side² cells
constexpr std::size_t curve_side = 160;
constexpr float margin = 0.08F;  // distance from the data to the picture's edge, as a fraction of the input's range

// Rounds v to a float. If v is too large or ±∞, the result is ± the largest finite float. NaN stays NaN.
float to_float(real v) {
  constexpr real largest = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(v, -largest, largest));
}

// Returns min(rows, most) indices, evenly spaced among the indices 0 … rows − 1.
std::vector<std::size_t> some_rows(std::size_t rows, std::size_t most) {
  std::vector<std::size_t> chosen(std::min(rows, most));
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = i * rows / chosen.size();
  return chosen;
}

real unstandardized(const std::optional<Standardizer>& by, real v, std::size_t column) {
  return by ? v * by->deviation(0, column) + by->mean(0, column) : v;
}

real standardized(const Data& data, real x, std::size_t column) {
  if (!data.standardizer) return x;
  return (x - data.standardizer->mean(0, column)) / data.standardizer->deviation(0, column);
}

// The i-th of n evenly spaced numbers: number 0 is `low`, and number n − 1 is `high`.
real location(float low, float high, std::size_t i, std::size_t n) {
  return static_cast<real>(low) +
         (static_cast<real>(high) - static_cast<real>(low)) * (static_cast<real>(i) / static_cast<real>(n - 1));
}

// Whether the outputs of the network predict one of at most 30 classes.
bool tells_classes(const Data& data, Task task) {
  const std::size_t outputs = data.train.y.cols();
  return outputs <= most_classes && (task == Task::multiclass || (task == Task::binary && outputs == 1));
}

Picture picture_for(const Data& data, Task task) {
  const std::size_t inputs = data.train.x.cols();
  if (task == Task::regression) return inputs == 1 ? Picture::curve : Picture::none;
  return inputs == 2 && tells_classes(data, task) ? Picture::field : Picture::none;
}

// Returns the predicted class k and its probability p as one number: k + p/2.
float prediction(std::span<const real> a) {
  const std::size_t k = class_of(a);
  const real p = a.size() > 1 ? a[k] : k == 1 ? a[0] : 1 - a[0];
  return static_cast<float>(k) + (p >= 0 ? static_cast<float>(std::min(p, real(1))) / 2 : 0);
}

std::vector<Dataset> divided(const Dataset& all) {
  std::vector<Dataset> parts;
  for (std::size_t first = 0; first < all.size(); first += rows_at_a_time) {
    select_rows(all, {}, first, std::min(first + rows_at_a_time, all.size()), parts.emplace_back());
  }
  return parts;
}

// Returns min(rows.size(), most) of the rows, evenly spaced.
Dataset sample_of(const Dataset& rows, std::size_t most) {
  Dataset sample;
  const std::vector<std::size_t> chosen = some_rows(rows.size(), most);
  select_rows(rows, chosen, 0, chosen.size(), sample);
  return sample;
}

}  // namespace

Histogram histogram_of(std::span<const real> values) {
  Histogram h;
  real low = std::numeric_limits<real>::infinity();
  real high = -low;
  for (const real v : values) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (low > high) return h;
  if (low == high) {
    low -= real(0.5);
    high += real(0.5);
  }
  const real half = high / 2 - low / 2;  // high − low itself may overflow
  const real bins_a_half = Histogram::bins / half;
  const real scale = std::isfinite(bins_a_half) ? bins_a_half : 0;
  for (const real v : values) {
    if (!std::isfinite(v)) continue;
    const real bin = std::min((v / 2 - low / 2) * scale, static_cast<real>(Histogram::bins - 1));
    ++h.counts[static_cast<std::size_t>(bin)];
  }
  h.low = to_float(low);
  h.high = to_float(high);
  return h;
}

FrameRecorder::FrameRecorder(Network& network, const Data& data, const TrainOptions& options, RunNotes notes)
    : network_(network), data_(data), loss_(make_loss(options)), sample_(sample_of(data.train, sampled_rows)) {
  static_cast<RunNotes&>(frames_) = std::move(notes);
  for (Dense& layer : network.layers) {
    frames_.layers.push_back(
        {layer.Wt.rows(), layer.Wt.cols(), layer.activation->name(), layer.activation->parameter().has_value()});
  }
  while (options.early_stopping == 0 && options.epochs / frames_.stride + 1 >= Frames::most) frames_.stride *= 2;
  frames_.columns = data.columns;
  frames_.targets = data.targets;
  frames_.classes = data.classes;
  frames_.picture = picture_for(data, task_of(options.loss));
  choose_points();
  choose_probes();
  if (tells_classes(data, task_of(options.loss))) choose_sets();
  if (!frames_.sets.empty() && frames_.image[0] > 0) choose_images();
}

// Chooses which training rows the plot shows, and the ranges of its axes: a little wider than the data.
void FrameRecorder::choose_points() {
  if (frames_.picture != Picture::field && frames_.picture != Picture::curve) return;
  const Dataset& rows = data_.train;
  const std::size_t inputs = rows.x.cols();
  for (std::size_t j = 0; j < inputs; ++j) {
    real low = unstandardized(data_.standardizer, rows.x(0, j), j);
    real high = low;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      low = std::min(low, unstandardized(data_.standardizer, rows.x(i, j), j));
      high = std::max(high, unstandardized(data_.standardizer, rows.x(i, j), j));
    }
    const float range = high > low ? to_float(high) - to_float(low) : 1;
    frames_.low[j] = to_float(real{to_float(low) - margin * range});
    frames_.high[j] = to_float(real{to_float(high) + margin * range});
  }
  for (const std::size_t i : some_rows(rows.size(), drawn_points)) {
    for (std::size_t j = 0; j < inputs; ++j) {
      frames_.points.push_back(to_float(unstandardized(data_.standardizer, rows.x(i, j), j)));
    }
    if (frames_.picture == Picture::field) {
      frames_.points.push_back(static_cast<float>(class_of(rows.y.row(i))));
    } else {
      for (std::size_t k = 0; k < rows.y.cols(); ++k) {
        frames_.points.push_back(to_float(unstandardized(data_.target_standardizer, rows.y(i, k), k)));
      }
    }
  }
}

// Chooses the inputs (a grid) for the picture in the report. The picture shows the network's outputs at these inputs.
void FrameRecorder::choose_probes() {
  if (frames_.picture == Picture::none) return;
  const bool field = frames_.picture == Picture::field;
  std::size_t weights = 0;
  for (const Dense& layer : network_.layers) weights += layer.Wt.size();
  const std::size_t side = !field ? curve_side : weights <= small_network ? fine_side : coarse_side;
  frames_.side = side;
  Dataset all{Tensor(field ? side * side : side, field ? 2 : 1), Tensor(field ? side * side : side, 1)};
  for (std::size_t i = 0; i < all.x.rows(); ++i) {
    for (std::size_t j = 0; j < all.x.cols(); ++j) {
      const real x = location(frames_.low[j], frames_.high[j], j == 0 ? i % side : i / side, side);
      all.x(i, j) = standardized(data_, x, j);
    }
  }
  probes_ = divided(all);
}

void FrameRecorder::choose_sets() {
  for (const auto& [name, rows] :
       {std::pair{"test", &data_.test}, {"validation", &data_.validation}, {"training", &data_.train}}) {
    if (rows->size() == 0) continue;
    frames_.sets.push_back({name, rows->size()});
    sets_.push_back(divided(sample_of(*rows, counted_rows)));
  }
}

// Chooses the rows that the report shows as images: test rows, or else validation rows, or else training rows.
void FrameRecorder::choose_images() {
  const std::size_t inputs = data_.train.x.cols();
  const std::size_t most = std::clamp<std::size_t>(most_pixels / inputs, 1, counted_rows);
  const Dataset& rows = data_.test.size() > 0         ? data_.test
                        : data_.validation.size() > 0 ? data_.validation
                                                      : data_.train;
  const Dataset some = sample_of(rows, most);
  for (std::size_t i = 0; i < some.size(); ++i) {
    for (std::size_t j = 0; j < inputs; ++j) {
      frames_.images.push_back(to_float(unstandardized(data_.standardizer, some.x(i, j), j)));
    }
    frames_.labels.push_back(static_cast<float>(class_of(some.y.row(i))));
  }
  images_ = divided(some);
}

void FrameRecorder::epoch_done(std::uint64_t epoch, bool last, const Flow* flow) {
  if (!last && frames_.frames.size() + 1 >= Frames::most) thin();
  if (!last && epoch % frames_.stride != 0) return;
  if (!frames_.frames.empty() && frames_.frames.back().epoch == epoch) return;
  frames_.frames.push_back(record(epoch, flow));
}

void FrameRecorder::thin() {
  frames_.stride *= 2;
  std::erase_if(frames_.frames, [this](const Frame& frame) { return frame.epoch % frames_.stride != 0; });
}

void FrameRecorder::resume(const Frames& earlier, std::uint64_t epoch) {
  if (earlier.layers != frames_.layers || earlier.picture != frames_.picture || earlier.side != frames_.side ||
      earlier.sets != frames_.sets || earlier.images.size() != frames_.images.size()) {
    throw UserError("the frames of the earlier run belong to another network; train without --resume");
  }
  frames_.stride = std::max(frames_.stride, earlier.stride);
  frames_.frames = earlier.frames;
  std::erase_if(frames_.frames,
                [&](const Frame& frame) { return frame.epoch > epoch || frame.epoch % frames_.stride != 0; });
  if (frames_.frames.size() >= Frames::most) thin();
}

template <typename Use>
void FrameRecorder::predict(const Rows& rows, Use use) {
  for (const Dataset& part : rows) {
    const Tensor& a = network_.forward(part.x);
    for (std::size_t i = 0; i < a.rows(); ++i) use(a.row(i), part.y.row(i));
  }
}

Frame FrameRecorder::record(std::uint64_t epoch, const Flow* flow) {
  Frame frame;
  frame.epoch = epoch;
  predict(probes_, [&](std::span<const real> a, std::span<const real>) {
    if (frames_.picture == Picture::field) return frame.picture.push_back(prediction(a));
    for (std::size_t k = 0; k < a.size(); ++k) {
      frame.picture.push_back(to_float(unstandardized(data_.target_standardizer, a[k], k)));
    }
  });
  const std::size_t K = frames_.picture_classes();
  for (const Rows& rows : sets_) {
    std::vector<float>& counts = frame.confusion.emplace_back(K * K);
    predict(rows, [&](auto a, auto y) { counts[class_of(y) * K + class_of(a)] += 1; });
  }
  predict(images_, [&](auto a, auto) { frame.predictions.push_back(prediction(a)); });
  if (!images_.empty()) {
    const Tensor& Wt = network_.layers.front().Wt;
    const std::size_t units = std::clamp<std::size_t>(most_weights / Wt.rows(), 1, Wt.cols());
    for (std::size_t j = 0; j < units; ++j) {
      for (std::size_t i = 0; i < Wt.rows(); ++i) frame.weights.push_back(to_float(Wt(i, j)));
    }
  }
  network_.forward(sample_.x);
  network_.backward(*loss_, sample_.y);
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    Dense& layer = network_.layers[l];
    Frame::Layer& into = frame.layers.emplace_back();
    into.z = histogram_of(layer.z.values());
    into.W = histogram_of(layer.Wt.values());
    into.dL_dW = histogram_of(layer.dL_dWt.values());
    const auto alpha = layer.activation->parameter();
    if (alpha) into.alpha = to_float((*alpha->value)(0, 0));
    if (flow != nullptr) into.dead = flow->state.layers[l].dead;
  }
  return frame;
}

}  // namespace primer
