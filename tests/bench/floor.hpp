// The least time that a workload can take on this machine: its floating-point operations at the measured peak of fused
// multiply-adds, its elementary functions at the best known cost, its bytes at the measured bandwidth, nothing
// overlapped.
#pragma once

#include <string>

namespace bench {

struct Machine {
  double peak;          // flops a second
  double L1, L2, DRAM;  // bytes a second, read
};

// Takes part of a second. Other programs can only make a measurement slower: faster() keeps the best of each number of
// several measurements, which are spread over the time of the benchmark.
Machine measure_machine();
Machine faster(const Machine& a, const Machine& b);

// Seconds per step, sample or row of a workload ("W2"), W7: of the whole process. The cost of exp, tanh, erf, log and
// of Adam's root and division is that of the best known implementation on a reference machine with the same instruction
// set, scaled by the ratio of the two machines' peaks. W1 is a chain of latencies: its floor is the reference machine's
// figure for code with compile-time sizes, scaled in the same way.
double floor_seconds(const std::string& workload, const Machine& machine);

}  // namespace bench
