#include "primer/runs/warnings.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "../program.hpp"

using namespace primer;

namespace {

// A run without warnings.
constexpr const char* sound =
    "[data]\n"
    "generator = \"gaussians\"\n"
    "points = 90\n"
    "test_fraction = 0.2\n"
    "[[layer]]\n"
    "units = 16\n"
    "activation = \"tanh\"\n"
    "[[layer]]\n"
    "units = 16\n"
    "activation = \"relu\"\n"
    "[[layer]]\n"
    "activation = \"softmax\"\n"
    "[train]\n"
    "loss = \"cross_entropy\"\n";

std::vector<Warning> warnings(const std::string& text, const std::vector<Override>& overrides = {}) {
  const program::Folder folder;
  program::spill(folder / "c.toml", text);
  program::spill(folder / "big.csv", "year,share,y\n2001,0.1,1.5\n2002,0.3,2.5\n2003,0.2,2.25\n");
  program::spill(folder / "prices.csv", "rooms,price\n1,150000\n2,250000\n3,325000\n");
  program::spill(folder / "classes.csv", "x,y\n1,0\n2,1\n3,2\n1,0\n2,1\n3,2\n");
  return warnings_of(load_experiment(folder / "c.toml", overrides));
}

// The codes and locations of the warnings after some keys of the sound config change.
std::string met(const std::vector<Override>& overrides, const std::string& text = sound) {
  std::string list;
  for (const Warning& w : warnings(text, overrides)) {
    list += (list.empty() ? "" : "; ") + w.code + " at " +
            (w.location.line > 0 ? "line " + std::to_string(w.location.line) : w.location.file);
  }
  return list;
}

const std::string regression =
    "[data]\nfile = \"big.csv\"\nstandardize = true\n[[layer]]\nunits = 8\nactivation = \"tanh\"\n[[layer]]\n[train]\n"
    "loss = \"mse\"\n";

std::string of_file(const std::string& name) {
  std::string text = regression;
  return text.replace(text.find("big.csv"), 7, name);
}

}  // namespace

TEST_CASE("a sound config, every shipped config and the configs that runs write give no warning") {
  CHECK(met({}) == "");
  CHECK(met({}, regression) == "");
  std::size_t shipped = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PRIMER_SOURCE_DIR "/configs")) {
    if (entry.path().extension() != ".toml") continue;
    CAPTURE(entry.path().string());
    const Experiment experiment = load_experiment(entry.path().string(), {});
    CHECK(warnings_of(experiment).empty());
    const program::Folder folder;
    program::spill(folder / "config.toml", to_toml(experiment.config, folder.path));
    CHECK(warnings_of(load_experiment(folder / "config.toml", {})).empty());
    ++shipped;
  }
  CHECK(shipped >= 7);
}

TEST_CASE("each trap in the layers gives its warning and no other") {
  CHECK(met({{"layer.1.activation", "sigmoid"}, {"layer.1.repeat", "4"}}) == "vanishing at --set layer.1.activation");
  CHECK(met({{"layer.1.activation", "sigmoid"}, {"layer.1.repeat", "2"}}) == "");
  CHECK(met({{"layer.1.activation", "sigmoid"}, {"layer.1.repeat", "9"}, {"layer.1.batch_norm", "true"}}) == "");
  CHECK(met({{"layer.1.repeat", "20"}}) == "");
  CHECK(met({{"layer.1.repeat", "6"}, {"layer.1.init", "normal(0.05)"}}) == "vanishing at --set layer.1.init");
  CHECK(met({{"layer.1.repeat", "12"}, {"layer.1.init", "normal(1)"}}) == "exploding at --set layer.1.init");
  CHECK(met({{"layer.1.activation", "softmax"}}) == "softmax-hidden at --set layer.1.activation");
  CHECK(met({{"layer.2.activation", "step"}}) == "zero-slope at --set layer.2.activation");
  CHECK(met({{"layer.1.activation", "identity"}}) == "linear at --set layer.1.activation");
  CHECK(met({{"layer.2.init", "xavier_uniform"}}) == "init at --set layer.2.init");
  CHECK(met({{"layer.1.init", "he_normal"}}) == "init at --set layer.1.init");
  CHECK(met({{"layer.1.init", "xavier_normal"}, {"layer.2.init", "he_normal"}}) == "");
  CHECK(met({{"layer.1.init", "zeros"}}) == "symmetric-init at --set layer.1.init");
  CHECK(met({{"layer.2.init", "constant(0.1)"}}) == "symmetric-init at --set layer.2.init");
  CHECK(met({{"layer.3.init", "zeros"}}) == "");
  CHECK(met({{"layer.2.units", "2"}, {"layer.2.repeat", "3"}}) == "born-dead at --set layer.2.units");
  CHECK(met({{"layer.2.units", "2"}, {"layer.2.repeat", "3"}, {"layer.2.activation", "leaky_relu"}}) == "");
  CHECK(met({{"layer.1.batch_norm", "true"}, {"train.batch_size", "1"}}) == "batch-of-one at --set layer.1.batch_norm");
}

