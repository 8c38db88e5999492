// Trains XOR with the library, as another project would. Fails if the network does not learn it.
#include <array>
#include <cstdio>

#include <primer/core/loss.hpp>
#include <primer/core/network.hpp>
#include <primer/core/optimizer.hpp>

int main() {
  using namespace primer;
  const Tensor x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const Tensor y{{0}, {1}, {1}, {0}};
  const std::array<LayerOptions, 2> layers{{{.units = 8, .activation = "tanh"}, {.units = 1, .activation = "sigmoid"}}};
  Network network(2, layers, 1);
  const auto loss = make_loss({.loss = "binary_cross_entropy"});
  Optimizer optimizer({.optimizer = "adam"});
  for (std::uint64_t step = 1; step <= 500; ++step) {
    network.forward_training(x, step);
    network.backward(*loss, y);
    optimizer.step(network.parameters(), real(0.05));
  }
  network.forward(x);
  const real final_loss = network.loss(*loss, y);
  std::printf("loss %g\n", static_cast<double>(final_loss));
  return final_loss < real(0.01) ? 0 : 1;
}
