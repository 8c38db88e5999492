// Frames to tensors and back; every number fits a float, so what is written reads back as the same.
#include "primer/report/frames_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {
namespace {

constexpr std::array<std::string_view, 4> picture_names{"none", "field", "curve", "confusion"};

std::string tensor_name(std::size_t l, std::string_view what) {
  return "layers." + std::to_string(l + 1) + "." + std::string(what);
}

// The three histograms of a layer and what their tensors are called.
struct HistogramName {
  std::string_view name;
  Histogram Frame::Layer::*member;
};
constexpr std::array<HistogramName, 3> histograms{
    {{"z", &Frame::Layer::z}, {"weight", &Frame::Layer::W}, {"gradient", &Frame::Layer::dL_dW}}};

// Numbers in a frame's picture, and of a point.
std::size_t cells_of(const Frames& frames) {
  const std::size_t outputs = frames.layers.back().units;
  switch (frames.picture) {
    case Picture::field:
      return frames.side * frames.side;
    case Picture::curve:
      return frames.side * outputs;
    case Picture::confusion:
      return std::max<std::size_t>(outputs, 2) * std::max<std::size_t>(outputs, 2);
    case Picture::none:
      break;
  }
  return 0;
}
std::size_t columns_of_points(const Frames& frames) {
  return frames.picture == Picture::field ? 3 : 1 + frames.layers.back().units;
}

void add_layer(const Frames& from, std::size_t l, Safetensors& to) {
  const std::size_t F = from.frames.size();
  for (const auto& [name, member] : histograms) {
    NamedTensor counts{tensor_name(l, name), {F, Histogram::bins}, {}};
    NamedTensor range{counts.name + "_range", {F, 2}, {}};
    for (const Frame& frame : from.frames) {
      const Histogram& h = frame.layers[l].*member;
      counts.values.insert(counts.values.end(), h.counts.begin(), h.counts.end());
      range.values.insert(range.values.end(), {h.low, h.high});
    }
    to.tensors.push_back(std::move(counts));
    to.tensors.push_back(std::move(range));
  }
  if (from.layers[l].learns_alpha) {
    NamedTensor alpha{tensor_name(l, "alpha"), {F}, {}};
    for (const Frame& frame : from.frames) alpha.values.push_back(frame.layers[l].alpha);
    to.tensors.push_back(std::move(alpha));
  }
  if (from.frames.empty() || from.frames.front().layers[l].dead.empty()) return;
  NamedTensor dead{tensor_name(l, "dead"), {F, from.layers[l].units}, {}};
  for (const Frame& frame : from.frames) {
    dead.values.insert(dead.values.end(), frame.layers[l].dead.begin(), frame.layers[l].dead.end());
  }
  to.tensors.push_back(std::move(dead));
}

// Reading: every access says what it lacks.
class FramesFile {
 public:
  explicit FramesFile(const std::string& path) : path_(path), contents_(read_safetensors(path, NonFinite::allowed)) {}

  const std::string& text(std::string_view key) const {
    const std::string* value = contents_.metadatum(key);
    if (value == nullptr) refuse("lacks the metadatum " + std::string(key));
    return *value;
  }
  std::uint64_t whole(std::string_view key) const { return to_whole(text(key)); }
  std::vector<std::string> strings(std::string_view key) const {
    return json::parse_string_array(text(key), Location{path_, 0, 0});
  }
  std::vector<std::uint64_t> wholes(std::string_view key) const {
    std::vector<std::uint64_t> values;
    for (const std::string& s : strings(key)) values.push_back(to_whole(s));
    return values;
  }
  bool has(const std::string& name) const { return contents_.tensor(name) != nullptr; }
  // The tensor of this name, which must have as many columns as this and, unless it is 0, as many rows.
  const NamedTensor& tensor(const std::string& name, std::size_t rows, std::size_t columns) const {
    const NamedTensor* t = contents_.tensor(name);
    if (t == nullptr) refuse("lacks the tensor " + name);
    const std::size_t found = t->shape.empty() ? 0 : t->shape[0];
    if ((rows != 0 && found != rows) || t->values.size() != found * columns) {
      refuse("holds a tensor " + name + " of another shape");
    }
    return *t;
  }
  // A curve alone may have gaps.
  void check_finite(Picture picture) const {
    for (const NamedTensor& t : contents_.tensors) {
      if (t.name == "picture" && picture == Picture::curve) continue;
      if (!std::ranges::all_of(t.values, [](double v) { return std::isfinite(v); })) {
        refuse("holds a number in " + t.name + " that is not finite");
      }
    }
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw UserError(Location{path_, 0, 0}, "no frames of a run: it " + what);
  }

 private:
  std::uint64_t to_whole(const std::string& s) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (error != std::errc() || end != s.data() + s.size()) refuse("holds " + quoted(s) + " for a whole number");
    return value;
  }

  std::string path_;
  Safetensors contents_;
};

// Row `f` of a tensor with `columns` columns as numbers of type T, which must hold them.
template <typename T>
std::vector<T> row(const NamedTensor& t, std::size_t f, std::size_t columns) {
  std::vector<T> values(columns);
  for (std::size_t i = 0; i < columns; ++i) values[i] = static_cast<T>(t.values[f * columns + i]);
  return values;
}

void check_counts(const FramesFile& file, const NamedTensor& t) {
  constexpr double largest = std::numeric_limits<std::uint32_t>::max();
  if (!std::all_of(t.values.begin(), t.values.end(), [](double v) { return v >= 0 && v <= largest; })) {
    file.refuse("counts something less than zero times in " + t.name);
  }
}

