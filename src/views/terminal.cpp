// Arranges the lines that `primer train` and `primer watch` draw on a terminal, and decides when to draw these lines.
#include "primer/views/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <utility>

#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/training/metrics.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

constexpr std::size_t smallest_map = 12, largest_map = 128;
constexpr std::size_t plot_rows = 5;
constexpr std::size_t most_classes = 8;
constexpr double shortest_pause = 0.08;  // minimum time between two drawings at full speed, in seconds
constexpr double shortest_frame = 0.04;  // minimum seconds between two drawings of a run that waits after each epoch
constexpr double fewest_decades = 4;  // the axis of the bars of ‖∂L/∂z‖ covers at least this many powers of 10
constexpr std::size_t most_shots = 2000;
constexpr double introduction_seconds = 6.5, watched_seconds = 12;  // for all epochs
constexpr std::string_view introduction_hint = "press any key to train at full speed";
constexpr std::string_view watched_hint = "space: pause | ← →: choose epoch | s: one batch | + −: speed | q: quit";

// Colours of xterm, close to Okabe & Ito's palette, one for each class: `bright` for the points, `dim` for the regions.
constexpr std::array<int, most_classes> bright{39, 214, 42, 203, 153, 176, 227, 252};
constexpr std::array<int, most_classes> dim{24, 94, 22, 88, 60, 53, 58, 238};
constexpr int train_color = 39, validation_color = 208, good_color = 42, bad_color = 208, quiet_color = 245;

std::string cut(std::string text, std::size_t width) {
  while (count_characters(text) > width) text.pop_back();
  return text;
}

// A bar whose length is exact to 1/8 of the width of a character.
std::string bar(double fraction, std::size_t width) {
  static constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double clamped = fraction > 0 ? std::min(fraction, 1.0) : 0;
  const auto eighths = static_cast<std::size_t>(std::lround(clamped * 8 * static_cast<double>(width)));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += parts[eighths % 8];
  return text;
}

std::string duration(double seconds) {
  if (!(seconds < 1e6)) return "…";
  if (seconds < 10) return short_number(std::round(seconds * 10) / 10) + " s";
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 120) return std::to_string(whole) + " s";
  return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

// A plot of one or two curves, in Braille characters of 2 × 4 dots. The x axis covers all epochs of the config.
class Plot {
 public:
  Plot(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows), cells_(columns * rows) {}

  void add(const std::vector<double>& series, double low, double high, std::uint64_t epochs, bool first) {
    const std::size_t dots = 2 * columns_;
    const auto span = static_cast<double>(std::max<std::uint64_t>(epochs, series.size()));
    std::size_t previous = none;
    for (std::size_t x = 0; x < dots; ++x) {
      const auto at = static_cast<std::size_t>(static_cast<double>(x) / static_cast<double>(dots) * span);
      if (at >= series.size() || !std::isfinite(series[at])) continue;
      const double up = std::clamp((series[at] - low) / (high - low), 0.0, 1.0);
      const auto y = static_cast<std::size_t>(std::lround((1 - up) * static_cast<double>(4 * rows_ - 1)));
      const std::size_t from = previous == none ? y : std::min(previous, y);
      const std::size_t to = previous == none ? y : std::max(previous, y);
      for (std::size_t dot = from; dot <= to; ++dot) set(x, dot, first);
      previous = y;
    }
  }

