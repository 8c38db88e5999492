// The floor of W1: the same training steps and losses, written by hand for this network alone. All sizes are constants,
// nothing is stored that the step does not need, and the order of a sum is free. So no framework should be faster.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "floor.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/network.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using primer::real;
using Four = std::array<real, 4>;  // one number for each of the four rows, or for each of the four hidden units

constexpr Four x0{0, 0, 1, 1}, x1{0, 1, 0, 1}, y{0, 1, 1, 0};

struct Weights {
  std::array<Four, 2> W;  // inputs × hidden units
  Four b{}, v;            // biases of the hidden units, weights of the output
  real c = 0;             // bias of the output
};

Weights first_weights() {
  const primer::Network net = xor_network();
  Weights w;
  for (std::size_t j = 0; j < 4; ++j) {
    w.W[0][j] = net.layers[0].Wt(0, j);
    w.W[1][j] = net.layers[0].Wt(1, j);
    w.v[j] = net.layers[1].Wt(j, 0);
  }
  return w;
}

real sum(const Four& s) { return (s[0] + s[1]) + (s[2] + s[3]); }

// One step of gradient descent on all four rows. Returns the loss.
real step(Weights& w, real rate) {
  std::array<Four, 4> a{}, dL_dz{};  // hidden unit × row
  Four z{}, loss{}, dL_do{};         // row: the output's z, the loss and ∂L/∂z
  for (std::size_t j = 0; j < 4; ++j) {
    for (std::size_t i = 0; i < 4; ++i) {
      a[j][i] = primer::tanh(std::fma(x1[i], w.W[1][j], std::fma(x0[i], w.W[0][j], w.b[j])));
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    z[i] = std::fma(a[0][i], w.v[0], std::fma(a[1][i], w.v[1], w.c)) + std::fma(a[2][i], w.v[2], a[3][i] * w.v[3]);
  }
  for (std::size_t i = 0; i < 4; ++i) dL_do[i] = (primer::sigmoid(z[i]) - y[i]) / 4;
  for (std::size_t i = 0; i < 4; ++i) {
    loss[i] = primer::softplus(-std::abs(z[i])) + (std::max(z[i], real(0)) - y[i] * z[i]);
  }
  for (std::size_t j = 0; j < 4; ++j) {
    for (std::size_t i = 0; i < 4; ++i) dL_dz[j][i] = dL_do[i] * w.v[j] * (1 - a[j][i] * a[j][i]);
  }
  for (std::size_t j = 0; j < 4; ++j) {
    Four product{};
    for (std::size_t i = 0; i < 4; ++i) product[i] = dL_do[i] * a[j][i];
    w.v[j] -= rate * sum(product);
    w.b[j] -= rate * sum(dL_dz[j]);
    w.W[0][j] -= rate * (dL_dz[j][2] + dL_dz[j][3]);  // the rows where the first input is 1
    w.W[1][j] -= rate * (dL_dz[j][1] + dL_dz[j][3]);
  }
  w.c -= rate * sum(dL_do);
  return sum(loss) / 4;
}

}  // namespace

double xor_step_seconds() {
  constexpr int steps = 10'000;
  const Weights first = first_weights();
  double best = 1e9;
  for (int r = 0; r < 10; ++r) {
    Weights w = first;
    real loss = 0, losses = 0;  // the sum makes each step compute its loss
    const auto start = std::chrono::steady_clock::now();
    for (int s = 0; s < steps; ++s) losses += loss = step(w, real(0.5));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!(losses > loss && std::abs(static_cast<double>(loss) / xor_loss - 1) < (sizeof(real) == 8 ? 1e-5 : 1e-3)))
      throw std::logic_error("W1 by hand ends with the loss " + std::to_string(loss));
  }
  return best / steps;
}

}  // namespace bench
