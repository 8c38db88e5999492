// One list of what a frames file holds, which writing and reading both go through. Every number fits a float, so what
// is written reads back as the same.
#include "primer/report/frames_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>

#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/safetensors.hpp"

namespace primer {
namespace {

using Shape = std::vector<std::size_t>;

constexpr std::uint64_t largest_size = 1U << 31;  // of a layer, so that the square of a size fits 64 bits
constexpr std::uint64_t largest_side = 1024;      // of a picture
constexpr std::uint64_t largest_stride = std::uint64_t{1} << 53;  // it may double a few times more

std::string tensor_name(std::size_t l, std::string_view what) {
  return "layers." + std::to_string(l + 1) + "." + std::string(what);
}

// The three histograms of a layer and the names of their tensors.
struct HistogramName {
  std::string_view name;
  Histogram Frame::Layer::*member;
};
constexpr std::array<HistogramName, 3> histograms{
    {{"z", &Frame::Layer::z}, {"weight", &Frame::Layer::W}, {"gradient", &Frame::Layer::dL_dW}}};

// Numbers in the picture of a frame, and of a point.
std::size_t cells_of(const Frames& frames) {
  const std::size_t K = frames.picture_classes();
  if (frames.picture == Picture::confusion) return K * K;
  return frames.side * (frames.picture == Picture::field ? frames.side : frames.layers.back().units);
}
std::size_t point_columns(const Frames& frames) {
  return frames.picture == Picture::field ? 3 : 1 + frames.layers.back().units;
}

// Everything in a frames file, in its order. A tensor comes with a function that calls number(x) for each number, row
// by row; for reading it makes room for them first.
template <typename File, typename F>
void visit(File& file, F& frames) {
  file.layers(frames.layers);
  file.texts("columns", frames.columns);
  file.texts("targets", frames.targets);
  file.texts("classes", frames.classes);
  file.texts("warnings", frames.warnings);
  file.picture(frames.picture);
  file.whole("side", frames.side, largest_side);
  file.text("rows", frames.rows);
  file.whole("stride", frames.stride, largest_stride);
  file.epochs(frames.frames);

  const std::size_t count = frames.frames.size();
  // A tensor of which list(frame, number) gives a row.
  const auto by_frame = [&](const std::string& name, const Shape& shape, auto list, bool gaps = false) {
    const auto rows = [&](auto number) {
      for (auto& frame : frames.frames) list(frame, number);
    };
    file.tensor(name, shape, rows, gaps);
  };
  for (std::size_t l = 0; l < frames.layers.size(); ++l) {
    for (const HistogramName& h : histograms) {
      by_frame(tensor_name(l, h.name), {count, Histogram::bins}, [&](auto& frame, auto number) {
        file.make_room(frame.layers, l + 1);
        for (auto& n : (frame.layers[l].*h.member).counts) number(n);
      });
      by_frame(tensor_name(l, h.name) + "_range", {count, 2}, [&](auto& frame, auto number) {
        number((frame.layers[l].*h.member).low);
        number((frame.layers[l].*h.member).high);
      });
    }
    if (frames.layers[l].learns_alpha) {
      by_frame(tensor_name(l, "alpha"), {count}, [&](auto& frame, auto number) { number(frame.layers[l].alpha); });
    }
    const bool observed = count > 0 && !frames.frames.front().layers[l].dead.empty();
    if (file.rows(tensor_name(l, "dead"), observed ? count : 0) == 0) continue;
    by_frame(tensor_name(l, "dead"), {count, frames.layers[l].units}, [&](auto& frame, auto number) {
      file.make_room(frame.layers[l].dead, frames.layers[l].units);
      for (auto& flag : frame.layers[l].dead) number(flag);
    });
  }
  if (frames.picture != Picture::none) {
    const auto row = [&](auto& frame, auto number) {
      file.make_room(frame.picture, cells_of(frames));
      for (auto& cell : frame.picture) number(cell);
    };
    by_frame("picture", {count, cells_of(frames)}, row, frames.picture == Picture::curve);
  }
  const std::size_t columns = point_columns(frames);
  if (const std::size_t points = file.rows("points", frames.points.size() / columns); points > 0) {
    file.tensor("points", {points, columns}, [&](auto number) {
      file.make_room(frames.points, points * columns);
      for (auto& x : frames.points) number(x);
    });
  }
  file.tensor("extent", {2, 2}, [&](auto number) {
    for (auto* ends : {&frames.low, &frames.high}) {
      for (auto& x : *ends) number(x);
    }
  });
}

class Writer {
 public:
  Safetensors contents{{}, {{"primer", "1"}}};