  void put_row(std::size_t row, LiveLine& line) const {
    for (std::size_t c = 0; c < columns_; ++c) {
      const Cell& cell = cells_[row * columns_ + c];
      const unsigned dots = cell.first | cell.second;
      if (dots == 0) {
        line.put(" ");
      } else {
        const std::array<char, 3> utf8{'\xE2', static_cast<char>(0xA0 + (dots >> 6U)),
                                       static_cast<char>(0x80 + (dots & 63U))};
        line.put({utf8.data(), 3}, cell.first != 0 ? train_color : validation_color);
      }
    }
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  struct Cell {
    unsigned first = 0, second = 0;
  };
  void set(std::size_t x, std::size_t y, bool first) {
    static constexpr std::array<std::array<unsigned, 2>, 4> dot{{{1, 8}, {2, 16}, {4, 32}, {64, 128}}};
    Cell& cell = cells_[y / 4 * columns_ + x / 2];
    (first ? cell.first : cell.second) |= dot[y % 4][x % 2];
  }

  std::size_t columns_, rows_;
  std::vector<Cell> cells_;
};

// The title and the plot of one quantity: plot_rows + 1 lines of at most `width` characters.
std::vector<LiveLine> curve(const std::string& name, std::vector<double> train, std::vector<double> validation,
                            bool may_be_logarithmic, std::uint64_t epochs, std::size_t width) {
  std::vector<LiveLine> lines(plot_rows + 1);
  lines[0].put(cut(name, width));
  if (!train.empty() && lines[0].width + 14 < width) lines[0].put(" " + short_number(train.back(), 4), train_color);
  if (!validation.empty() && lines[0].width + 22 < width) {
    lines[0].put(" validation " + short_number(validation.back(), 4), validation_color);
  }
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const auto* series : {&train, &validation}) {
    for (const double v : *series) {
      low = std::isfinite(v) ? std::min(low, v) : low;
      high = std::isfinite(v) ? std::max(high, v) : high;
    }
  }
  constexpr std::size_t label_width = 9;
  if (!(low <= high) || width < label_width + 4) return lines;
  const std::string top = short_number(high);
  const std::string bottom = short_number(low);
  if (may_be_logarithmic && low > 0 && high / low > 30) {
    for (auto* series : {&train, &validation}) {
      for (double& v : *series) v = std::log10(v);
    }
    low = std::log10(low);
    high = std::log10(high);
  }
  if (low == high) {
    low -= 0.5;
    high += 0.5;
  }
  Plot plot(width - label_width, plot_rows);
  plot.add(validation, low, high, epochs, false);
  plot.add(train, low, high, epochs, true);
  for (std::size_t row = 0; row < plot_rows; ++row) {
    const std::string label = row == 0 ? top : row + 1 == plot_rows ? bottom : "";
    lines[row + 1].to(label_width - 1 - std::min(label_width - 1, count_characters(label))).put(label, quiet_color);
    lines[row + 1].put(" ");
    plot.put_row(row, lines[row + 1]);
  }
  return lines;
}

LiveLine header(const LiveState& state, std::size_t width) {
  LiveLine line;
  line.put("epoch " + std::to_string(state.epoch) + "/" + std::to_string(state.epochs) + " ");
  if (state.batch > 0) line.put("+ " + std::to_string(state.batch) + " batches ");
  const std::string left = state.done < 1 ? " " + duration(state.seconds_left) + " left" : "";
  const std::size_t room = width > line.width + left.size() ? width - line.width - left.size() : 0;
  const std::size_t length = std::min<std::size_t>(room, 40);
  const std::string done = bar(state.done, length);
  line.put(done, train_color);
  for (std::size_t i = count_characters(done); i < length; ++i) line.put("░", quiet_color);
  if (line.width + count_characters(left) <= width) line.put(left);
  return line;
}

// The table of the layers, with bars for the mean |σ′| and for ‖∂L/∂z‖.
std::vector<LiveLine> layers(const std::vector<FlowRow>& flow, std::size_t width, std::size_t height) {
  if (flow.empty() || height < 3) return {};
  std::size_t name_width = 5;
  double largest = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const FlowRow& row : flow) {
    name_width = std::max(name_width, std::min<std::size_t>(count_characters(row.activation), 12));
    if (!(row.dL_dz_norm > 0) || !std::isfinite(row.dL_dz_norm)) continue;
    largest = std::max(largest, row.dL_dz_norm);
    smallest = std::min(smallest, row.dL_dz_norm);
  }
  const double decades = std::max(fewest_decades, std::log10(largest) - std::log10(smallest) + 1);
  constexpr std::size_t numbers = 2 + 8 + 2 + 9 + 2 + 7 + 2 + 6 + 2;  // total width of all number columns and spaces
  const std::size_t fixed = 4 + name_width + numbers;
  const std::size_t length = width > fixed + 4 ? std::min<std::size_t>((width - fixed) / 2, 30) : 0;

  const std::size_t slope_at = 4 + name_width + 2;
  const std::size_t delta_at = slope_at + length + 1 + 8 + 1;
  const std::size_t saturated_at = delta_at + length + 1 + 9 + 1;
  const std::size_t dead_at = saturated_at + 8;
  std::vector<LiveLine> lines(1);
  if (width < dead_at + 7) {  // the terminal is too narrow for bars, so only numbers are shown
    lines[0].put("layer  mean |σ′|  ‖∂L/∂z‖", quiet_color);
    for (std::size_t l = 0; l < std::min(flow.size(), height - 1); ++l) {
      LiveLine& line = lines.emplace_back().put(std::to_string(flow[l].layer));
      line.to(7).put(short_number(flow[l].slope_mean)).to(18).put(short_number(flow[l].dL_dz_norm));
    }
    return lines;
  }
  LiveLine title;
  title.put("layer").to(slope_at).put("mean |σ′|").to(delta_at).put("‖∂L/∂z‖, log").to(saturated_at).put("sat.");
  title.to(dead_at).put("dead");
  lines[0].put(title.text, quiet_color);
  const std::size_t shown = flow.size() + 1 <= height ? flow.size() : height - 2;
  for (std::size_t l = 0; l < shown; ++l) {
    const FlowRow& row = flow[l];
    LiveLine& line = lines.emplace_back();
    const std::string number = std::to_string(row.layer);
    line.to(number.size() < 3 ? 3 - number.size() : 0).put(number + " " + cut(row.activation, name_width));
    line.to(slope_at).put(bar(row.slope_mean, length), row.slope_mean < 0.05 ? bad_color : good_color);
    line.to(slope_at + length + 1).put(short_number(row.slope_mean));
    const double logarithmic = 1 + (std::log10(row.dL_dz_norm) - std::log10(largest)) / decades;
    line.to(delta_at)
        .put(bar(logarithmic, length), train_color)
        .to(delta_at + length + 1)
        .put(short_number(row.dL_dz_norm));
    line.to(saturated_at).put(percent(row.saturated), row.saturated > 0.5 ? bad_color : quiet_color);
    line.to(dead_at).put(percent(row.dead), row.dead > 0 ? bad_color : quiet_color);
  }
  if (shown < flow.size())
    lines.emplace_back().put("    … and " + std::to_string(flow.size() - shown) + " more layers");
  return lines;
}

