// Counts heap allocations (a training step after the first epoch makes none), and sees writes before or behind them.
// Left out with the address sanitizer, which replaces operator new itself.
#include "../allocations.hpp"

#ifndef PRIMER_ADDRESS_SANITIZER

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "primer/training/training.hpp"

namespace heap {
std::size_t allocations = 0, bytes = 0, most = 0;
}  // namespace heap

namespace {

// Before and behind what is allocated stand 64 bytes of 0xFF. Read as a double they are not a number, and as an index
// they are out of range; a program that has written there is stopped when the memory is freed.
constexpr std::size_t fence = 64;
constexpr auto untouched = [] {
  std::array<char, fence> bytes{};
  bytes.fill('\xFF');
  return bytes;
}();

void* counted(std::size_t bytes) {
  ++heap::allocations;
  const std::size_t room = (fence + bytes + fence + 63) / 64 * 64;
  char* const start = static_cast<char*>(std::aligned_alloc(64, room));
  if (start == nullptr) throw std::bad_alloc();
  heap::bytes += bytes;
  heap::most = std::max(heap::most, heap::bytes);
  std::memcpy(start, untouched.data(), fence);
  std::memcpy(start + fence + bytes, untouched.data(), fence);
  std::memcpy(start, &bytes, sizeof bytes);
  return start + fence;
}

void freed(void* p) {
  if (p == nullptr) return;
  char* const start = static_cast<char*>(p) - fence;
  std::size_t bytes = 0;
  std::memcpy(&bytes, start, sizeof bytes);
  if (std::memcmp(start + sizeof bytes, untouched.data(), fence - sizeof bytes) != 0 ||
      std::memcmp(start + fence + bytes, untouched.data(), fence) != 0) {
    std::fputs("memory was written before or behind an allocation\n", stderr);
    std::abort();
  }
  heap::bytes -= bytes;
  std::free(start);
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  if (static_cast<std::size_t>(alignment) > 64) std::abort();  // no code of primer asks for that
  return counted(bytes);
}
void operator delete(void* p) noexcept { freed(p); }
void operator delete(void* p, std::size_t) noexcept { freed(p); }
void operator delete(void* p, std::align_val_t) noexcept { freed(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { freed(p); }

using namespace primer;

namespace {

// The most allocations from one batch to the next within an epoch, after the first epoch. With 70 rows in
// batches of 32, the last batch is smaller.
std::size_t most_in_a_step(const std::vector<LayerOptions>& layers, const TrainOptions& options) {
  Data data;
  data.train = {Tensor(70, 2), Tensor(70, 3)};
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    data.train.x(i, 0) = static_cast<real>(i % 7) / 7;
    data.train.x(i, 1) = static_cast<real>(i % 11) / 11;
    data.train.y(i, i % 3) = 1;
  }
  Network network(2, layers, 1);
  Training training(network, data, options, 1, 1);
  std::size_t most = 0, before = 0, batches = 0;
  Training::Hooks hooks;
  hooks.started = [](const auto&) {};
  hooks.epoch_done = [](const auto&, const auto&) {};
  hooks.batch_done = [&] {
    const bool same_epoch = batches % training.batches() != 0;
    if (batches >= training.batches() && same_epoch) most = std::max(most, heap::allocations - before);
    ++batches;
    before = heap::allocations;
  };
  training.run(hooks);
  CHECK(batches == 3 * training.batches());
  return most;
}

}  // namespace

TEST_CASE("the counter sees the allocation of a tensor") {
  const std::size_t before = heap::allocations;
  const Tensor t(3, 3);
  CHECK(heap::allocations == before + 1);
}

TEST_CASE("a prediction allocates nothing after the first") {
  const Network network(2, std::vector<LayerOptions>{{8, "tanh"}, {5, "relu"}, {3, "softmax"}}, 1);
  const Tensor x(4, 2);
  Prediction p;
  network.predict(x, p);
  const std::size_t before = heap::allocations;
  network.predict(x, p);
  CHECK(heap::allocations == before);
}

TEST_CASE("a training step allocates nothing, for every optimiser and kind of layer, with the flow observed") {
  const std::vector<std::vector<LayerOptions>> nets{
      {{.units = 64, .activation = "tanh"}, {.units = 64, .activation = "tanh"}, {.units = 3, .activation = "softmax"}},
      {{.units = 20, .activation = "relu", .batch_norm = true, .dropout = 0.2},
       {.units = 20, .activation = "prelu", .residual = true},
       {.units = 3, .activation = "softmax"}}};
  for (const auto& layers : nets) {
    for (const char* optimizer : {"sgd", "rmsprop", "adagrad", "adam", "adamw"}) {
      CAPTURE(layers.size());
      CAPTURE(std::string(optimizer));
      TrainOptions options;
      options.loss = "cross_entropy";
      options.optimizer = optimizer;
      options.momentum = std::string(optimizer) == "sgd" ? 0.9 : 0;
      options.epochs = 3;
      options.clip_norm = 1;
      CHECK(most_in_a_step(layers, options) == 0);
    }
  }
}
#endif
