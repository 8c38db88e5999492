// The least time that a workload can take on this machine: its floating-point operations at the measured peak of fused
// multiply-adds, its elementary functions at the best known cost, its bytes at the measured bandwidth, nothing
// overlapped. Two workloads are too small for these rates, because one operation waits for another: W1 is compared with
// a step written by hand, and for one row (W6a), each sum is a chain of multiply-adds, in the order of primer's bits.
#pragma once

#include <string>

namespace bench {

struct Machine {
  double peak;          // flops a second
  double L1, L2, DRAM;  // bytes a second, read
  double chain;         // seconds of a multiply-add that waits for the one before
  double xor_step;      // seconds of a step of W1 written by hand
};

// Takes part of a second. Other programs can only make a measurement slower: faster() keeps the best of each number of
// several measurements, which are spread over the time of the benchmark.
Machine measure_machine();
Machine faster(const Machine& a, const Machine& b);

// Seconds per step, sample or row of a workload ("W2"), W7: of the whole process. The cost of exp, tanh, erf, log and
// of Adam's root and division is that of the best known implementation on a reference machine with the same instruction
// set, scaled by the ratio of the two machines' peaks.
double floor_seconds(const std::string& workload, const Machine& machine);

// The best time of a step of W1 written by hand. Throws std::logic_error if these steps do not end with W1's loss.
double xor_step_seconds();

}  // namespace bench