// A character shows two pixels. Without colours, digits are classes of training rows; .:+x=o#% are predicted classes.
std::vector<LiveLine> regions(const LiveState& state) {
  static constexpr std::string_view signs = ".:+x=o#%";
  std::vector<LiveLine> lines;
  const auto color = [&](std::size_t i) {
    const std::int8_t point = state.points[i];
    if (point >= 0) return bright[static_cast<std::size_t>(point) % most_classes];
    return dim[state.regions[i] % most_classes];
  };
  for (std::size_t row = 0; row + 1 < state.side; row += 2) {
    LiveLine& line = lines.emplace_back();
    for (std::size_t above = row * state.side; above < (row + 1) * state.side; ++above) {
      const std::size_t below = above + state.side;
      if (state.colored) {
        line.text +=
            "\033[38;5;" + std::to_string(color(above)) + ";48;5;" + std::to_string(color(below)) + "m▀\033[0m";
        ++line.width;
      } else if (const auto point = std::max(state.points[above], state.points[below]); point >= 0) {
        line.put(std::to_string(static_cast<unsigned char>(point)));
      } else {
        line.put(signs.substr(state.regions[above] % most_classes, 1));
      }
    }
  }
  return lines;
}

void append(std::vector<LiveLine>& to, const std::vector<LiveLine>& lines) {
  to.insert(to.end(), lines.begin(), lines.end());
}

// Puts the lines of `right` beside the lines of `left`, from column number `column` on.
void set_beside(std::vector<LiveLine>& left, const std::vector<LiveLine>& right, std::size_t column) {
  left.resize(std::max(left.size(), right.size()));
  for (std::size_t i = 0; i < right.size(); ++i) left[i].to(column).append(right[i]);
}

std::vector<LiveLine> curves(const LiveState& state, std::size_t width) {
  constexpr std::size_t gap = 2;
  const std::size_t half = (width - gap) / 2;
  auto lines = curve("loss", state.train_loss, state.validation_loss, true, state.epochs, half);
  set_beside(lines, curve(state.metric, state.train_metric, state.validation_metric, false, state.epochs, half),
             half + gap);
  return lines;
}

bool can_redraw() {
  const char* const term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

bool wants_color() {
  const char* const no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == '\0';
}

// Removes the escape codes of the colours from a line.
void remove_colors(std::string& text) {
  for (std::size_t begin = text.find('\033'); begin != std::string::npos; begin = text.find('\033', begin)) {
    text.erase(begin, text.find('m', begin) - begin + 1);
  }
}

// Width and height.
std::pair<std::size_t, std::size_t> terminal_size() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24};
  return {size.ws_col, size.ws_row};
}

