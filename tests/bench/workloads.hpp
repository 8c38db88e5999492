// The workloads W1 to W7: small training jobs that are spelt out to the last random number, so that whoever does the
// same work elsewhere ends with the same loss. The loss is the proof that the time was spent on the same thing.
#pragma once

#include <string>
#include <vector>

#include "primer/core/network.hpp"

namespace bench {

// One workload, measured. `seconds` is process time of one repetition, the median over several.
struct Measurement {
  std::string workload;  // "W2"
  std::string what;      // "2-64-64-3 tanh, spirals, Adam"
  std::string metric;    // "samples/s"
  double value = 0;      // in that metric
  double per_unit = 0;   // seconds per step, sample or row; of W7 the whole process
  double loss = 0;       // what the work ended with
  double wanted = 0;     // what the work must end with, in double
};

// `repetitions` ≥ 1. W7 starts `program` (this program) again as a process of its own.
Measurement xor_steps(int repetitions);                                  // W1
Measurement spirals(int repetitions);                                    // W2
Measurement regression(int repetitions);                                 // W3
Measurement classify(int repetitions);                                   // W4
Measurement deep(int repetitions);                                       // W5
Measurement infer_one(int repetitions);                                  // W6a
Measurement infer_many(int repetitions);                                 // W6b
Measurement whole_process(int repetitions, const std::string& program);  // W7

// The network of W1 before its first step, and the loss of its last step.
primer::Network xor_network();
constexpr double xor_loss = 4.591072e-4;

// What watching the flow at every tenth step adds to the time of W2, as a share of it.
double cost_of_flow(int repetitions);

// The body of W7: reads the CSV file, trains, and prints the accuracy on the training rows and the seconds that went
// into the order of the rows, which is no part of the work.
int train_from_csv(const std::string& path);

// W4's network with both hidden layers `width` wide, on n rows: one epoch, in a process of its own.
struct Growth {
  double samples_per_second, gflops, peak_mib;
};
Growth grow(std::size_t width, std::size_t rows, const std::string& program);

// The body of that process: prints its seconds.
int grow_here(std::size_t width, std::size_t rows);

// Σ in·out over the layers of a network given by its sizes.
double products(const std::vector<std::size_t>& sizes);

}  // namespace bench
