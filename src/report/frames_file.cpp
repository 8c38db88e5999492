// for_each_tensor() lists the tensors of frames.safetensors. The writer and the reader call this function. The file
// stores 32-bit floats. A float represents each of the values exactly, so the reader gets the values that were written.
#include "primer/report/frames_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <variant>

#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {
namespace {

using Shape = std::vector<std::size_t>;
using Strings = std::vector<std::string>;
using Place = std::variant<float*, std::uint32_t*, std::uint8_t*>;  // points to one number in a Frames object

constexpr std::uint64_t largest_size = 1U << 31;  // largest number of inputs or units, so that inputs × units < 2⁶⁴
constexpr std::uint64_t largest_side = 1024;      // upper limit for the cells or pixels along one side of a picture
constexpr std::uint64_t largest_stride = std::uint64_t{1} << 53;  // limit for `stride` and for the rows of a data set

// A histogram's name in the file (`weight` in `layers.1.weight`), and the member of Frame::Layer with this histogram.
struct HistogramName {
  std::string_view name;
  Histogram Frame::Layer::*member;
};
constexpr std::array<HistogramName, 3> histograms{
    {{"z", &Frame::Layer::z}, {"weight", &Frame::Layer::W}, {"gradient", &Frame::Layer::dL_dW}}};

// A key of the metadata, and the member of RunNotes for the value of this key. Old files do not have these keys.
struct NoteName {
  const char* name;
  std::string Frames::*member;
};
constexpr std::array<NoteName, 3> note_names{
    {{"command", &Frames::command}, {"version", &Frames::version}, {"data", &Frames::data}}};

std::string tensor_name(std::size_t l, std::string_view what) { return concat("layers.", l + 1, ".", what); }

// cells_of(): the number of values in Frame::picture. point_columns(): the number of values per row in Frames::points.
std::size_t cells_of(const Frames& frames) {
  if (frames.picture == Picture::none) return 0;
  return frames.side * (frames.picture == Picture::field ? frames.side : frames.layers.back().units);
}
std::size_t point_columns(const Frames& frames) {
  return frames.picture == Picture::field ? 3 : 1 + frames.layers.back().units;
}

// Calls use(name, shape, places) for each tensor that is not empty, in file order. `places` has the address of each
// value, row by row. The vectors in `frames` must already have their final size: `places` points into these vectors.
template <typename Use>
void for_each_tensor(Frames& frames, Use use) {
  const std::size_t count = frames.frames.size();
  std::vector<Place> places;
  const auto add = [&](auto&... numbers) { (places.emplace_back(&numbers), ...); };
  const auto add_all = [&](auto& numbers) {
    for (auto& x : numbers) add(x);
  };
  const auto finish = [&](const std::string& name, const Shape& shape) {
    if (!places.empty()) use(name, shape, places);
    places.clear();
  };
  for (std::size_t l = 0; l < frames.layers.size(); ++l) {
    for (const HistogramName& h : histograms) {
      for (Frame& frame : frames.frames) add_all((frame.layers[l].*h.member).counts);
      finish(tensor_name(l, h.name), {count, Histogram::bins});
      for (Frame& frame : frames.frames) add((frame.layers[l].*h.member).low, (frame.layers[l].*h.member).high);
      finish(tensor_name(l, h.name) + "_range", {count, 2});
    }
    if (frames.layers[l].learns_alpha) {
      for (Frame& frame : frames.frames) add(frame.layers[l].alpha);
      finish(tensor_name(l, "alpha"), {count});
    }
    for (Frame& frame : frames.frames) add_all(frame.layers[l].dead);
    finish(tensor_name(l, "dead"), {count, frames.layers[l].units});
  }
  for (Frame& frame : frames.frames) add_all(frame.picture);
  finish("picture", {count, cells_of(frames)});
  add_all(frames.points);
  finish("points", {frames.points.size() / point_columns(frames), point_columns(frames)});
  add_all(frames.low);
  add_all(frames.high);
  finish("extent", {2, 2});
  const std::size_t K = frames.picture_classes();
  for (std::size_t s = 0; s < frames.sets.size(); ++s) {
    for (Frame& frame : frames.frames) add_all(frame.confusion[s]);
    finish("confusion." + frames.sets[s].name, {count, K, K});
  }
  const std::size_t images = frames.labels.size();
  const std::size_t inputs = frames.layers.front().inputs;
  add_all(frames.images);
  finish("images", {images, inputs});
  add_all(frames.labels);
  finish("labels", {images});
  for (Frame& frame : frames.frames) add_all(frame.predictions);
  finish("predictions", {count, images});
  for (Frame& frame : frames.frames) add_all(frame.weights);
  if (count > 0) finish("weights", {count, frames.frames.front().weights.size() / inputs, inputs});
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), contents_(read_safetensors(path, NonFinite::allowed)) {}

