// Shows the progress of a training run: on a terminal a view that is redrawn in place, elsewhere a few plain lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/training/dataset.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/training.hpp"
#include "primer/views/keyboard.hpp"

namespace primer {

// The data that the view of a training run shows.
struct LiveState {
  std::uint64_t epoch = 0, epochs = 0;  // number of finished epochs, number of planned epochs
  std::uint64_t batch = 0;  // if the user trains batch by batch: number of finished batches in this epoch; otherwise 0
  double done = 0;          // number of finished batches / number of planned batches
  double seconds_left = 0;
  std::string metric;
  std::vector<double> train_loss, validation_loss, train_metric, validation_metric;  // the loss or metric of each epoch
  std::vector<FlowRow> flow;  // one row per layer, from the last observed epoch

  // The decision map has side × side pixels, stored line by line from the top. `regions` holds the predicted class of
  // each pixel. `points` holds the actual class of a training row in the pixel, or −1 if no row lies in the pixel.
  std::size_t side = 0;
  std::vector<std::uint8_t> regions;
  std::vector<std::int8_t> points;

  bool colored = true;
  std::string hint;  // the last line of the view: keys of the keyboard and what they do
};

// A line on the terminal. `text` may have colour codes, but no line feed. `width` is the number of visible characters.
struct LiveLine {
  std::string text;
  std::size_t width = 0;

  LiveLine& put(std::string_view more);
  LiveLine& put(std::string_view more, int color);  // one of xterm's 256 colours
  LiveLine& to(std::size_t column);                 // appends spaces until the line is `column` characters wide
  LiveLine& append(const LiveLine& other);
};

// Returns the lines to draw: at most `height` lines of at most `width` characters.
std::vector<LiveLine> live_view(const LiveState& state, std::size_t width, std::size_t height);

// The side length, in pixels, of the largest decision map that fits into the view; 0 if the map would be too small.
std::size_t map_side(const LiveState& state, std::size_t width, std::size_t height);

// The speed of a training run. training: full speed. introduction: slow until the user presses a key, then full speed.
// watched: slow; the user can press keys to pause the run and to change the speed.
enum class Pace { training, introduction, watched };

class Terminal {
 public:
  // Draws a run on standard error: on a terminal, a view that is redrawn in place; otherwise, plain lines. The
  // environment variable NO_COLOR removes the colours. If standard error or standard input is not a terminal, `pace` is
  // replaced by Pace::training. `network` and `data` must outlive this object.
  Terminal(Network& network, const Data& data, const TrainOptions& options, const std::string& metric,
           Pace pace = Pace::training);

  void started(const std::vector<FlowRow>& flow);
  void batch_done(const Training& training);
  void epoch_done(const EpochRecord& record, const std::vector<FlowRow>& flow);
  void finish();  // draws the last state, which stays on the screen

  bool quit() const { return quit_; }  // whether the user has pressed q

 private:
  using Clock = std::chrono::steady_clock;

  // The data to draw a past epoch again: the table rows of the layers, and the predicted classes in the decision map.
  struct Shot {
    std::uint64_t epoch;
    std::vector<FlowRow> flow;
    std::vector<std::uint8_t> regions;
  };

  void place_points(std::size_t side);
  void predict_regions();
  bool affordable();
  void update_progress(const Training& training);
  void draw();
  void show(const LiveState& state);
  void look_at(std::size_t shot);
  void pause();
  void obey(const std::string& key);

  Network& network_;
  const Data& data_;
  LiveState state_;
  bool live_;
  bool has_map_ = false;
  bool finished_ = false;

  Pace pace_;
  std::unique_ptr<Keyboard> keyboard_;
  std::vector<Shot> shots_;
  std::size_t shown_ = 0;  // the screen shows the epoch shots_[shown_].epoch
  double delay_ = 0;       // seconds for which an epoch is shown
  bool paused_ = false, stepping_ = false, go_on_ = false, quit_ = false;

  // If training runs at full speed, drawing takes at most 1 % of the time since start_, the creation of this Terminal.
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_look_ = start_, last_draw_ = start_;
  double spent_ = 0, cost_ = 1e-3;        // seconds of all drawings so far, and expected seconds of the next drawing
  std::uint64_t stride_ = 1, calls_ = 0;  // to save time, only every stride_-th call of batch_done() reads the clock
  double done_at_start_ = -1;

  Dataset grid_;                                    // the inputs of the network at each pixel of the decision map
  std::size_t drawn_lines_ = 0;                     // number of lines that are on the screen
  std::pair<std::size_t, std::size_t> drawn_size_;  // the size of the terminal at the last drawing
};

}  // namespace primer
