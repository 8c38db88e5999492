// The live view fits into a terminal of any size and shows the numbers of the run.
#include "primer/views/terminal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "primer/formats/utf8.hpp"
#include "primer/views/table.hpp"

using namespace primer;

namespace {

LiveState some_state(std::size_t layers) {
  LiveState state;
  state.epoch = 120;
  state.epochs = 200;
  state.done = 0.6;
  state.seconds_left = 3.25;
  state.metric = "accuracy";
  for (int i = 0; i < 120; ++i) {
    state.train_loss.push_back(std::pow(0.95, i));
    state.validation_loss.push_back(std::pow(0.96, i));
    state.train_metric.push_back(1 - 0.5 * std::pow(0.9, i));
    state.validation_metric.push_back(0.9);
  }
  for (std::size_t l = 1; l <= layers; ++l) {
    FlowRow row;
    row.layer = l;
    row.activation = l % 2 == 0 ? "leaky_relu(0.012345)" : "tanh";
    row.slope_mean = 0.25;
    row.saturated = 0.125;
    row.dead = 0.5;
    row.dL_dz_norm = std::pow(10, -static_cast<double>(l));
    state.flow.push_back(row);
  }
  state.side = 32;
  state.regions.assign(32 * 32, 1);
  state.points.assign(32 * 32, -1);
  state.points[5] = 7;
  return state;
}

// The text of a line without its colours; "" if the line contains another control byte.
std::string without_colors(const std::string& line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\033') {
      const std::size_t end = line.find_first_not_of("0123456789;", i + 2);
      if (line[i + 1] != '[' || end == std::string::npos || line[end] != 'm') return "";
      i = end;
    } else if (static_cast<unsigned char>(line[i]) < 0x20) {
      return "";
    } else {
      text += line[i];
    }
  }
  return text;
}

std::string all(const std::vector<LiveLine>& lines) {
  std::string text;
  for (const LiveLine& line : lines) text += without_colors(line.text) + "\n";
  return text;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("no line of the live view is wider than the terminal, and there are never too many lines") {
  for (const std::size_t layers : {0U, 1U, 3U, 40U}) {
    LiveState state = some_state(layers);
    for (std::size_t width = 1; width <= 200; width += width < 90 ? 1 : 11) {
      for (const std::size_t height : {1U, 2U, 5U, 9U, 10U, 14U, 23U, 30U, 60U}) {
        const std::vector<LiveLine> lines = live_view(state, width, height);
        CHECK(lines.size() <= height);
        for (const LiveLine& line : lines) {
          const std::string text = without_colors(line.text);
          if (text.empty() && !line.text.empty()) FAIL("control bytes in " << line.text);
          if (count_characters(text) != line.width) FAIL("the width is not " << line.width << ": " << line.text);
          if (line.width > width) FAIL(width << " × " << height << ": " << line.text);
        }
      }
    }
  }
}

TEST_CASE("the live view shows the epoch, the numbers and every layer") {
  for (const std::size_t width : {79U, 139U}) {
    const std::string text = all(live_view(some_state(3), width, 50));
    CAPTURE(text);
    CHECK(contains(text, "epoch 120/200"));
    CHECK(contains(text, "3.3 s left"));
    CHECK(contains(text, "loss 0.002234 validation 0.007767"));
    CHECK(contains(text, "accuracy 1 validation 0.9"));
    CHECK(contains(text, "  1 tanh"));
    CHECK(contains(text, "  3 tanh"));
    CHECK(contains(text, " 0.001 "));
    CHECK(contains(text, "12.5%"));
    CHECK(contains(text, "50%"));
    CHECK(contains(text, "▀▀▀▀"));
  }
}

TEST_CASE("the live view says how many layers do not fit") {
  CHECK(contains(all(live_view(some_state(40), 79, 23)), "more layers"));
  const std::string four = all(live_view(some_state(4), 79, 23));
  CHECK(contains(four, "\n  4 leaky_relu"));
  CHECK(!contains(four, "more layers"));
}

TEST_CASE("the bars of δ show its logarithm, and a zero has no bar") {
  LiveState state = some_state(3);
  state.side = 0;
  state.flow[2].dL_dz_norm = 0;
  std::vector<std::size_t> lengths;
  for (const LiveLine& line : live_view(state, 119, 40)) {
    const std::string text = without_colors(line.text);
    if (!contains(text, "12.5%")) continue;
    std::size_t blocks = 0;
    for (std::size_t at = text.find("█", 60); at != std::string::npos; at = text.find("█", at + 3)) ++blocks;
    lengths.push_back(blocks);
  }
  REQUIRE(lengths.size() == 3);
  CHECK(lengths[0] > lengths[1]);
  CHECK(lengths[1] > lengths[2]);
}

TEST_CASE("the live view can show numbers that are not finite") {
  LiveState state = some_state(2);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  state.train_loss.assign(120, nan);
  state.validation_loss.assign(120, std::numeric_limits<double>::infinity());
  state.train_metric.clear();
  state.validation_metric.clear();
  state.flow[0].dL_dz_norm = nan;
  state.flow[1].slope_mean = nan;
  state.seconds_left = nan;
  CHECK(contains(all(live_view(state, 100, 40)), "epoch 120/200"));
}

TEST_CASE("the map of decision regions uses the space beside or below the layers, and needs no colour") {
  LiveState state = some_state(3);
  CHECK(map_side(state, 79, 23) == 2 * (23 - 1 - 6 - 1 - 1 - 3));
  CHECK(map_side(state, 139, 39) == 139 - 72 - 3 - (139 - 72 - 3) % 2);
  CHECK(map_side(state, 39, 12) == 0);
  CHECK(map_side(state, 2000, 600) == 128);
  state.colored = false;
  state.side = 20;
  state.regions.assign(400, 2);
  state.points.assign(400, -1);
  state.points[0] = 1;
  const std::vector<LiveLine> lines = live_view(state, 79, 30);
  std::string text;
  for (const LiveLine& line : lines) {
    CHECK(line.text.find('\033') == std::string::npos);
    text += line.text + "\n";
  }
  CHECK(contains(text, "\n1+++++++++++++++++++\n++++++++++++++++++++\n"));
}

TEST_CASE("the last line of the view says which keys do something, in any size") {
  LiveState state = some_state(40);
  state.hint = "press any key to train at full speed";
  for (const std::size_t height : {2U, 5U, 9U, 23U, 60U}) {
    const std::vector<LiveLine> lines = live_view(state, 79, height);
    CHECK(lines.size() <= height);
    CHECK(without_colors(lines.back().text) == state.hint);
  }
}
