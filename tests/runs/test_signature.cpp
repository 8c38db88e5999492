#include "primer/runs/signature.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>

using namespace primer;

TEST_CASE("the signature hashes the little-endian bytes of W, outputs × inputs, and then of b") {
  const std::array<LayerOptions, 1> layers{LayerOptions{.units = 2}};
  Network network(2, layers, 1);
  network.layers[0].Wt = Tensor{{1, 3}, {2, 4}};  // W = [[1, 2], [3, 4]]
  network.layers[0].b = Tensor{{5, 6}};
  // FNV-1a as its authors define it, over the bytes of 1, 2, 3, 4, 5, 6 from Python's struct.pack("<6d") and "<6f".
  CHECK(signature(network) == (sizeof(real) == 8 ? 0x14fad1d79616a70cU : 0x6cde4c1e373a7278U));
}

TEST_CASE("every NaN has the same signature") {
  const std::array<LayerOptions, 1> layers{LayerOptions{.units = 1}};
  Network a(1, layers, 1), b(1, layers, 1);
  a.layers[0].b(0, 0) = std::numeric_limits<real>::quiet_NaN();
  b.layers[0].b(0, 0) = -std::numeric_limits<real>::quiet_NaN();
  CHECK(signature(a) == signature(b));
}

TEST_CASE("a signature is written as 16 hexadecimal digits") {
  CHECK(signature_text(0x0123456789ABCDEF) == "0123456789ABCDEF");
  CHECK(signature_text(0) == "0000000000000000");
  CHECK(signature_text(0xFEDCBA9876543210) == "FEDCBA9876543210");
}

TEST_CASE("the fingerprint of data hashes the number of rows, x and y of each part as 64-bit words") {
  // FNV-1a over 2, the bits of 1 … 6 as doubles, and for the second part 1, −0.5, 0, 1, in Python.
  const Dataset a{Tensor{{1, 2}, {3, 4}}, Tensor{{5}, {6}}}, b{Tensor{{real(-0.5), 0}}, Tensor{{1}}};
  CHECK(fingerprint({&a}) == "13624533642006958173");
  CHECK(fingerprint({&a, &b}) == "17578082350795314204");
  CHECK(fingerprint({}) == "14695981039346656037");
}