double seconds_since(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

// The loss and metric of an epoch as one line of text without colours.
std::string described(const EpochRecord& r, const std::string& metric, std::uint64_t epochs) {
  const auto text = [&](const Scores& scores) {
    return "loss " + short_number(scores.loss) + "  " + metric + " " + short_number(scores.metric);
  };
  return "epoch " + std::to_string(r.epoch) + "/" + std::to_string(epochs) + "  " + text(r.train) +
         (r.validation ? "  validation " + text(*r.validation) : "");
}

}  // namespace

LiveLine& LiveLine::put(std::string_view more) {
  text += more;
  width += count_characters(more);
  return *this;
}
LiveLine& LiveLine::put(std::string_view more, int color) {
  text += "\033[38;5;" + std::to_string(color) + "m";
  put(more);
  text += "\033[39m";
  return *this;
}
LiveLine& LiveLine::to(std::size_t column) { return put(std::string(width < column ? column - width : 0, ' ')); }
LiveLine& LiveLine::append(const LiveLine& other) {
  text += other.text;
  width += other.width;
  return *this;
}

namespace {

constexpr std::size_t map_gap = 3;
constexpr std::size_t least_beside = 72;  // least width of the text on the left of the decision map, in characters
constexpr std::size_t curves_height = plot_rows + 1;

// The height, in lines, of the view without the decision map: progress, curves, blank line, title, layers, key hint.
std::size_t lines_without_map(const LiveState& state) {
  return 1 + curves_height + 1 + 1 + state.flow.size() + (state.hint.empty() ? 0 : 1);
}

std::size_t side_beside(std::size_t width, std::size_t height) {
  const std::size_t columns = width > least_beside + map_gap ? width - least_beside - map_gap : 0;
  return std::min({columns, 2 * height, largest_map}) / 2 * 2;
}

}  // namespace

std::size_t map_side(const LiveState& state, std::size_t width, std::size_t height) {
  const std::size_t used = lines_without_map(state);
  const std::size_t below = std::min({width, 2 * (height > used ? height - used : 0), largest_map}) / 2 * 2;
  const std::size_t side = std::max(side_beside(width, height), below);
  return side >= smallest_map ? side : 0;
}

std::vector<LiveLine> live_view(const LiveState& state, std::size_t width, std::size_t height) {
  const std::size_t last = state.hint.empty() || height < 2 ? 0 : 1;
  const std::size_t room = height - last;
  const bool beside = state.side > 0 && state.side <= side_beside(width, room);
  const std::size_t left = beside ? width - map_gap - state.side : width;
  std::vector<LiveLine> lines{header(state, left)};
  if (room > curves_height + 2 && left >= 40) append(lines, curves(state, left));
  if (room > lines.size() + state.flow.size() + 2) lines.emplace_back();
  if (room > lines.size() + 3) append(lines, layers(state.flow, left, room - lines.size()));
  if (beside) {
    set_beside(lines, regions(state), left + map_gap);
  } else if (state.side > 0 && width >= state.side && room >= lines.size() + state.side / 2) {
    append(lines, regions(state));
  }
  if (lines.size() > room) lines.resize(room);
  if (last > 0) lines.emplace_back().put(cut(state.hint, width), quiet_color);
  std::erase_if(lines, [&](const LiveLine& line) { return line.width > width; });
  if (!state.colored) {
    for (LiveLine& line : lines) remove_colors(line.text);
  }
  return lines;
}

Terminal::Terminal(Network& network, const Data& data, const TrainOptions& options, const std::string& metric,
                   Pace pace)
    : network_(network), data_(data), live_(can_redraw()), pace_(pace) {
  state_.epochs = options.epochs;
  state_.metric = metric;
  state_.colored = wants_color();
  const Task task = task_of(options.loss);
  const bool classes = task == Task::multiclass || (task == Task::binary && data.train.y.cols() == 1);
  has_map_ = live_ && classes && data.train.x.cols() == 2;
  if (live_ && pace_ != Pace::training) keyboard_ = std::make_unique<Keyboard>();
  if (keyboard_ == nullptr || !keyboard_->usable()) pace_ = Pace::training;
  if (pace_ == Pace::training) return;
  state_.hint = pace_ == Pace::watched ? watched_hint : introduction_hint;
  delay_ = (pace_ == Pace::watched ? watched_seconds : introduction_seconds) /
           static_cast<double>(std::max<std::size_t>(options.epochs, 1));
}

