// primer-bench: the workloads, each with its time, its distance from the floor of this machine and its loss. It
// reports; it fails only when a loss shows that the work was not the one specified.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "floor.hpp"
#include "functions.hpp"
#include "primer/core/real.hpp"
#include "primer/formats/number.hpp"
#include "primer/views/table.hpp"
#include "workloads.hpp"

namespace {

using bench::Measurement;
using primer::short_number;

constexpr bool is_double = sizeof(primer::real) == 8;
constexpr const char* dtype = is_double ? "f64" : "f32";

// Six digits in double; float follows the same path to four digits. W7's accuracy is a share of 3000 rows, given to 4
// digits.
bool same_work(const Measurement& m) {
  const double tolerance = is_double ? (m.workload == "W7" ? 1e-4 : 1.5e-6) : 1e-4;
  return std::abs(m.loss - m.wanted) <= tolerance * std::abs(m.wanted);
}

void print_json(const Measurement& m, double floor_ratio) {
  std::printf(
      "{\"workload\":\"%s\",\"dtype\":\"%s\",\"metric\":\"%s\",\"value\":%.9g,\"floor_ratio\":%.4g,\"loss\":%.9g}\n",
      m.workload.c_str(), dtype, m.metric.c_str(), m.value, floor_ratio, m.loss);
  std::fflush(stdout);
}

void print_functions() {
  std::puts(
      "\nns an element: exp, log, and value and slope of every activation, as primer computes them and one number at a "
      "time\nwith <cmath>. A ratio below 2 means that a loop is probably no vector code.\n");
  std::vector<std::vector<std::string>> rows{{"function", "primer", "<cmath>", "ratio", ""}};
  for (const bench::FunctionSpeed& f : bench::function_speeds()) {
    const double ratio = f.scalar_ns / f.ns;
    rows.push_back(
        {f.name, short_number(f.ns), short_number(f.scalar_ns), short_number(ratio), ratio < 2 ? "SCALAR CODE?" : ""});
  }
  std::fputs(primer::table(rows, 1).c_str(), stdout);
}

// Runs what `names` has, or everything where it is empty.
int run(bool json, const std::vector<std::string>& names, const std::string& program) {
  bench::Machine machine = bench::measure_machine();
  std::vector<Measurement> done;
  const auto wanted = [&](const char* name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto add_measurement = [&](const Measurement& m) {
    done.push_back(m);
    machine = bench::faster(machine, bench::measure_machine());
  };
  if (wanted("W1")) add_measurement(bench::xor_steps(15));
  if (wanted("W2")) add_measurement(bench::spirals(9));
  if (wanted("W3")) add_measurement(bench::regression(9));
  if (wanted("W4")) add_measurement(bench::classify(5));
  if (wanted("W5")) add_measurement(bench::deep(9));
  if (wanted("W6a")) add_measurement(bench::infer_one(15));
  if (wanted("W6b")) add_measurement(bench::infer_many(9));
  if (wanted("W7")) add_measurement(bench::whole_process(5, program));
  std::vector<std::vector<std::string>> rows{{"", "work", "value", "metric", "× floor", "loss", "wanted", ""}};
  bool all_same = true;
  for (const Measurement& m : done) {
    const double floor_ratio = m.per_unit / bench::floor_seconds(m.workload, machine);
    const bool same = same_work(m);
    all_same = all_same && same;
    if (json) print_json(m, floor_ratio);
    rows.push_back({m.workload, m.what, short_number(m.value, 4), m.metric, short_number(floor_ratio),
                    short_number(m.loss, 7), short_number(m.wanted, 7), same ? "" : "NOT THE SAME WORK"});
  }
  if (!json) {
    std::printf(
        "This machine, one core, %s: %.0f GFLOP/s of fused multiply-adds; reads %.0f GB/s from L1, %.0f from L2, "
        "%.0f from memory;\n%.2f ns for a multiply-add that waits for the one before; %.4f µs for a step of W1 by "
        "hand.\n",
        dtype, machine.peak * 1e-9, machine.L1 * 1e-9, machine.L2 * 1e-9, machine.DRAM * 1e-9, machine.chain * 1e9,
        machine.xor_step * 1e6);
    if (rows.size() > 1) std::printf("\n%s", primer::table(rows, 2).c_str());
  }
  if (!json && wanted("flow"))
    std::printf("\nWatching the flow at every tenth step adds %.1f %% to W2.\n", 100 * bench::cost_of_flow(25));
  if (!json && wanted("functions")) print_functions();
  if (!json && wanted("growth")) {
    std::puts("\nHow the cost grows: W4 with both hidden layers as wide as said, one epoch.\n");
    std::vector<std::vector<std::string>> growth{
        {"width", "rows", "samples/s", "GFLOP/s", "of peak", "peak memory, MiB"}};
    const auto add = [&](std::size_t width, std::size_t n) {
      const bench::Growth g = bench::grow(width, n, program);
      growth.push_back({std::to_string(width), std::to_string(n), short_number(g.samples_per_second),
                        short_number(g.gflops), short_number(100 * g.gflops * 1e9 / machine.peak) + "%",
                        short_number(g.peak_mib)});
    };
    for (const std::size_t width : {256U, 512U, 1024U, 2048U}) add(width, 2'000);
    for (const std::size_t n : {10'000U, 30'000U, 100'000U}) add(256, n);
    std::fputs(primer::table(growth, 0).c_str(), stdout);
  }
  if (!all_same)
    std::fputs("primer-bench: a loss is not the one specified; the times above are of other work\n", stderr);
  return all_same ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string first = argc > 1 ? argv[1] : "";
    if (first == "--w7" && argc == 3) return bench::train_from_csv(argv[2]);
    if (first == "--grow" && argc == 4) return bench::grow_here(std::stoul(argv[2]), std::stoul(argv[3]));
    const bool json = first == "--json";
    const std::vector<std::string> names(argv + std::min(argc, json ? 2 : 1), argv + argc);
    const std::vector<std::string> known{"W1",  "W2", "W3",   "W4",        "W5",    "W6a",
                                         "W6b", "W7", "flow", "functions", "growth"};
    for (const std::string& name : names) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        std::fputs("usage: primer-bench [--json] [W1 W2 W3 W4 W5 W6a W6b W7 flow functions growth]\n", stderr);
        return 2;
      }
    }
    return run(json, names, argv[0]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "primer-bench: %s\n", e.what());
    return 1;
  }
}
