// frames.safetensors: what is written reads back as the same, and a damaged file is refused.
#include "primer/report/frames_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "primer/formats/error.hpp"
#include "primer/formats/safetensors.hpp"

using namespace primer;

namespace {

Histogram some_histogram(float low) {
  Histogram h;
  h.low = low;
  h.high = low + 1.25F;
  for (std::size_t i = 0; i < Histogram::bins; ++i) h.counts[i] = static_cast<std::uint32_t>(i * i);
  return h;
}

Frames some_frames(Picture picture) {
  Frames frames;
  frames.layers = {{2, 3, "prelu(0.25)", true}, {3, 2, "softmax", false}};
  frames.columns = {"x \"1\"", "größe"};
  frames.targets = {"</script>"};
  frames.classes = {"a", "b"};
  frames.warnings = {"vanishing: σ′ < ¼"};
  frames.picture = picture;
  frames.side = 2;
  frames.low = {-1, -2.5F};
  frames.high = {1, 3};
  frames.command = "primer train 'a b.toml'";
  frames.version = "1.0";
  frames.data = "907CE90B1CD109AF";
  frames.changes = {"seed = 2"};
  frames.points = {0.1F, 0.2F, 1, 0.3F, 0.4F, 0};
  frames.sets = {{"test", 5}, {"training", 2000}};
  frames.image = {1, 2};
  frames.images = {0, 16, 3, 4, 5, 6};
  frames.labels = {1, 0, 1};
  frames.stride = 4;
  for (const std::uint64_t epoch : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{40000001}}) {
    Frame& frame = frames.frames.emplace_back();
    frame.epoch = epoch;
    const float low = 0.1F * static_cast<float>(epoch + 1);
    frame.layers.push_back({some_histogram(low), some_histogram(-low), some_histogram(1e-30F), 0.3F, {1, 0, 1}});
    frame.layers.push_back({some_histogram(2), some_histogram(3), some_histogram(4), 0, {0, 0}});
    frame.picture = {0.25F, 1.4F, 0.1F, 1.5F};
    frame.confusion = {{1, 2, 3, 4}, {1000, 0, low, 24}};
    frame.predictions = {0.5F, 1.25F, low};
    frame.weights = {low, 1, 2, -3};
  }
  return frames;
}

