// FNV-1a (Fowler, Noll, Vo): a 64-bit hash that is easy to compute in any language.
#pragma once

#include <cstdint>

namespace primer {

class Fnv1a {
 public:
  // Adds `word` to the hash. For the standard FNV-1a hash, each word must be a byte (0 to 255).
  constexpr void add(std::uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001b3; }
  constexpr std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace primer