// Divides the plane of the inputs x₁ and x₂ into side × side pixels, and finds the pixel of each training row.
void Terminal::place_points(std::size_t side) {
  state_.side = side;
  state_.regions.clear();
  state_.points.clear();
  if (side == 0) return;
  const Tensor& x = data_.train.x;
  std::array<real, 2> low{x(0, 0), x(0, 1)};
  std::array<real, 2> high = low;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      low[j] = std::min(low[j], x(i, j));
      high[j] = std::max(high[j], x(i, j));
    }
  }
  const auto n = static_cast<real>(side);
  grid_.x.resize(side * side, 2);
  for (std::size_t i = 0; i < side * side; ++i) {
    const std::size_t column = i % side;
    const std::size_t row = i / side;
    grid_.x(i, 0) = low[0] + (high[0] - low[0]) * (static_cast<real>(column) + real(0.5)) / n;
    grid_.x(i, 1) = high[1] - (high[1] - low[1]) * (static_cast<real>(row) + real(0.5)) / n;
  }
  state_.regions.resize(side * side);
  state_.points.assign(side * side, -1);
  const auto pixel = [&](real fraction) { return std::min(static_cast<std::size_t>(fraction * n), side - 1); };
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const real u = high[0] > low[0] ? (x(i, 0) - low[0]) / (high[0] - low[0]) : 0;
    const real v = high[1] > low[1] ? (high[1] - x(i, 1)) / (high[1] - low[1]) : 0;
    state_.points[pixel(v) * side + pixel(u)] = static_cast<std::int8_t>(class_of(data_.train.y.row(i)) % most_classes);
  }
}

void Terminal::predict_regions() {
  const auto [columns, rows] = terminal_size();
  const std::size_t side = has_map_ ? map_side(state_, columns - 1, rows - 1) : 0;
  if (side != state_.side) place_points(side);
  if (side == 0) return;
  const Tensor& a = network_.forward(grid_.x);
  for (std::size_t i = 0; i < a.rows(); ++i) state_.regions[i] = static_cast<std::uint8_t>(class_of(a.row(i)));
}

void Terminal::started(const std::vector<FlowRow>& flow) {
  state_.flow = flow;
  if (pace_ == Pace::training) return;
  predict_regions();
  shots_.push_back({0, flow, state_.regions});
  pause();
}

void Terminal::update_progress(const Training& training) {
  const double all = static_cast<double>(state_.epochs) * static_cast<double>(training.batches());
  const double batches = static_cast<double>(training.state.epoch) * static_cast<double>(training.batches()) +
                         static_cast<double>(training.state.batch);
  state_.done = batches / all;
  if (done_at_start_ < 0) done_at_start_ = state_.done;
}

void Terminal::batch_done(const Training& training) {
  if (!live_) return;
  if (stepping_ && !quit_ && training.state.batch < training.batches()) {
    update_progress(training);
    state_.batch = training.state.batch;
    draw();
    pause();
    state_.batch = 0;
  }
  if (pace_ != Pace::training || ++calls_ < stride_) return;
  calls_ = 0;
  const double passed = seconds_since(last_look_);
  last_look_ = Clock::now();
  if (passed < 2e-3) stride_ *= 2;
  if (passed > 20e-3) stride_ = std::max<std::uint64_t>(stride_ / 2, 1);
  update_progress(training);
  if (affordable()) draw();
}

void Terminal::epoch_done(const EpochRecord& record, const std::vector<FlowRow>& flow) {
  state_.epoch = record.epoch;
  if (!live_) {
    const std::uint64_t stride = state_.epochs < 10 ? 1 : state_.epochs / 10;
    if (record.epoch % stride == 0 || record.epoch == 1 || record.epoch == state_.epochs) {
      std::fprintf(stderr, "%s\n", described(record, state_.metric, state_.epochs).c_str());
    }
    return;
  }
  if (!flow.empty()) state_.flow = flow;
  const auto add = [&](std::vector<double>& series, double value) {  // epochs before --resume: loss and metric are NaN
    series.resize(record.epoch - 1, std::numeric_limits<double>::quiet_NaN());
    series.push_back(value);
  };
  add(state_.train_loss, record.train.loss);
  add(state_.train_metric, record.train.metric);
  if (record.validation) {
    add(state_.validation_loss, record.validation->loss);
    add(state_.validation_metric, record.validation->metric);
  }
  if (pace_ == Pace::training || quit_) return;
  state_.done = static_cast<double>(record.epoch) / static_cast<double>(state_.epochs);
  if (done_at_start_ < 0) done_at_start_ = state_.done;
  predict_regions();
  if (shots_.size() == most_shots) shots_.erase(shots_.begin());
  shots_.push_back({record.epoch, state_.flow, state_.regions});
  if (pace_ == Pace::watched && record.epoch == state_.epochs) {
    paused_ = true;
    state_.hint = "end of the run | ← →: show another epoch | q: quit";
  }
  pause();
}