// What files of earlier versions lack, and what is for the user only.
bool is_optional(const std::string& key) {
  const std::vector<std::string> keys{"primer", "command", "version", "data", "changes", "sets"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string temporary() {
  return (std::filesystem::temp_directory_path() / ("frames_test_" + std::to_string(getpid()) + ".safetensors"))
      .string();
}

}  // namespace

TEST_CASE("frames read back as they were written, whatever they show") {
  const std::string path = temporary();
  for (const Picture picture : {Picture::field, Picture::curve}) {
    const Frames frames = some_frames(picture);
    write_frames(path, frames);
    CHECK(read_frames(path) == frames);
  }
  Frames bare = some_frames(Picture::none);
  static_cast<RunNotes&>(bare) = {};
  for (std::vector<float>* numbers : {&bare.points, &bare.images, &bare.labels}) numbers->clear();
  bare.sets.clear();
  for (Frame& frame : bare.frames) {
    frame.confusion.clear();
    for (std::vector<float>* numbers : {&frame.picture, &frame.predictions, &frame.weights}) numbers->clear();
    for (Frame::Layer& layer : frame.layers) layer.dead.clear();
  }
  write_frames(path, bare);
  CHECK(read_frames(path) == bare);
  std::filesystem::remove(path);
}

TEST_CASE("a curve may have gaps, and every other number in a frame must be finite") {
  const std::string path = temporary();
  constexpr float gap = std::numeric_limits<float>::quiet_NaN();
  Frames frames = some_frames(Picture::curve);
  frames.frames[1].picture[2] = gap;
  write_frames(path, frames);
  Frames again = read_frames(path);
  CHECK(std::isnan(again.frames[1].picture[2]));
  again.frames[1].picture[2] = frames.frames[1].picture[2] = 0;
  CHECK(again == frames);

  const auto refused = [&](const Frames& bad, const std::string& number) {
    write_frames(path, bad);
    CHECK_THROWS_WITH_AS(
        read_frames(path),
        (path + ": is not a valid frames file: element " + number + ", not a finite float; repeat the training")
            .c_str(),
        UserError);
  };
  Frames bad = some_frames(Picture::field);
  bad.frames[1].picture[2] = gap;
  refused(bad, "7 of the tensor picture is nan");
  bad = some_frames(Picture::curve);
  bad.frames[1].picture[2] = std::numeric_limits<float>::infinity();
  refused(bad, "7 of the tensor picture is inf");
  bad = some_frames(Picture::curve);
  bad.points[1] = std::numeric_limits<float>::infinity();
  refused(bad, "2 of the tensor points is inf");
  bad = some_frames(Picture::curve);
  bad.high[0] = gap;
  refused(bad, "3 of the tensor extent is nan");
  bad = some_frames(Picture::curve);
  bad.frames[0].layers[0].z.low = gap;
  refused(bad, "1 of the tensor layers.1.z_range is nan");
  std::filesystem::remove(path);
}

TEST_CASE("a file that lacks a part of the frames is refused by the name of that part") {
  const std::string path = temporary();
  write_frames(path, some_frames(Picture::field));
  const Safetensors whole = read_safetensors(path);
  for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
    const std::string& name = whole.tensors[i].name;
    if (name == "points" || name.ends_with("alpha") || name.ends_with("dead")) continue;  // these are optional
    Safetensors less = whole;
    less.tensors.erase(less.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    write_safetensors(path, less, Dtype::F32);
    CHECK_THROWS_WITH_AS(
        read_frames(path),
        (path + ": is not a valid frames file: the tensor " + name + " is missing; repeat the training").c_str(),
        UserError);
    Safetensors shorter = whole;
    shorter.tensors[i] = {name, {1}, {0}};
    write_safetensors(path, shorter, Dtype::F32);
    CHECK_THROWS_AS(read_frames(path), UserError);
  }
  for (std::size_t i = 0; i < whole.metadata.size(); ++i) {
    if (is_optional(whole.metadata[i].first)) continue;
    Safetensors less = whole;
    less.metadata.erase(less.metadata.begin() + static_cast<std::ptrdiff_t>(i));
    write_safetensors(path, less, Dtype::F32);
    CHECK_THROWS_WITH_AS(
        read_frames(path),
        (path + ": is not a valid frames file: the metadata lack " + whole.metadata[i].first + "; repeat the training")
            .c_str(),
        UserError);
  }
  std::filesystem::remove(path);
}

TEST_CASE("a number that its place cannot have is refused") {
  const std::string path = temporary();
  write_frames(path, some_frames(Picture::field));
  const Safetensors whole = read_safetensors(path);
  const auto refused = [&](const std::string& name, double value, const std::string& what) {
    Safetensors wild = whole;
    for (NamedTensor& t : wild.tensors) {
      if (t.name == name) t.values[1] = value;
    }
    write_safetensors(path, wild, Dtype::F64);
    CHECK_THROWS_WITH_AS(read_frames(path),
                         (path + ": is not a valid frames file: element 2 of the tensor " + name + " is " + what +
                          "; repeat the training")
                             .c_str(),
                         UserError);
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  refused("layers.1.z", -1, "-1, not a count");
  refused("layers.1.z", 1.5, "1.5, not a count");
  refused("layers.2.gradient", 4294967296, "4294967296, not a count");
  refused("layers.2.gradient", 1e300, "1e+300, not a count");
  refused("layers.1.weight", nan, "nan, not a count");
  refused("layers.1.weight_range", 1e300, "1e+300, not a finite float");
  refused("layers.1.alpha", -3.5e38, "-3.5e+38, not a finite float");
  refused("layers.1.dead", 2, "2, not 0 or 1");
  refused("layers.1.dead", 0.5, "0.5, not 0 or 1");
  refused("picture", 1e39, "1e+39, not a finite float");
  refused("extent", nan, "nan, not a finite float");
  std::filesystem::remove(path);
}

TEST_CASE("sizes beyond any run are refused before memory is taken for them") {
  const std::string path = temporary();
  write_frames(path, some_frames(Picture::field));
  const Safetensors whole = read_safetensors(path);
  const auto refused = [&](const std::string& key, const std::string& text, const std::string& what) {
    Safetensors wild = whole;
    for (auto& [name, value] : wild.metadata) {
      if (name == key) value = text;
    }
    write_safetensors(path, wild, Dtype::F32);
    CHECK_THROWS_WITH_AS(read_frames(path),
                         (path + ": is not a valid frames file: " + what + "; repeat the training").c_str(), UserError);
  };
  // 2³² squared is 0 in 64 bits, so the size of the matrix must not be computed from it
  refused("sizes", R"(["2", "3", "4294967296"])",
          "the metadata entry sizes has \"4294967296\", not a whole number up to 2147483648");
  refused("sizes", R"(["2", "-3", "2"])", "the metadata entry sizes has \"-3\", not a whole number up to 2147483648");
  refused("sizes", R"(["2", "3.5", "2"])", "the metadata entry sizes has \"3.5\", not a whole number up to 2147483648");
  refused("sizes", R"(["2", "3"])", "a layer lacks its size or activation");
  refused("sizes", R"(["2", "1000000000", "2"])", "the tensor layers.1.dead has the wrong shape");
  refused("side", "1025", "the metadata entry side has \"1025\", not a whole number up to 1024");
  refused("stride", "9007199254740993",
          "the metadata entry stride has \"9007199254740993\", not a whole number up to 9007199254740992");
  refused("picture", "film", "picture must be none, field or curve, not \"film\"");
  refused("set_rows", R"(["5"])", "the size of a set of rows is missing");
  refused("sets", R"(["test", "validation"])", "the tensor confusion.validation is missing");
  refused("image", R"(["8"])", "the height or width of the images is missing");
  refused("image", R"(["1", "1025"])", "the metadata entry image has \"1025\", not a whole number up to 1024");
  refused("image", R"(["2", "2"])", "each image must have 2 pixels");
  refused("epochs", "[]", "the file has 0 epochs, but it must have 1 to 100");
  refused("epochs", R"(["0", "4", "4"])", "the epochs do not ascend");
  std::string many = "[\"0\"";
  for (int i = 0; i < 100; ++i) many += ", \"" + std::to_string(i) + "\"";
  refused("epochs", many + "]", "the file has 101 epochs, but it must have 1 to 100");
  std::filesystem::remove(path);
}

TEST_CASE("a file of an earlier version, whose picture is a confusion matrix, is read without it") {
  const std::string path = temporary();
  Frames frames = some_frames(Picture::field);
  frames.points.clear();
  write_frames(path, frames);
  Safetensors file = read_safetensors(path);
  std::erase_if(file.metadata, [](const auto& m) { return m.first != "primer" && is_optional(m.first); });
  for (auto& [key, value] : file.metadata) {
    if (key == "picture") value = "confusion";
  }
  write_safetensors(path, file, Dtype::F32);
  const Frames read = read_frames(path);
  CHECK(read.picture == Picture::none);
  CHECK(read.sets.empty());
  CHECK(read.layers == frames.layers);
  CHECK(read.frames[2].layers == frames.frames[2].layers);
  std::filesystem::remove(path);
}
