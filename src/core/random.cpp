// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with the mixing
// constants of Stafford's variant 13. The n-th number of a stream depends only on n and the key of the stream.
#include "primer/core/random.hpp"

#include <numbers>

#include "primer/core/elementary.hpp"

namespace primer {
namespace {

constexpr std::uint64_t golden_gamma = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed, Stream stream, std::uint64_t index)
    : key_(mix(mix(mix(seed + golden_gamma) + static_cast<std::uint64_t>(stream) * golden_gamma) +
               (index + 1) * golden_gamma)) {}

std::uint64_t Random::bits() { return mix(key_ + ++counter_ * golden_gamma); }

double Random::normal() {  // Box & Muller, "A note on the generation of random normal deviates", 1958
  const double radius = sqrt(-2 * log(1 - uniform()));    // √(−2 ln u) with u uniform in (0, 1]
  return radius * cos(2 * std::numbers::pi * uniform());  // a normal number: radius · cos 2πv with v uniform in [0, 1)
}

std::size_t Random::below(std::size_t n) {
  const std::uint64_t range = n;
  const std::uint64_t unfair = (0 - range) % range;  // 2⁶⁴ mod n; smaller draws are repeated: they favour small results
  std::uint64_t draw = bits();
  while (draw < unfair) draw = bits();
  return static_cast<std::size_t>(draw % range);
}

}  // namespace primer
