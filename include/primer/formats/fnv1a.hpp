// FNV-1a with 64 bits (Fowler, Noll, Vo): a fingerprint of data, easy to compute in any language.
#pragma once

#include <cstdint>

namespace primer {

class Fnv1a {
 public:
  // Takes the next byte. A caller that defines its own fingerprint may pass larger words instead.
  constexpr void add(std::uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001b3; }
  constexpr std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace primer
