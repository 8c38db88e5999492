// Measuring the machine, and the formula of each floor.
#include "floor.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

#include "primer/core/real.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using primer::real;
constexpr double B = sizeof(real);
constexpr bool wide = sizeof(real) == 8;

double best_seconds(const std::function<void()>& work) {
  double best = 1e9;
  for (int r = 0; r < 6; ++r) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

volatile real kept;  // what the compiler must not leave out
volatile std::uint64_t kept_sum;

// Independent chains in as many registers as hide the latency of a multiply-add: of 32 registers 16, of 16 registers
// 12, because the two factors and the counter need some, too.
#if defined(__AVX512F__)
constexpr std::size_t chain_bytes = 16 * 64;
#elif defined(__AVX__)
constexpr std::size_t chain_bytes = 12 * 32;
#elif defined(__aarch64__)
constexpr std::size_t chain_bytes = 16 * 16;
#else
constexpr std::size_t chain_bytes = 12 * 16;
#endif
double fma_peak() {
  constexpr std::size_t n = chain_bytes / sizeof(real);
  constexpr int rounds = 200'000;
  const double seconds = best_seconds([] {
    std::array<real, n> chain{};
    const real a = real(0.5) + kept * 0;
    const real b = real(0.25) + kept * 0;
    for (int r = 0; r < rounds; ++r) {
      for (std::size_t i = 0; i < n; ++i) chain[i] = std::fma(chain[i], a, b);
    }
    real sum = 0;
    for (const real c : chain) sum += c;
    kept = sum;
  });
  return 2.0 * n * rounds / seconds;
}

double fma_latency() {
  constexpr int links = 1'000'000;
  const double seconds = best_seconds([] {
    real c = 0;
    const real a = real(0.5) + kept * 0;
    for (int r = 0; r < links; ++r) c = std::fma(c, a, a);
    kept = c;
  });
  return seconds / links;
}

// Reads `bytes` over and over, altogether `total` bytes a run: as integers, whose sums a compiler may turn into vector
// sums, and as four streams, so that no sum waits for the one before.
double bandwidth(std::size_t bytes, std::size_t total) {
  const std::vector<std::uint64_t> memory(bytes / sizeof(std::uint64_t) + 7, 1);
  const std::size_t start = (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64 / sizeof(std::uint64_t);
  const std::size_t quarter = bytes / sizeof(std::uint64_t) / 4;
  const std::size_t passes = std::max<std::size_t>(total / bytes, 1);
  const double seconds = best_seconds([&] {
    for (std::size_t pass = 0; pass < passes; ++pass) {
      const std::uint64_t* const p = memory.data() + start;  // where a cache line starts
      std::uint64_t a = 0;
      std::uint64_t b = 0;
      std::uint64_t c = 0;
      std::uint64_t d = 0;
      for (std::size_t i = 0; i < quarter; ++i) {
        a += p[i];
        b += p[i + quarter];
        c += p[i + 2 * quarter];
        d += p[i + 3 * quarter];
      }
      kept_sum = a + b + c + d;
    }
  });
  return static_cast<double>(4 * quarter * sizeof(std::uint64_t) * passes) / seconds;
}

// The least nanoseconds per element of an elementary function, and of a root and a division, on the reference machine,
// whose peak is the same for AVX-512 and AVX2. It is an EPYC of family Zen 4 at 3.7 GHz. Measured with g++ 12 on 1024
// numbers in L1, in -3 … 3 or 0.5 … 1.5, as the best of 400 runs. exp, tanh, erf and log: the faster of libmvec of
// glibc 2.36 (loops over <cmath> with -ffast-math -mrecip=none) and primer's own, in double tanh, in float exp and
// tanh, with AVX-512 also erf. Root and division: the instructions, in one loop x / (√v + ε).
struct Costs {
  double exp, tanh, erf, log, root, division;
};
constexpr double reference_peak = wide ? 59.1e9 : 118.2e9;
#if defined(__AVX512F__)
constexpr Costs ns_of =
    wide ? Costs{0.71, 0.925, 1.316, 0.94, 0.541, 0.305} : Costs{0.26, 0.318, 0.574, 0.289, 0.169, 0.102};
#else
constexpr Costs ns_of =
    wide ? Costs{0.88, 1.31, 1.1, 1.11, 0.568, 0.305} : Costs{0.36, 0.49, 0.52, 0.373, 0.169, 0.102};
#endif

double parameters(const std::vector<std::size_t>& sizes) {
  double biases = 0;
  for (std::size_t l = 1; l < sizes.size(); ++l) biases += static_cast<double>(sizes[l]);
  return products(sizes) + biases;
}

// The products of one row: each layer reads its weights from L1, and each of its sums is one chain over the inputs.
double one_row(const std::vector<std::size_t>& sizes, const Machine& m) {
  double seconds = 0;
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    const auto in = static_cast<double>(sizes[l - 1]), out = static_cast<double>(sizes[l]);
    seconds += std::max((in + 1) * out * B / m.L1, in * m.chain);
  }
  return seconds;
}

double training_flops(const std::vector<std::size_t>& sizes) {  // a sample
  return 6 * products(sizes) - 2 * static_cast<double>(sizes[0] * sizes[1]);
}

}  // namespace

Machine measure_machine() {
  return {fma_peak(),
          bandwidth(16 << 10, 256 << 20),
          bandwidth(256 << 10, 256 << 20),
          bandwidth(256 << 20, 256 << 20),
          fma_latency(),
          xor_step_seconds()};
}

Machine faster(const Machine& a, const Machine& b) {
  return {std::max(a.peak, b.peak), std::max(a.L1, b.L1),       std::max(a.L2, b.L2),
          std::max(a.DRAM, b.DRAM), std::min(a.chain, b.chain), std::min(a.xor_step, b.xor_step)};
}

double floor_seconds(const std::string& workload, const Machine& m) {
  const double ns = 1e-9 * reference_peak / m.peak;
  const std::vector<std::size_t> w2{2, 64, 64, 3};
  const std::vector<std::size_t> w3{1, 64, 64, 1};
  const std::vector<std::size_t> w4{784, 256, 128, 10};
  const std::vector<std::size_t> w5(33, 32);
  const double adam = ns_of.root + ns_of.division;  // for one parameter
  const double spirals =
      training_flops(w2) / m.peak + (128 * ns_of.tanh + 3 * ns_of.exp + ns_of.log + parameters(w2) * adam / 32) * ns;
  if (workload == "W1") return m.xor_step;
  if (workload == "W2") return spirals;
  if (workload == "W3") {
    return training_flops(w3) / m.peak + (128 * (ns_of.erf + ns_of.exp) + parameters(w3) * adam / 64) * ns;
  }
  if (workload == "W4") {
    return training_flops(w4) / m.peak + (10 * ns_of.exp + ns_of.log) * ns + 784 * B / m.DRAM +
           5 * parameters(w4) * B / m.L2 / 128;
  }
  if (workload == "W5") {
    return 32 * training_flops(w5) / m.peak + 32'768 * ns_of.tanh * ns + 3 * parameters(w5) * B / m.L2;
  }
  if (workload == "W6a") return one_row(w2, m) + (128 * ns_of.tanh + 3 * ns_of.exp) * ns;
  if (workload == "W6b") return 2 * products(w2) / m.peak + (128 * ns_of.tanh + 3 * ns_of.exp) * ns;
  if (workload == "W7") return 150'000 * spirals;
  throw std::logic_error("no such workload: " + workload);
}

}  // namespace bench