TEST_CASE("each trap in data, targets and outputs gives its warning and no other") {
  CHECK(met({{"data.standardize", "false"}}, regression) == "unscaled-inputs at --set data.standardize");
  CHECK(met({{"data.noise", "40"}}) == "unscaled-inputs at line 1");
  CHECK(met({}, of_file("prices.csv")) == "unscaled-targets at line 9");
  CHECK(met({}, of_file("classes.csv")) == "classes-as-numbers at line 9");
  CHECK(met({{"layer.2.activation", "tanh"}}, regression) == "target-range at --set layer.2.activation");
  CHECK(met({{"layer.2.activation", "relu"}}, regression) == "relu-output at --set layer.2.activation");
  CHECK(met({{"layer.2.activation", "softplus"}}, regression) == "");
  CHECK(met({{"layer.2.dropout", "0.5"}}, regression) == "output-dropout at --set layer.2.dropout");
  CHECK(met({{"data.test_fraction", "0.1"}}, regression) == "empty-split at --set data.test_fraction");
  CHECK(met({{"data.validation_fraction", "0.1"}}, regression) == "empty-split at --set data.validation_fraction");
}

TEST_CASE("each trap in the optimiser gives its warning and no other") {
  CHECK(met({{"train.learning_rate", "0"}}) == "no-step at --set train.learning_rate");
  CHECK(met({{"train.learning_rate", "0.1"}, {"train.weight_decay", "30"}}) ==
        "weight-decay at --set train.weight_decay");
  CHECK(met({{"train.learning_rate", "0.1"}, {"train.weight_decay", "15"}}) ==
        "weight-decay at --set train.weight_decay");
  CHECK(met({{"train.learning_rate", "0.1"}, {"train.weight_decay", "9"}}) == "");
  const auto with = [](const char* optimizer) {
    return met({{"train.optimizer", optimizer}, {"train.learning_rate", "0.1"}, {"train.weight_decay", "15"}});
  };
  CHECK(with("adamw") == "weight-decay at --set train.weight_decay");
  CHECK(with("adam") == "");  // it divides the decay by its own size
  CHECK(with("rmsprop") == "");
  CHECK(with("adagrad") == "");
}

TEST_CASE("large targets give a warning only with a loss whose gradient grows with them") {
  CHECK(met({{"train.loss", "mae"}}, of_file("prices.csv")) == "");
  CHECK(met({{"train.loss", "huber"}}, of_file("prices.csv")) == "");
  CHECK(met({{"train.loss", "huber"}, {"train.huber_delta", "1e4"}}, of_file("prices.csv")) ==
        "unscaled-targets at --set train.loss");
}

TEST_CASE("every key without effect gives a warning if it is not the default") {
  const std::vector<std::pair<std::string, std::string>> keys{{"train.rho", "0.5"},
                                                              {"train.beta1", "0.5"},
                                                              {"train.beta2", "0.5"},
                                                              {"train.epsilon", "0.5"},
                                                              {"train.huber_delta", "2"},
                                                              {"train.schedule_step_size", "2"},
                                                              {"train.schedule_gamma", "0.5"},
                                                              {"train.schedule_t_max", "5"},
                                                              {"train.schedule_eta_min", "0.001"},
                                                              {"train.schedule_start_factor", "0.5"},
                                                              {"train.schedule_total_iters", "9"},
                                                              {"train.schedule_unit", "step"},
                                                              {"data.turns", "2"}};
  for (const auto& [key, value] : keys) CHECK(met({{key, value}}) == "idle-key at --set " + key);
  CHECK(met({{"train.optimizer", "adam"}, {"train.momentum", "0.5"}}) == "idle-key at --set train.momentum");
  CHECK(met({{"train.optimizer", "rmsprop"}, {"train.momentum", "0.5"}, {"train.nesterov", "true"}}) ==
        "idle-key at --set train.nesterov");
  CHECK(met({{"train.label_smoothing", "0.1"}}, regression) == "idle-key at --set train.label_smoothing");
  for (const char* key : {"data.points", "data.classes", "data.inputs", "data.noise"}) {
    CHECK(met({{key, "7"}}, regression) == std::string("idle-key at --set ") + key);
  }
  CHECK(met({{"train.rho", "0.99"}, {"train.schedule_unit", "epoch"}, {"train.momentum", "0.5"}}) == "");
}

