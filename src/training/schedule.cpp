// Computes the learning rate of each schedule.
#include "primer/training/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "primer/core/elementary.hpp"

namespace primer {

double scheduled(const ScheduleOptions& o, double learning_rate, std::uint64_t t) {
  const auto time = static_cast<double>(t);
  if (o.schedule == "step") {
    if (o.schedule_step_size == 0) throw std::invalid_argument("schedule_step_size must be at least 1");
    return learning_rate * power(o.schedule_gamma, t / o.schedule_step_size);
  }
  if (o.schedule == "exponential") return learning_rate * power(o.schedule_gamma, t);
  if (o.schedule == "cosine") {
    if (!(o.schedule_t_max > 0)) throw std::invalid_argument("schedule_t_max must be more than 0");
    const double phase = std::fmod(time, 2 * o.schedule_t_max);  // drops whole periods: cos is inexact for large angles
    const double swing = (1 + cos(std::numbers::pi * phase / o.schedule_t_max)) / 2;
    return o.schedule_eta_min + (learning_rate - o.schedule_eta_min) * swing;
  }
  if (o.schedule == "linear_warmup") {
    const double done = std::min(time / o.schedule_total_iters, 1.0);
    return learning_rate * (o.schedule_start_factor + (1 - o.schedule_start_factor) * done);
  }
  if (o.schedule != "none") throw std::invalid_argument("unknown schedule '" + o.schedule + "'");
  return learning_rate;
}

std::vector<std::string_view> schedule_names() { return {"none", "step", "exponential", "cosine", "linear_warmup"}; }

}  // namespace primer
