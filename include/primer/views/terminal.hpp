// What a person sees while a network trains: on a terminal a view that is redrawn in place, elsewhere a few plain
// lines.
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

// What the view shows, apart from where and when.
struct LiveState {
  std::uint64_t epoch = 0, epochs = 0;  // finished and planned
  double done = 0;                      // share of the planned batches
  double seconds_left = 0;
  std::string metric;
  std::vector<double> train_loss, validation_loss, train_metric, validation_metric;  // an epoch each
  std::vector<FlowRow> flow;                                                         // of the last epoch that has one

  // The decision regions: side × side classes from the top, and at each place the class of a training row there, or −1.
  std::size_t side = 0;
  std::vector<std::uint8_t> regions;
  std::vector<std::int8_t> points;
};

// The view as lines without line feeds, at most height of them and each at most `width` columns wide, with escape codes
// for colour.
std::vector<std::string> live_view(const LiveState& state, std::size_t width, std::size_t height);

class Terminal {
 public:
  // Draws on standard error: in place if that is a terminal that can and NO_COLOR is not set, else plain lines. The
  // references must outlive it.
  Terminal(Network& network, const Data& data, const TrainOptions& options, const std::string& metric);

  void started(const std::vector<FlowRow>& flow);
  void batch_done(const Training& training);
  void epoch_done(const EpochRecord& record, const std::vector<FlowRow>& flow);
  void finish();  // the last state stays on the screen

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

  // The view may cost 1 % of the time that has passed; the clock itself is looked at only every `pace_` calls.
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_look_ = start_, last_draw_ = start_;
  double spent_ = 0, cost_ = 1e-3;  // seconds; of all draws, and expected of the next
  std::uint64_t pace_ = 1, calls_ = 0;
  double done_at_start_ = -1;

  Dataset grid_;                           // the places of the regions, as the network takes them
  std::vector<std::size_t> drawn_widths_;  // of the lines on the screen
};

}  // namespace primer
