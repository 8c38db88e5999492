// Computes a hash of the parameters of a network, as the model file stores them, and a hash of the rows of data.
#include "primer/runs/signature.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "primer/formats/fnv1a.hpp"
#include "primer/runs/named_tensor.hpp"

namespace primer {

std::uint64_t signature(Network& network) {
  using Bits = std::conditional_t<sizeof(real) == 8, std::uint64_t, std::uint32_t>;
  Fnv1a fnv;
  for (const Parameter& p : network.parameters()) {
    for (const double value : named("", *p.value, layout_of(p)).values) {
      const real v = std::isnan(value) ? std::numeric_limits<real>::quiet_NaN() : static_cast<real>(value);
      auto bits = std::bit_cast<Bits>(v);
      for (std::size_t byte = 0; byte < sizeof bits; ++byte, bits >>= 8) fnv.add(bits & 0xFF);
    }
  }
  return fnv.hash();
}

std::string signature_text(std::uint64_t signature) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789ABCDEF"[signature >> shift & 15];
  return text;
}

std::string fingerprint(std::initializer_list<const Dataset*> parts) {
  Fnv1a fnv;
  for (const Dataset* part : parts) {
    fnv.add(part->size());
    for (const Tensor* t : {&part->x, &part->y}) {
      for (const real v : t->values()) fnv.add(std::bit_cast<std::uint64_t>(static_cast<double>(v)));
    }
  }
  return std::to_string(fnv.hash());
}

}  // namespace primer
