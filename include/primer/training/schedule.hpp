// Learning rate schedules with PyTorch's definitions: the learning rate as a function of the time t = 0, 1, …
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace primer {

struct ScheduleOptions {
  std::string schedule = "none";        // a name from schedule_names()
  std::size_t schedule_step_size = 30;  // schedule "step": η γ^⌊t / step_size⌋
  double schedule_gamma = 0.1;          // schedule "exponential": η γᵗ; the schedule "step" also uses this γ
  double schedule_t_max = 0;    // schedule "cosine": time until the rate is η_min; in a config, 0: number of epochs
  double schedule_eta_min = 0;  // schedule "cosine": η_min + (η − η_min)(1 + cos(π t / t_max)) / 2
  double schedule_start_factor = 1.0 / 3;  // schedule "linear_warmup": the rate starts at η · start_factor
  double schedule_total_iters = 5;         // schedule "linear_warmup": number of epochs or steps until the rate is η
  std::string schedule_unit = "epoch";     // the unit of t: "epoch" or "step"
};

// Returns the learning rate of the schedule at time t; `learning_rate` is the rate without a schedule (η). Throws
// std::invalid_argument for an unknown schedule, for "step" with step_size = 0, and for "cosine" with t_max ≤ 0.
double scheduled(const ScheduleOptions& options, double learning_rate, std::uint64_t t);

std::vector<std::string_view> schedule_names();

}  // namespace primer
