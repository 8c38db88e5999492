// The program of a handout: it shows the activations, one pass through a network, the gradient check and a training
// run, as far as the tasks are solved. Where it reaches a task that is not solved, it says so and goes on with what it
// can show.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "primer/core/needs_task.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/training/gradcheck.hpp"
#include "primer/training/metrics.hpp"
#include "primer/training/properties.hpp"
#include "primer/training/training.hpp"
#include "primer/views/flow_table.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

using Words = std::vector<std::string>;
using Rows = std::vector<Words>;

std::string text(double v) { return short_number(v, 5); }
std::string text(const Range& range) { return text(range.low) + " … " + text(range.high); }

// Shows something, or says which task it needs. Returns whether it was shown.
bool shown(const char* what, const std::function<void()>& show) {
  try {
    show();
    return true;
  } catch (const NeedsTask& gap) {
    std::printf("%s%s\n", what, gap.what());
    return false;
  }
}

int catalogue(const Words& words) {
  Words names = words;
  if (names.empty()) {
    for (const std::string_view name : activations().names()) names.emplace_back(name);
  }
  std::string gaps;
  Rows rows{{"σ", "range of σ", "range of σ′", "σ(-1)", "σ′(-1)", "σ(2)", "σ′(2)"}};
  for (const std::string& name : names) {
    const auto activation = make_activation(name);
    try {
      const Properties properties = properties_of(*activation);
      Words row{activation->name(), text(properties.value), text(properties.derivative)};
      if (activation->traits.elementwise) {
        Tensor a, derivative;
        activation->forward(Tensor{{-1, 2}}, a, derivative);
        for (std::size_t i = 0; i < 2; ++i) {
          row.push_back(text(static_cast<double>(a[i])));
          row.push_back(text(static_cast<double>(derivative[i])));
        }
      }
      rows.push_back(row);
    } catch (const NeedsTask& gap) {
      rows.push_back({activation->name(), "not yet"});
      gaps += activation->name() + " " + gap.what() + "\n";
    }
  }
  std::fputs((table(rows) + gaps).c_str(), stdout);
  return 0;
}

struct Start {
  Experiment experiment;
  Network network;
  std::unique_ptr<Loss> loss;
};

std::vector<Override> overrides_of(const Words& words) {
  std::vector<Override> overrides;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = i + 1 < words.size() && words[i] == "--set" ? words[i + 1].find('=') : std::string::npos;
    if (equals == std::string::npos) throw UserError("'" + printable(words[i]) + "': write CONFIG --set KEY=VALUE ...");
    overrides.emplace_back(words[i + 1].substr(0, equals), words[i + 1].substr(equals + 1));
    ++i;
  }
  return overrides;
}

// Reads the config, makes its network and shows something of it.
void start(const Words& words, const std::function<void(Start&)>& show) {
  if (words.empty()) throw UserError("which config? For example configs/xor.toml");
  Experiment experiment = load_experiment(words[0], overrides_of(words));
  std::printf("%s: %zu rows, %zu inputs, %s\n", printable(words[0]).c_str(), experiment.data.train.size(),
              experiment.data.train.x.cols(), experiment.config.train.loss.c_str());
  for (const LayerOptions& layer : experiment.config.layers) {
    std::printf("  layer of %zu units, %s\n", layer.units, layer.activation.c_str());
  }
  if (!shown("the initial weights: ", [&] { experiment.network(); })) {
    std::printf("  until then they are drawn from N(0, 1 / fan_in)\n");
    for (LayerOptions& layer : experiment.config.layers) layer.init = "lecun_normal";
  }
  Start begun{experiment, experiment.network(), make_loss(experiment.config.train)};
  shown("", [&] { show(begun); });
}

// One row of a tensor, "(0.5, -1, …)".
std::string row(const Tensor& t, std::size_t i = 0) {
  std::string list;
  for (std::size_t j = 0; j < std::min<std::size_t>(t.cols(), 8); ++j)
    list += (j == 0 ? "" : ", ") + text(static_cast<double>(t(i, j)));
  return "(" + list + (t.cols() > 8 ? ", …" : "") + ")";
}

void line(const char* name, const std::string& value) { std::printf("  %-6s %s\n", name, value.c_str()); }