// Waits until the next epoch may be trained. Obeys the keys that the user presses during this time.
void Terminal::pause() {
  shown_ = shots_.size() - 1;
  const Clock::time_point due =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(delay_));
  go_on_ = stepping_ = false;
  if (paused_ || state_.epoch == state_.epochs || seconds_since(last_draw_) >= shortest_frame) draw();
  while (!go_on_ && !quit_ && pace_ != Pace::training) {
    const double left = std::chrono::duration<double>(due - Clock::now()).count();
    if (!paused_ && left <= 0) return;
    obey(keyboard_->wait(paused_ ? 0.25 : left));
    if (paused_ && terminal_size() != drawn_size_) look_at(shown_);
  }
}

void Terminal::obey(const std::string& key) {
  if (key.empty()) return;
  if (pace_ == Pace::introduction) {  // any key
    pace_ = Pace::training;
    state_.hint.clear();
    return;
  }
  const bool is_newest = shown_ + 1 == shots_.size();
  if (key == "q") quit_ = true;
  if (key == " ") paused_ = !paused_;
  if (key == "+") delay_ /= 2;
  if (key == "-") delay_ *= 2;
  if (key == "s") stepping_ = true;
  const bool back = key == "\033[D" || key == "\033OD";
  const bool on = key == "\033[C" || key == "\033OC";
  if (back || on || key == "s") paused_ = true;
  if (back && shown_ > 0) look_at(shown_ - 1);
  if (on && !is_newest) look_at(shown_ + 1);
  go_on_ = (key == "s" || (on && is_newest) || key == " ") && state_.epoch < state_.epochs;
  if (key == " " && paused_) go_on_ = false;
}

// Draws a past epoch again, but without the decision map if the size of the map has changed since this epoch.
void Terminal::look_at(std::size_t shot) {
  shown_ = shot;
  LiveState state = state_;
  state.epoch = shots_[shot].epoch;
  state.done = static_cast<double>(state.epoch) / static_cast<double>(std::max<std::uint64_t>(state.epochs, 1));
  state.flow = shots_[shot].flow;
  state.regions = shots_[shot].regions;
  if (state.regions.size() != state.side * state.side) state.side = 0;
  for (auto* series : {&state.train_loss, &state.validation_loss, &state.train_metric, &state.validation_metric}) {
    series->resize(std::min<std::size_t>(series->size(), state.epoch));
  }
  show(state);
}

// Whether the view may be drawn now: shortest_pause has passed since the last drawing, and drawing takes at most 1 % of
// the time since start_, even with this drawing and the final drawing of the run.
bool Terminal::affordable() {
  return spent_ + 2 * cost_ <= 0.01 * seconds_since(start_) && seconds_since(last_draw_) >= shortest_pause;
}

void Terminal::draw() {
  last_draw_ = Clock::now();
  const double passed = seconds_since(start_);
  const double progress = state_.done - done_at_start_;
  state_.seconds_left = progress > 0 ? passed / progress * (1 - state_.done) : std::numeric_limits<double>::infinity();
  if (has_map_) predict_regions();
  show(state_);
  cost_ = seconds_since(last_draw_);
  spent_ += cost_;
}

// Hides the cursor, draws the view and shows the cursor again, all in one write. So a killed program never leaves the
// cursor hidden. If the size of the terminal has changed, first clears the screen and goes to the top.
void Terminal::show(const LiveState& state) {
  const auto size = terminal_size();
  std::string text = "\033[?25l";
  if (drawn_lines_ > 0 && size != drawn_size_) {
    text += "\033[H\033[J";
  } else if (drawn_lines_ > 0) {
    text += "\r\033[" + std::to_string(drawn_lines_) + "A";
  }
  const std::vector<LiveLine> lines = live_view(state, size.first - 1, size.second - 1);
  for (const LiveLine& line : lines) text += line.text + (state.colored ? "\033[0m" : "") + "\033[K\n";
  text += "\033[J\033[?25h";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
  drawn_lines_ = lines.size();
  drawn_size_ = size;
}

void Terminal::finish() {
  if (!live_ || finished_) return;
  finished_ = true;
  keyboard_.reset();
  state_.hint.clear();
  if (drawn_lines_ == 0) return;
  if (state_.epoch == state_.epochs) state_.done = 1;
  draw();
}

}  // namespace primer
