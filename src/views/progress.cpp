// The bar and the lines.
#include "primer/views/progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "primer/views/table.hpp"

namespace primer {
namespace {

bool live_terminal() {
  const char* const term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::string described(const EpochRecord& r, const std::string& metric, std::uint64_t epochs) {
  std::string text = "epoch " + std::to_string(r.epoch) + "/" + std::to_string(epochs) + "  loss " +
                     short_number(r.train.loss) + "  " + metric + " " + short_number(r.train.metric);
  if (r.validation) {
    text += "  validation loss " + short_number(r.validation->loss) + "  " + metric + " " +
            short_number(r.validation->metric);
  }
  return text;
}

}  // namespace

Progress::Progress(std::uint64_t epochs, std::string metric)
    : epochs_(epochs), metric_(std::move(metric)), live_(live_terminal()) {}

void Progress::epoch_done(const EpochRecord& record) {
  if (first_epoch_ == 0) first_epoch_ = record.epoch;
  if (!live_) {
    const std::uint64_t stride = epochs_ < 10 ? 1 : epochs_ / 10;
    if (record.epoch % stride == 0 || record.epoch == 1 || record.epoch == epochs_) {
      std::fprintf(stderr, "%s\n", described(record, metric_, epochs_).c_str());
    }
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < next_ && record.epoch < epochs_) return;
  next_ = now + std::chrono::milliseconds(100);
  draw(record, std::chrono::duration<double>(now - start_).count());
  drawn_ = true;
}

void Progress::draw(const EpochRecord& record, double elapsed) const {
  constexpr std::uint64_t width = 20;
  const std::uint64_t done = width * record.epoch / epochs_;
  std::string bar;
  for (std::uint64_t i = 0; i < width; ++i) bar += i < done ? "█" : "░";
  const auto run = static_cast<double>(record.epoch - first_epoch_ + 1);
  const double left = elapsed / run * static_cast<double>(epochs_ - record.epoch);
  std::fprintf(stderr, "\r\033[K%s  %s  %.0f s left", bar.c_str(), described(record, metric_, epochs_).c_str(), left);
  std::fflush(stderr);
}

void Progress::finish() {
  if (drawn_) std::fputs("\n", stderr);
  drawn_ = false;
}

}  // namespace primer
