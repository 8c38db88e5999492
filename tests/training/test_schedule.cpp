#include "primer/training/schedule.hpp"

#include "../golden.hpp"

using namespace primer;

namespace {

ScheduleOptions schedule_of(const golden::Case& c) {
  ScheduleOptions o;
  o.schedule = c.attr.at("schedule");
  o.schedule_step_size = static_cast<std::size_t>(c.number("step_size", 30));
  o.schedule_gamma = c.number("gamma", o.schedule_gamma);
  o.schedule_t_max = c.number("T_max", o.schedule_t_max);
  o.schedule_eta_min = c.number("eta_min", o.schedule_eta_min);
  o.schedule_start_factor = c.number("start_factor", o.schedule_start_factor);
  o.schedule_total_iters = c.number("total_iters", o.schedule_total_iters);
  return o;
}

}  // namespace

TEST_CASE("every schedule meets PyTorch's") {
  for (const golden::Case& c : golden::cases("07_schedules.csv")) {
    if (c.optional()) continue;
    Tensor rates(1, c.out.at("lr").cols);
    for (std::size_t t = 0; t < rates.cols(); ++t) {
      rates(0, t) = static_cast<real>(scheduled(schedule_of(c), c.number("base_lr", 0), t));
    }
    golden::check(c, "lr", rates);
  }
  CHECK(scheduled({}, 0.3, 17) == 0.3);
}

TEST_CASE("the cosine is right at any time and for any t_max") {
  ScheduleOptions o;
  o.schedule = "cosine";
  o.schedule_eta_min = 0.25;
  o.schedule_t_max = 3;  // 10¹⁵ is 4 more than a multiple of 2 · 3, and cos 4π/3 = −½
  CHECK(scheduled(o, 1, 1'000'000'000'000'000) == doctest::Approx(0.25 + 0.75 * 0.25).epsilon(1e-14));
  o.schedule_t_max = 0x1p-60;  // every whole number is a multiple of 2 · 2⁻⁶⁰
  CHECK(scheduled(o, 1, 12'345'678'901) == 1);
  for (const double t_max : {1e-18, 1e-310, 0.3, 1e300}) {
    o.schedule_t_max = t_max;
    for (const std::uint64_t t : {1ull, 7ull, 1'000'000'007ull}) {
      CHECK(scheduled(o, 1, t) >= 0.25);
      CHECK(scheduled(o, 1, t) <= 1);
    }
  }
}

TEST_CASE("a step size or a t_max of 0 is refused, and a huge step size never takes a step") {
  ScheduleOptions o;
  o.schedule = "step";
  o.schedule_step_size = 0;
  CHECK_THROWS_WITH(scheduled(o, 1, 3), "schedule_step_size must be at least 1");
  o.schedule_step_size = static_cast<std::size_t>(-1);
  CHECK(scheduled(o, 0.5, 1'000'000'000) == 0.5);
  o.schedule = "cosine";
  CHECK_THROWS_WITH(scheduled(o, 1, 3), "schedule_t_max must be more than 0");
  o.schedule_t_max = 0.5;
  CHECK(scheduled(o, 1, 1) == 1);
}

TEST_CASE("an unknown schedule is refused") {
  ScheduleOptions options;
  options.schedule = "cosin";
  CHECK_THROWS_WITH(scheduled(options, 0.1, 0), "unknown schedule 'cosin'");
}

TEST_CASE("the defaults are PyTorch's, with the epoch as unit and no end of the cosine") {
  const ScheduleOptions options;
  CHECK(options.schedule == "none");
  CHECK(options.schedule_step_size == 30);
  CHECK(options.schedule_gamma == 0.1);
  CHECK(options.schedule_t_max == 0);
  CHECK(options.schedule_eta_min == 0);
  CHECK(options.schedule_start_factor == 1.0 / 3);
  CHECK(options.schedule_total_iters == 5);
  CHECK(options.schedule_unit == "epoch");
}
