// The progress of a training run: on a terminal a view that is redrawn in place, elsewhere a few plain lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"

namespace primer {

// The content of the view.
struct LiveState {
  std::uint64_t epoch = 0, epochs = 0;  // finished and planned
  double done = 0;                      // fraction of the planned batches
  double seconds_left = 0;
  std::string metric;
  std::vector<double> train_loss, validation_loss, train_metric, validation_metric;  // an entry for each epoch
  std::vector<FlowRow> flow;                                                         // of the last observed epoch

  // The decision regions, side × side pixels from the top: the predicted class, and the actual class of a training row
  // that lies there, or −1.
  std::size_t side = 0;
  std::vector<std::uint8_t> regions;
  std::vector<std::int8_t> points;
};

// One line of the view: text without a line feed, with escape codes for colour, and its width in columns.
struct LiveLine {
  std::string text;
  std::size_t width = 0;
};

// The view: at most `height` lines, each at most `width` columns wide.
std::vector<LiveLine> live_view(const LiveState& state, std::size_t width, std::size_t height);

class Terminal {
 public:
  // Draws on standard error: in place on a terminal that supports it unless NO_COLOR is set, else as plain lines. The
  // references must outlive this object.
  Terminal(Network& network, const Data& data, const TrainOptions& options, const std::string& metric);

  void started(const std::vector<FlowRow>& flow);
  void batch_done(const Training& training);
  void epoch_done(const EpochRecord& record, const std::vector<FlowRow>& flow);
  void finish();  // draws the last state, which stays on the screen

 private:
  using Clock = std::chrono::steady_clock;

  void place_points();
  void predict_regions();
  bool affordable();
  void draw();

  Network& network_;
  const Data& data_;
  LiveState state_;
  bool live_;
  bool finished_ = false;

  // The view may take 1 % of the time that has passed. Only every `pace_`-th call reads the clock.
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_look_ = start_, last_draw_ = start_;
  double spent_ = 0, cost_ = 1e-3;  // seconds for all drawings, and expected seconds for the next one
  std::uint64_t pace_ = 1, calls_ = 0;
  double done_at_start_ = -1;

  Dataset grid_;                           // the network's input at each pixel of the regions
  std::vector<std::size_t> drawn_widths_;  // the widths of the lines on the screen
};

}  // namespace primer
