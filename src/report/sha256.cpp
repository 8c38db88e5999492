// The hash as the standard writes it. Its constants are the first 32 bits of the fractional parts of roots of primes,
// so they are computed rather than typed.
#include "primer/report/sha256.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace primer {
namespace {

__extension__ typedef unsigned __int128 wide;  // NOLINT(modernize-use-using): __extension__ takes no using

constexpr std::array<std::uint32_t, 64> first_primes() {
  std::array<std::uint32_t, 64> primes{};
  std::size_t n = 0;
  for (std::uint32_t candidate = 2; n < primes.size(); ++candidate) {
    bool prime = true;
    for (std::size_t i = 0; i < n; ++i) prime = prime && candidate % primes[i] != 0;
    if (prime) primes[n++] = candidate;
  }
  return primes;
}

// ⌊p^(1/degree) · 2³²⌋ mod 2³², by bisection on whole numbers.
constexpr std::uint32_t fraction_of_root(std::uint32_t p, int degree) {
  std::uint64_t low = 0;
  std::uint64_t high = std::uint64_t{32} << 32;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    const wide squared = static_cast<wide>(middle) * middle;
    const bool below =
        degree == 2 ? squared <= static_cast<wide>(p) << 64 : squared * middle <= static_cast<wide>(p) << 96;
    (below ? low : high) = middle;
  }
  return static_cast<std::uint32_t>(low);
}

constexpr std::array<std::uint32_t, 64> fractions(int degree) {
  const std::array<std::uint32_t, 64> primes = first_primes();
  std::array<std::uint32_t, 64> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = fraction_of_root(primes[i], degree);
  return values;
}

using State = std::array<std::uint32_t, 8>;

void add_block(const unsigned char* block, State& H) {
  static constexpr std::array<std::uint32_t, 64> K = fractions(3);
  std::array<std::uint32_t, 64> W{};
  for (std::size_t t = 0; t < 64; ++t) {
    if (t < 16) {
      for (std::size_t i = 0; i < 4; ++i) W[t] = W[t] << 8 | block[4 * t + i];
      continue;
    }
    const std::uint32_t s0 = std::rotr(W[t - 15], 7) ^ std::rotr(W[t - 15], 18) ^ W[t - 15] >> 3;
    const std::uint32_t s1 = std::rotr(W[t - 2], 17) ^ std::rotr(W[t - 2], 19) ^ W[t - 2] >> 10;
    W[t] = W[t - 16] + s0 + W[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = H;
  for (std::size_t t = 0; t < 64; ++t) {
    const std::uint32_t S1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t T1 = h + S1 + ((e & f) ^ (~e & g)) + K[t] + W[t];
    const std::uint32_t S0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t T2 = S0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + T1;
    d = c;
    c = b;
    b = a;
    a = T1 + T2;
  }
  const State next{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) H[i] += next[i];
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : digits[group >> (18 - 6 * j) & 63];
  }
  return text;
}

}  // namespace

std::string sha256_base64(std::string_view bytes) {
  State H{};
  for (std::size_t i = 0; i < 8; ++i) H[i] = fraction_of_root(first_primes()[i], 2);
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bytes.size() * 8 >> shift & 255);
  for (std::size_t i = 0; i < padded.size(); i += 64) add_block(reinterpret_cast<const unsigned char*>(&padded[i]), H);
  std::string digest;
  for (const std::uint32_t word : H) {
    for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(word >> shift & 255);
  }
  return base64(digest);
}

}  // namespace primer