TEST_CASE("a warning names the location, the code, the rule and the remedy") {
  const auto text = [](const std::vector<Override>& overrides, const std::string& config = sound) {
    const std::vector<Warning> list = warnings(config, overrides);
    return list.empty() ? "nothing" : to_string(list[0]);
  };
  CHECK(text({{"layer.1.activation", "sigmoid"}, {"layer.1.repeat", "8"}, {"layer.2.activation", "sigmoid"}}) ==
        "--set layer.1.activation: vanishing: with the initial weights, the gradient shrinks: from layer 9 to layer 1, "
        "the gradient is multiplied by about 8.4e-06 (0.23 per layer), because σ′ of sigmoid is at most 0.25; use "
        "tanh or relu, or batch_norm, or fewer layers");
  CHECK(text({{"train.optimizer", "adam"}, {"train.momentum", "0.5"}}) ==
        "--set train.momentum: idle-key: train.momentum does nothing with optimizer = \"adam\"; remove it");
  CHECK(text({{"layer.2.init", "xavier_uniform"}}) ==
        "--set layer.2.init: init: xavier_uniform does not suit relu: each layer with this init multiplies the "
        "signal and the gradient by about 0.71; leave init out, or write \"he_uniform\"");
  CHECK(text({{"layer.2.units", "2"}, {"layer.2.repeat", "3"}}) ==
        "--set layer.2.units: born-dead: for about 58 of 100 seeds, all units of some layer have z ≤ 0 for every "
        "row before training, so that every row has the same output; use more units or leaky_relu");
  CHECK(text({{"train.learning_rate", "0.1"}, {"train.weight_decay", "30"}}) ==
        "--set train.weight_decay: weight-decay: each step multiplies the parameters by 1 − learning_rate · "
        "weight_decay = "
        "-2, so they grow without bound; use a weight_decay of about 0.01");
  CHECK(text({{"layer.2.activation", "tanh"}}, regression) ==
        "--set layer.2.activation: target-range: 3 of 3 targets are outside -1 … 1, the range of tanh; use identity at "
        "the output, or scale the targets");
  CHECK(text({{"data.standardize", "false"}}, regression) ==
        "--set data.standardize: unscaled-inputs: the root mean square of column \"year\" is 2e+03; the smallest root "
        "mean square is 0.22: large inputs saturate units and dominate the gradient; set data.standardize = true");
}

TEST_CASE("traps in the data give their warnings") {
  const program::Folder folder;
  const auto codes = [&](const std::string& csv, const std::string& keys, const std::string& layers,
                         const std::string& loss) {
    program::spill(folder / "d.csv", csv);
    program::spill(folder / "c.toml",
                   "[data]\nfile = \"d.csv\"\n" + keys + layers + "[train]\nloss = \"" + loss + "\"\nbatch_size = 4\n");
    std::string found;
    for (const Warning& w : warnings_of(load_experiment(folder / "c.toml", {}))) {
      found += (found.empty() ? "" : " ") + w.code;
    }
    return found;
  };
  const std::string softmax = "[[layer]]\nactivation = \"softmax\"\n",
                    sigmoid = "[[layer]]\nactivation = \"sigmoid\"\n";
  CHECK(codes("x,c,y\n1,0.1,2\n2,0.1,3\n3,0.1,5\n", "", "[[layer]]\n", "mse") == "constant-input");
  CHECK(codes("x,y\n1,0.1\n2,0.1\n3,0.1\n", "", "[[layer]]\n", "mse") == "constant-target");
  CHECK(codes("x,p,q\n1,1,0\n2,1,1\n3,1,0\n", "target = [\"p\", \"q\"]\n", sigmoid, "binary_cross_entropy") ==
        "constant-target");
  CHECK(codes("x,c,y\n1,a,2\n2,b,3\n3,a,4\n4,c,5\n", "one_hot = [\"c\"]\nshuffle = false\ntest_fraction = 0.25\n",
              "[[layer]]\n", "mse") == "untrained-category");
  CHECK(codes("x,y\n1,0\n2,0\n3,0\n", "", sigmoid, "binary_cross_entropy") == "one-class");
  std::string rare = "x,y\n";
  for (int i = 0; i < 11; ++i) rare += std::to_string(i % 7) + (i == 3 ? ",yes\n" : ",no\n");
  CHECK(codes(rare, "", sigmoid, "binary_cross_entropy") == "imbalanced");
  CHECK(codes("x,y\n1,a\n2,b\n3,a\n4,c\n", "shuffle = false\ntest_fraction = 0.25\n", softmax, "cross_entropy") ==
        "untrained-class");
  CHECK(codes("x,y\n1,0.5\n2,0.7\n3,0.5\n", "", softmax, "cross_entropy") == "numbers-as-classes");
  CHECK(codes("x,y\n1,1\n2,2.0\n3,1\n", "", softmax, "cross_entropy") == "");
  CHECK(codes("x,y\n1,a\n2,b\nNA,b\n", "missing = \"drop\"\n", softmax, "cross_entropy") == "dropped-rows");
  const std::string normed = "[[layer]]\nunits = 3\nactivation = \"tanh\"\nbatch_norm = true\n[[layer]]\n";
  CHECK(codes("x,y\n1,1\n2,3\n3,2\n1,4\n2,1\n", "", normed, "mse") == "batch-of-one");
  CHECK(codes("x,y\n1,1\n2,3\n3,2\n1,4\n", "", normed, "mse") == "");
  const std::string far = sizeof(real) == sizeof(double) ? "1e200" : "1e30";
  CHECK(codes("x,y\n1,1\n" + far + ",3\n", "", "[[layer]]\n", "mse") == "unscaled-inputs");
}