void read_layer(const FramesFile& file, std::size_t l, Frames& into) {
  const std::size_t F = into.frames.size();
  const std::size_t units = into.layers[l].units;
  for (const auto& [name, member] : histograms) {
    const NamedTensor& counts = file.tensor(tensor_name(l, name), F, Histogram::bins);
    const NamedTensor& range = file.tensor(counts.name + "_range", F, 2);
    check_counts(file, counts);
    for (std::size_t f = 0; f < F; ++f) {
      Histogram& h = into.frames[f].layers[l].*member;
      h.low = static_cast<float>(range.values[2 * f]);
      h.high = static_cast<float>(range.values[2 * f + 1]);
      std::ranges::copy(row<std::uint32_t>(counts, f, Histogram::bins), h.counts.begin());
    }
  }
  if (into.layers[l].learns_alpha) {
    const NamedTensor& alpha = file.tensor(tensor_name(l, "alpha"), F, 1);
    for (std::size_t f = 0; f < F; ++f) into.frames[f].layers[l].alpha = static_cast<float>(alpha.values[f]);
  }
  if (!file.has(tensor_name(l, "dead"))) return;
  const NamedTensor& dead = file.tensor(tensor_name(l, "dead"), F, units);
  for (std::size_t f = 0; f < F; ++f) {
    std::vector<std::uint8_t>& flags = into.frames[f].layers[l].dead;
    for (std::size_t j = 0; j < units; ++j) flags.push_back(dead.values[f * units + j] != 0 ? 1 : 0);
  }
}

}  // namespace

void write_frames(const std::string& path, const Frames& frames) {
  Safetensors file;
  std::vector<std::string> epochs;
  std::vector<std::string> activations;
  std::vector<std::string> sizes;
  for (const Frame& frame : frames.frames) epochs.push_back(std::to_string(frame.epoch));
  for (const Frames::Layer& layer : frames.layers) {
    activations.push_back(layer.activation);
    sizes.push_back(std::to_string(layer.inputs));
  }
  sizes.push_back(std::to_string(frames.layers.back().units));
  file.metadata = {{"primer", "1"},
                   {"sizes", json::string_array(sizes)},
                   {"activations", json::string_array(activations)},
                   {"columns", json::string_array(frames.columns)},
                   {"targets", json::string_array(frames.targets)},
                   {"classes", json::string_array(frames.classes)},
                   {"warnings", json::string_array(frames.warnings)},
                   {"picture", std::string(picture_names[static_cast<std::size_t>(frames.picture)])},
                   {"side", std::to_string(frames.side)},
                   {"rows", frames.rows},
                   {"stride", std::to_string(frames.stride)},
                   {"epochs", json::string_array(epochs)}};
  for (std::size_t l = 0; l < frames.layers.size(); ++l) add_layer(frames, l, file);

  if (frames.picture != Picture::none) {
    NamedTensor picture{"picture", {frames.frames.size(), cells_of(frames)}, {}};
    for (const Frame& frame : frames.frames) {
      picture.values.insert(picture.values.end(), frame.picture.begin(), frame.picture.end());
    }
    file.tensors.push_back(std::move(picture));
  }
  if (!frames.points.empty()) {
    const std::size_t columns = columns_of_points(frames);
    file.tensors.push_back(
        {"points", {frames.points.size() / columns, columns}, {frames.points.begin(), frames.points.end()}});
  }
  file.tensors.push_back({"extent", {2, 2}, {frames.low[0], frames.low[1], frames.high[0], frames.high[1]}});
  write_safetensors(path, file, Dtype::F32);
}

Frames read_frames(const std::string& path) {
  const FramesFile file(path);
  Frames frames;
  frames.columns = file.strings("columns");
  frames.targets = file.strings("targets");
  frames.classes = file.strings("classes");
  frames.warnings = file.strings("warnings");
  frames.side = file.whole("side");
  if (frames.side > 1024) file.refuse("is wider than any picture");
  frames.rows = file.text("rows");
  frames.stride = file.whole("stride");
  const auto kind = std::find(picture_names.begin(), picture_names.end(), file.text("picture"));
  if (kind == picture_names.end()) file.refuse("shows " + quoted(file.text("picture")));
  frames.picture = static_cast<Picture>(kind - picture_names.begin());
  file.check_finite(frames.picture);

  const std::vector<std::string> activations = file.strings("activations");
  const std::vector<std::uint64_t> sizes = file.wholes("sizes");
  if (activations.empty() || sizes.size() != activations.size() + 1) file.refuse("names no layers");
  for (std::size_t l = 0; l < activations.size(); ++l) {
    frames.layers.push_back({sizes[l], sizes[l + 1], activations[l], file.has(tensor_name(l, "alpha"))});
  }

  const std::vector<std::uint64_t> epochs = file.wholes("epochs");
  const std::size_t F = epochs.size();
  if (F == 0) file.refuse("holds no epochs");
  const std::size_t cells = cells_of(frames);
  for (std::size_t f = 0; f < F; ++f) {
    Frame& frame = frames.frames.emplace_back();
    frame.epoch = epochs[f];
    frame.layers.resize(activations.size());
    if (cells > 0) frame.picture = row<float>(file.tensor("picture", F, cells), f, cells);
  }
  for (std::size_t l = 0; l < activations.size(); ++l) read_layer(file, l, frames);

  if (file.has("points")) {
    const NamedTensor& points = file.tensor("points", 0, columns_of_points(frames));
    for (const double v : points.values) frames.points.push_back(static_cast<float>(v));
  }
  const NamedTensor& extent = file.tensor("extent", 2, 2);
  for (std::size_t j = 0; j < 2; ++j) {
    frames.low[j] = static_cast<float>(extent.values[j]);
    frames.high[j] = static_cast<float>(extent.values[2 + j]);
  }
  return frames;
}

}  // namespace primer