  Frames read() const {
    Frames frames;
    read_layers(frames);
    frames.columns = texts("columns");
    frames.targets = texts("targets");
    frames.classes = texts("classes");
    frames.warnings = texts("warnings");
    for (const auto& [key, member] : note_names) {
      if (contents_.metadatum(key) != nullptr) frames.*member = text(key);
    }
    if (contents_.metadatum("changes") != nullptr) frames.changes = texts("changes");
    const std::string& shown = text("picture");
    const std::string picture = shown == "confusion" ? "none" : shown;  // "confusion": a kind of picture in old files
    const auto found = std::ranges::find(picture_names, picture);
    if (found == picture_names.end()) refuse("picture must be none, field or curve, not ", in_quotes(picture));
    frames.picture = static_cast<Picture>(found - picture_names.begin());
    frames.side = whole("side", text("side"), largest_side);
    frames.stride = whole("stride", text("stride"), largest_stride);
    read_epochs(frames);
    read_sets(frames);
    make_room(frames);
    for_each_tensor(frames, [this, &frames](const std::string& name, const Shape& shape, std::vector<Place>& places) {
      const NamedTensor& t = tensor(name, shape);
      const bool gaps = name == "picture" && frames.picture == Picture::curve;
      for (std::size_t i = 0; i < places.size(); ++i) {
        std::visit([&](auto* place) { *place = number_in<std::remove_pointer_t<decltype(place)>>(t, i, gaps); },
                   places[i]);
      }
    });
    return frames;
  }

 private:
  template <typename... Parts>
  [[noreturn]] void refuse(const Parts&... what) const {
    throw UserError(Location{path_}, "is not a valid frames file: ", what..., "; repeat the training");
  }
  const std::string& text(const char* key) const {
    const std::string* const found = contents_.metadatum(key);
    if (found == nullptr) refuse("the metadata lack ", key);
    return *found;
  }
  Strings texts(const char* key) const { return json::parse_string_array(text(key), Location{path_}); }
  std::uint64_t whole(const char* key, const std::string& digits, std::uint64_t largest) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value > largest) {
      refuse("the metadata entry ", key, " has ", in_quotes(digits), ", not a whole number up to ", largest);
    }
    return value;
  }
  const NamedTensor& tensor(const std::string& name, const Shape& shape) const {
    const NamedTensor* const t = contents_.tensor(name);
    if (t == nullptr) refuse("the tensor ", name, " is missing");
    if (t->shape != shape) refuse("the tensor ", name, " has the wrong shape");
    return *t;
  }
  std::size_t rows_of(const std::string& name, std::size_t dimension) const {
    const NamedTensor* const t = contents_.tensor(name);
    if (t == nullptr) refuse("the tensor ", name, " is missing");
    return t->shape.size() <= dimension ? 0 : t->shape[dimension];
  }
  template <typename T>
  T number_in(const NamedTensor& t, std::size_t i, bool gaps) const {
    const double v = t.values[i];
    constexpr bool is_float = std::is_same_v<T, float>;
    constexpr double largest = std::is_same_v<T, std::uint8_t> ? 1 : double{std::numeric_limits<T>::max()};
    const bool fits = is_float ? std::abs(v) <= largest : v >= 0 && v <= largest && v == std::floor(v);
    if (!fits && !(gaps && std::isnan(v))) {
      refuse("element ", i + 1, " of the tensor ", t.name, " is ", number(v), ", not ",
             is_float       ? "a finite float"
             : largest == 1 ? "0 or 1"
                            : "a count");
    }
    return static_cast<T>(v);
  }

  void read_layers(Frames& frames) const {
    const Strings sizes = texts("sizes");
    const Strings activations = texts("activations");
    if (activations.empty() || sizes.size() != activations.size() + 1) refuse("a layer lacks its size or activation");
    for (std::size_t l = 0; l < activations.size(); ++l) {
      frames.layers.push_back({whole("sizes", sizes[l], largest_size), whole("sizes", sizes[l + 1], largest_size),
                               activations[l], contents_.tensor(tensor_name(l, "alpha")) != nullptr});
    }
  }
  void read_epochs(Frames& frames) const {
    const Strings epochs = texts("epochs");
    if (epochs.empty() || epochs.size() > Frames::most) {
      refuse("the file has ", epochs.size(), " epochs, but it must have 1 to ", Frames::most);
    }
    for (const std::string& epoch : epochs) {
      frames.frames.emplace_back().epoch = whole("epochs", epoch, std::numeric_limits<std::uint64_t>::max());
    }
    if (std::ranges::adjacent_find(frames.frames, std::greater_equal(), &Frame::epoch) != frames.frames.end()) {
      refuse("the epochs do not ascend");
    }
  }
  void read_sets(Frames& frames) const {
    if (contents_.metadatum("sets") == nullptr) return;  // files of earlier versions of primer have no key "sets"
    const Strings names = texts("sets");
    const Strings rows = texts("set_rows");
    if (names.size() != rows.size() || names.size() > 3) refuse("the size of a set of rows is missing");
    for (std::size_t s = 0; s < names.size(); ++s) {
      frames.sets.push_back({names[s], whole("set_rows", rows[s], largest_stride)});
    }
    const Strings image = texts("image");
    if (image.empty()) return;
    if (image.size() != 2 || names.empty()) refuse("the height or width of the images is missing");
    frames.image = {whole("image", image[0], largest_side), whole("image", image[1], largest_side)};
  }
  // Resizes the vectors in `frames` for the tensors in the file. Checks the tensors' shapes before it allocates memory.
  void make_room(Frames& frames) const {
    const std::size_t count = frames.frames.size();
    if (const std::size_t cells = cells_of(frames); cells > 0) {
      tensor("picture", {count, cells});
      for (Frame& frame : frames.frames) frame.picture.resize(cells);
    }
    if (const NamedTensor* const t = contents_.tensor("points")) frames.points.resize(t->values.size());
    const std::size_t K = frames.picture_classes();
    for (const Frames::Set& set : frames.sets) {
      tensor("confusion." + set.name, {count, K, K});
      for (Frame& frame : frames.frames) frame.confusion.emplace_back(K * K);
    }
    if (frames.image[0] > 0) {
      const std::size_t inputs = frames.layers.front().inputs;
      const std::size_t images = rows_of("labels", 0);
      const std::size_t units = rows_of("weights", 1);
      if (inputs != frames.image[0] * frames.image[1]) refuse("each image must have ", inputs, " pixels");
      frames.labels.resize(images);
      frames.images.resize(tensor("images", {images, inputs}).values.size());
      tensor("predictions", {count, images});
      tensor("weights", {count, units, inputs});
      for (Frame& frame : frames.frames) {
        frame.predictions.resize(images);
        frame.weights.resize(units * inputs);
      }
    }
    for (std::size_t l = 0; l < frames.layers.size(); ++l) {
      const std::string dead = tensor_name(l, "dead");
      const bool observed = contents_.tensor(dead) != nullptr;
      if (observed) tensor(dead, {count, frames.layers[l].units});
      for (Frame& frame : frames.frames) frame.layers.emplace_back().dead.resize(observed ? frames.layers[l].units : 0);
    }
  }

  std::string path_;
  Safetensors contents_;
};

}  // namespace

