// How far a training run has come: a bar that is redrawn in place on a terminal, a few plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "primer/training/training.hpp"

namespace primer {

class Progress {
 public:
  // `metric` is the name of the task's metric. Draws on standard error.
  Progress(std::uint64_t epochs, std::string metric);

  void epoch_done(const EpochRecord& record);
  void finish();  // leaves the line as it is and goes below it

 private:
  void draw(const EpochRecord& record, double elapsed) const;
  std::uint64_t epochs_;
  std::string metric_;
  bool live_;
  std::uint64_t first_epoch_ = 0;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_ = start_;
};

}  // namespace primer