  void text(const char* key, const std::string& value) { contents.metadata.emplace_back(key, value); }
  void texts(const char* key, const std::vector<std::string>& values) { text(key, json::string_array(values)); }
  void whole(const char* key, std::uint64_t value, std::uint64_t) { text(key, std::to_string(value)); }
  void picture(Picture picture) { text("picture", std::string(picture_names[static_cast<std::size_t>(picture)])); }
  void layers(const std::vector<Frames::Layer>& layers) {
    std::vector<std::string> sizes;
    std::vector<std::string> activations;
    for (const Frames::Layer& layer : layers) {
      sizes.push_back(std::to_string(layer.inputs));
      activations.push_back(layer.activation);
    }
    sizes.push_back(std::to_string(layers.back().units));
    texts("sizes", sizes);
    texts("activations", activations);
  }
  void epochs(const std::vector<Frame>& frames) {
    std::vector<std::string> epochs;
    for (const Frame& frame : frames) epochs.push_back(std::to_string(frame.epoch));
    texts("epochs", epochs);
  }
  std::size_t rows(const std::string&, std::size_t rows) const { return rows; }
  template <typename T>
  void make_room(const std::vector<T>&, std::size_t) const {}
  template <typename List>
  void tensor(const std::string& name, const Shape& shape, List list, bool = false) {
    NamedTensor& t = contents.tensors.emplace_back(NamedTensor{name, shape, {}});
    list([&](auto x) { t.values.push_back(static_cast<double>(x)); });
  }
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), contents_(read_safetensors(path, NonFinite::allowed)) {}

  void text(const char* key, std::string& value) const { value = metadatum(key); }
  void texts(const char* key, std::vector<std::string>& values) const {
    values = json::parse_string_array(metadatum(key), Location{path_});
  }
  void whole(const char* key, std::uint64_t& value, std::uint64_t largest) const {
    value = to_whole(key, metadatum(key), largest);
  }
  void picture(Picture& picture) const {
    const std::string& name = metadatum("picture");
    const auto found = std::ranges::find(picture_names, name);
    if (found == picture_names.end()) refuse("it shows an unknown picture " + in_quotes(name));
    picture = static_cast<Picture>(found - picture_names.begin());
  }
  void layers(std::vector<Frames::Layer>& layers) const {
    std::vector<std::string> sizes;
    std::vector<std::string> activations;
    texts("sizes", sizes);
    texts("activations", activations);
    if (activations.empty() || sizes.size() != activations.size() + 1) refuse("a layer lacks its size or activation");
    for (std::size_t l = 0; l < activations.size(); ++l) {
      layers.push_back({to_whole("sizes", sizes[l], largest_size), to_whole("sizes", sizes[l + 1], largest_size),
                        activations[l], contents_.tensor(tensor_name(l, "alpha")) != nullptr});
    }
  }
  void epochs(std::vector<Frame>& frames) const {
    std::vector<std::string> epochs;
    texts("epochs", epochs);
    if (epochs.empty() || epochs.size() > Frames::most) {
      refuse("it has " + std::to_string(epochs.size()) + " epochs, not 1 to " + std::to_string(Frames::most));
    }
    for (const std::string& epoch : epochs) {
      frames.emplace_back().epoch = to_whole("epochs", epoch, std::numeric_limits<std::uint64_t>::max());
    }
    const auto follows = [](const Frame& a, const Frame& b) { return a.epoch >= b.epoch; };
    if (std::ranges::adjacent_find(frames, follows) != frames.end()) refuse("its epochs do not ascend");
  }
  std::size_t rows(const std::string& name, std::size_t) const {
    const NamedTensor* const t = contents_.tensor(name);
    return t == nullptr ? 0 : t->shape.empty() ? 1 : t->shape[0];
  }
  template <typename T>
  void make_room(std::vector<T>& values, std::size_t size) const {
    if (values.size() < size) values.resize(size);
  }
  template <typename List>
  void tensor(const std::string& name, const Shape& shape, List list, bool gaps = false) const {
    const NamedTensor* const t = contents_.tensor(name);
    if (t == nullptr) refuse("the tensor " + name + " is missing");
    if (t->shape != shape) refuse("the tensor " + name + " has the wrong shape");
    std::size_t i = 0;
    list([&]<typename T>(T& x) {
      const double v = t->values[i++];
      if (!fits<T>(v, gaps)) {
        refuse("number " + std::to_string(i) + " of the tensor " + name + " is " + number(v) + ", not " + kind<T>());
      }
      x = static_cast<T>(v);
    });
  }

 private:
  const std::string& metadatum(const std::string& key) const {
    const std::string* const found = contents_.metadatum(key);
    if (found == nullptr) refuse("the metadata lack " + key);
    return *found;
  }
  // Numbers are floats, counts, or flags of a byte.
  template <typename T>
  static std::string kind() {
    return std::floating_point<T> ? "a finite float" : sizeof(T) == 1 ? "0 or 1" : "a count";
  }
  template <typename T>
  static bool fits(double v, bool gaps) {
    if (std::floating_point<T>)
      return std::abs(v) <= double{std::numeric_limits<float>::max()} || (gaps && std::isnan(v));
    const double largest = sizeof(T) == 1 ? 1 : double{std::numeric_limits<std::uint32_t>::max()};
    return v >= 0 && v <= largest && v == std::floor(v);
  }
  std::uint64_t to_whole(const std::string& key, const std::string& digits, std::uint64_t largest) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value > largest) {
      refuse(key + " has " + in_quotes(digits) + ", not a whole number up to " + std::to_string(largest));
    }
    return value;
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw UserError(Location{path_}, "is not a valid frames file: " + what + "; train the run again");
  }

  std::string path_;
  Safetensors contents_;
};

}  // namespace

void write_frames(const std::string& path, const Frames& frames) {
  Writer file;
  visit(file, frames);
  write_safetensors(path, file.contents, Dtype::F32);
}

Frames read_frames(const std::string& path) {
  const Reader file(path);
  Frames frames;
  visit(file, frames);
  return frames;
}

}  // namespace primer
