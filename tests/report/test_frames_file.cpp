// frames.safetensors: what is written reads back as the same, and what is no such file is refused.
#include "primer/report/frames_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

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
  frames.rows = "validation";
  frames.points =
      picture == Picture::confusion ? std::vector<float>{} : std::vector<float>{0.1F, 0.2F, 1, 0.3F, 0.4F, 0};
  frames.stride = 4;
  for (const std::uint64_t epoch : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{40000001}}) {
    Frame& frame = frames.frames.emplace_back();
    frame.epoch = epoch;
    const float low = 0.1F * static_cast<float>(epoch + 1);
    frame.layers.push_back({some_histogram(low), some_histogram(-low), some_histogram(1e-30F), 0.3F, {1, 0, 1}});
    frame.layers.push_back({some_histogram(2), some_histogram(3), some_histogram(4), 0, {0, 0}});
    frame.picture = {0.25F, 1.4F, 0.1F, 1.5F};
  }
  return frames;
}

std::string temporary() {
  return (std::filesystem::temp_directory_path() / ("frames_test_" + std::to_string(getpid()) + ".safetensors"))
      .string();
}

}  // namespace

TEST_CASE("frames read back as they were written, whatever they show") {
  const std::string path = temporary();
  for (const Picture picture : {Picture::field, Picture::curve, Picture::confusion}) {
    const Frames frames = some_frames(picture);
    write_frames(path, frames);
    CHECK(read_frames(path) == frames);
  }
  Frames bare = some_frames(Picture::none);
  bare.points.clear();
  for (Frame& frame : bare.frames) {
    frame.picture.clear();
    for (Frame::Layer& layer : frame.layers) layer.dead.clear();
  }
  write_frames(path, bare);
  CHECK(read_frames(path) == bare);
  std::filesystem::remove(path);
}

TEST_CASE("a curve may have gaps, and nothing else in a frame a number that is not finite") {
  const std::string path = temporary();
  constexpr float gap = std::numeric_limits<float>::quiet_NaN();
  Frames frames = some_frames(Picture::curve);
  frames.frames[1].picture[2] = gap;
  write_frames(path, frames);
  Frames again = read_frames(path);
  CHECK(std::isnan(again.frames[1].picture[2]));
  again.frames[1].picture[2] = frames.frames[1].picture[2] = 0;
  CHECK(again == frames);

  const auto refused = [&](const Frames& bad, const std::string& tensor) {
    write_frames(path, bad);
    CHECK_THROWS_WITH_AS(
        read_frames(path),
        (path + ": no frames of a run: it holds a number in " + tensor + " that is not finite").c_str(), UserError);
  };
  Frames bad = some_frames(Picture::field);
  bad.frames[1].picture[2] = gap;
  refused(bad, "picture");
  bad = some_frames(Picture::curve);
  bad.points[1] = std::numeric_limits<float>::infinity();
  refused(bad, "points");
  bad = some_frames(Picture::curve);
  bad.high[0] = gap;
  refused(bad, "extent");
  bad = some_frames(Picture::curve);
  bad.frames[0].layers[0].z.low = gap;
  refused(bad, "layers.1.z_range");
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
    CHECK_THROWS_WITH_AS(read_frames(path), (path + ": no frames of a run: it lacks the tensor " + name).c_str(),
                         UserError);
    Safetensors shorter = whole;
    shorter.tensors[i] = {name, {1}, {0}};
    write_safetensors(path, shorter, Dtype::F32);
    CHECK_THROWS_AS(read_frames(path), UserError);
  }
  for (std::size_t i = 0; i < whole.metadata.size(); ++i) {
    if (whole.metadata[i].first == "primer") continue;
    Safetensors less = whole;
    less.metadata.erase(less.metadata.begin() + static_cast<std::ptrdiff_t>(i));
    write_safetensors(path, less, Dtype::F32);
    CHECK_THROWS_WITH_AS(read_frames(path),
                         (path + ": no frames of a run: it lacks the metadatum " + whole.metadata[i].first).c_str(),
                         UserError);
  }
  Safetensors wild = whole;
  wild.tensors[0].values[0] = -1;
  write_safetensors(path, wild, Dtype::F32);
  CHECK_THROWS_AS(read_frames(path), UserError);
  std::filesystem::remove(path);
}