// Goes through the layers one after the other, so that everything before the first gap is shown.
void pass(Start& begun) {
  auto& layers = begun.network.layers;
  const Dataset batch = first_batch(begun.experiment.data, begun.experiment.config.train, begun.experiment.config.seed);
  std::size_t i = 0;  // the first row with an input that is not 0
  while (i + 1 < batch.size() && std::ranges::all_of(batch.x.row(i), [](real v) { return v == 0; })) ++i;
  std::printf("\nforward, sample %zu of %zu\n", i + 1, batch.size());
  const Tensor* x = &batch.x;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    std::printf("layer %zu: %s, %zu → %zu\n", l + 1, layers[l].activation->name().c_str(), layers[l].Wt.rows(),
                layers[l].Wt.cols());
    line("x", row(*x, i));
    layers[l].z.resize(0, 0);
    try {
      layers[l].forward(*x, 1);
    } catch (const NeedsTask& gap) {
      if (layers[l].z.size() == 0) return line("z", gap.what());
      line("z", row(layers[l].z, i));
      return line("a", gap.what());
    }
    line("z", row(layers[l].z, i));
    line("σ′(z)", row(layers[l].derivative, i));
    line("a", row(layers[l].a, i));
    x = &layers[l].a;
  }
  std::printf("\nloss: %s\n", begun.experiment.config.train.loss.c_str());
  line("y", row(batch.y, i));
  shown("  L      ", [&] { line("L", text(static_cast<double>(begun.network.loss(*begun.loss, batch.y)))); });
  std::printf("\nbackward, sample %zu of %zu\n", i + 1, batch.size());
  for (Dense& layer : layers) {
    layer.dL_dz.resize(0, 0);
    layer.dL_dWt.resize(0, 0);
  }
  const bool whole = shown("  ", [&] {
    begun.network.forward_training(batch.x, 1);
    begun.network.backward(*begun.loss, batch.y, true);
  });
  for (std::size_t l = layers.size(); l-- > 0;) {
    if (layers[l].dL_dz.size() == 0 || (!whole && layers[l].dL_dWt.size() == 0)) break;
    std::printf("layer %zu\n", l + 1);
    line("∂L/∂z", row(layers[l].dL_dz, i));
    for (std::size_t k = 0; k < layers[l].dL_dWt.rows(); ++k)
      line("∂L/∂W", row(layers[l].dL_dWt, k) + ", of input " + std::to_string(k + 1));
    line("∂L/∂b", row(layers[l].dL_db));
  }
}

int trace(const Words& words) {
  start(words, pass);
  return 0;
}

int gradcheck(const Words& words) {
  start(words, [](Start& begun) {
    const Dataset first =
        first_batch(begun.experiment.data, begun.experiment.config.train, begun.experiment.config.seed);
    Dataset batch;
    select_rows(first, {}, 0, std::min<std::size_t>(first.size(), 16), batch);
    Rows rows{{"tensor", "entries", "excluded", "largest |a − n|", "verdict"}};
    for (const TensorCheck& t : check_gradients(begun.network, *begun.loss, batch.x, batch.y).tensors) {
      rows.push_back(
          {t.tensor, std::to_string(t.entries), std::to_string(t.excluded), text(t.max_abs), std::string(t.verdict())});
    }
    std::printf("%s", table(rows).c_str());
  });
  return 0;
}

int train(const Words& words) {
  start(words, [](Start& begun) {
    const Config& config = begun.experiment.config;
    Training training(begun.network, begun.experiment.data, config.train, config.seed, config.diagnostics.every);
    std::vector<FlowRow> last;
    Training::Hooks hooks;
    const auto show = [&last](const char* when) {
      if (!last.empty()) std::printf("\nGradient flow %s:\n%s\n", when, flow_table(last).c_str());
    };
    hooks.started = [&](const std::vector<FlowRow>& rows) {
      last = rows;
      show("before the first step");
    };
    const std::uint64_t epochs = config.train.epochs;
    hooks.epoch_done = [&, epochs](const EpochRecord& record, const std::vector<FlowRow>& rows) {
      if (!rows.empty()) last = rows;
      if (record.epoch * 10 / epochs == (record.epoch - 1) * 10 / epochs) return;
      std::printf("epoch %5llu  loss %s  %s %s\n", static_cast<unsigned long long>(record.epoch),
                  text(record.train.loss).c_str(), begun.experiment.task == Task::regression ? "R²" : "accuracy",
                  text(record.train.metric).c_str());
    };
    training.run(hooks);
    show("at the end");
  });
  return 0;
}

struct Command {
  const char* name;
  int (*run)(const Words&);
  const char* summary;
};
constexpr Command commands[]{
    {"activations", catalogue, "[NAME...]                     the activation functions, their ranges and some values"},
    {"trace", trace, "CONFIG [--set KEY=VALUE]...         one sample forward and backward, with all numbers"},
    {"gradcheck", gradcheck, "CONFIG [--set KEY=VALUE]...     compares every gradient with a numeric one"},
    {"train", train, "CONFIG [--set KEY=VALUE]...         trains, and shows how the gradient flowed"}};

int run(const Words& words) {
  for (const Command& command : commands) {
    if (!words.empty() && words[0] == command.name) return command.run({words.begin() + 1, words.end()});
  }
  for (const Command& command : commands) std::printf("primer %s %s\n", command.name, command.summary);
  return words.empty() || words[0] == "--help" ? 0 : 2;
}

}  // namespace
}  // namespace primer

int main(int argc, char** argv) {
  try {
    return primer::run({argv + 1, argv + argc});
  } catch (const primer::UserError& error) {
    std::fprintf(stderr, "primer: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "primer: %s\n", error.what());
    return 1;
  }
}
