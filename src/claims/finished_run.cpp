// Trains a network and keeps what the measures need.
#include "primer/claims/finished_run.hpp"

#include <algorithm>
#include <utility>

namespace primer {
namespace {

std::vector<FlowRow> observe(Network& network, const Data& data, const TrainOptions& options) {
  const std::vector<Tensor> before = copy_of(network);
  Flow flow(network);
  network.forward_training(data.train.x, 1);
  const auto loss = make_loss(options);
  network.backward(*loss, data.train.y);
  flow.before_update(network, *loss, data.train.y);
  restore(before, network);
  std::vector<FlowRow> rows = flow.finish(options.epochs, network);
  for (FlowRow& row : rows) row.revived = FlowRow::no_value;  // there is no earlier row to compare with
  return rows;
}

enum class UnitLife { always_alive, seen_dead, revived };

}  // namespace

FinishedRun train_to_the_end(Network network, const Data& data, Task task, const TrainOptions& options,
                             std::uint64_t seed, std::size_t observe_every, const std::function<bool()>& interrupted) {
  FinishedRun run{std::move(network), &data, task, options, false, {}, {}, {}, {}, {}};
  Training training(run.network, data, options, seed, observe_every);
  std::vector<std::vector<UnitLife>> lives;  // a layer, a unit
  for (const Dense& layer : run.network.layers) lives.emplace_back(layer.b.size());
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) {
    if (!rows.empty()) run.flow.push_back(rows);
  };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    run.history.push_back(record);
    if (rows.empty()) return;
    run.flow.push_back(rows);
    for (std::size_t l = 0; l < lives.size(); ++l) {
      for (std::size_t j = 0; j < lives[l].size(); ++j) {
        const bool dead = training.flow.state.layers[l].dead[j] != 0;
        if (dead && lives[l][j] == UnitLife::always_alive) lives[l][j] = UnitLife::seen_dead;
        if (!dead && lives[l][j] == UnitLife::seen_dead) lives[l][j] = UnitLife::revived;
      }
    }
  };
  hooks.interrupted = interrupted;
  try {
    if (training.run(hooks) == Training::End::interrupted) throw Interrupted();
  } catch (const Divergence&) {
    run.diverged = true;
  }
  for (const std::vector<UnitLife>& layer : lives) {
    const auto always_alive = static_cast<std::size_t>(std::ranges::count(layer, UnitLife::always_alive));
    run.seen_dead.push_back(layer.size() - always_alive);
    run.revived.push_back(static_cast<std::size_t>(std::ranges::count(layer, UnitLife::revived)));
  }
  run.flow_at_end = observe(run.network, data, options);
  return run;
}

}  // namespace primer