void write_frames(const std::string& path, const Frames& frames) {
  Strings sizes{std::to_string(frames.layers.front().inputs)};
  Strings activations;
  for (const Frames::Layer& layer : frames.layers) {
    sizes.push_back(std::to_string(layer.units));
    activations.push_back(layer.activation);
  }
  Strings epochs;
  for (const Frame& frame : frames.frames) epochs.push_back(std::to_string(frame.epoch));
  Strings sets;
  Strings set_rows;
  for (const Frames::Set& set : frames.sets) {
    sets.push_back(set.name);
    set_rows.push_back(std::to_string(set.rows));
  }
  Strings image;
  if (!frames.images.empty()) image = {std::to_string(frames.image[0]), std::to_string(frames.image[1])};
  Safetensors file;
  file.metadata = {{"primer", "1"},
                   {"sizes", json::string_array(sizes)},
                   {"activations", json::string_array(activations)},
                   {"columns", json::string_array(frames.columns)},
                   {"targets", json::string_array(frames.targets)},
                   {"classes", json::string_array(frames.classes)},
                   {"warnings", json::string_array(frames.warnings)},
                   {"picture", std::string(picture_names[static_cast<std::size_t>(frames.picture)])},
                   {"side", std::to_string(frames.side)},
                   {"stride", std::to_string(frames.stride)},
                   {"epochs", json::string_array(epochs)},
                   {"sets", json::string_array(sets)},
                   {"set_rows", json::string_array(set_rows)},
                   {"image", json::string_array(image)},
                   {"changes", json::string_array(frames.changes)}};
  for (const auto& [key, member] : note_names) file.metadata.emplace_back(key, frames.*member);
  Frames copy = frames;
  for_each_tensor(copy, [&](const std::string& name, const Shape& shape, const std::vector<Place>& places) {
    NamedTensor& t = file.tensors.emplace_back(NamedTensor{name, shape, {}});
    for (const Place& place : places) {
      t.values.push_back(std::visit([](const auto* x) { return static_cast<double>(*x); }, place));
    }
  });
  write_safetensors(path, file, Dtype::F32);
}

Frames read_frames(const std::string& path) { return Reader(path).read(); }

}  // namespace primer
