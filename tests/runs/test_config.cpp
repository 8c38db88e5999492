// The config reader: every key lands in its option, knows its place, and is written back as it was understood.
#include "primer/runs/config.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include "../allocations.hpp"
#include "../program.hpp"

using namespace primer;

namespace {

using program::Folder;
using program::spill;

constexpr const char* shortest =
    "[data]\ngenerator = \"xor\"\n[[layer]]\nactivation = \"sigmoid\"\n[train]\nloss = \"mse\"\n";

// Every key, with a value that is not its default.
constexpr const char* everything =
    "seed = 9223372036854775807\n"
    "[data]\n"
    "file = \"d.csv\"\n"
    "target = [\"b\", \"größe, in cm\"]\n"
    "validation_file = \"../v.csv\"\n"
    "points = 11\n"
    "classes = 4\n"
    "inputs = 3\n"
    "turns = -1.5\n"
    "noise = 0.25\n"
    "test_fraction = 0.125\n"
    "standardize = true\n"
    "shuffle = false\n"
    "[[layer]]\n"
    "units = 7\n"
    "activation = \"leaky_relu(0.2)\"\n"
    "init = \"normal(0.5)\"\n"
    "batch_norm = true\n"
    "residual = true\n"
    "dropout = 0.5\n"
    "[[layer]]\n"
    "[train]\n"
    "loss = \"huber\"\n"
    "huber_delta = 2\n"
    "label_smoothing = 0.1\n"
    "optimizer = \"adamw\"\n"
    "learning_rate = 0.001\n"
    "momentum = 0.9\n"
    "nesterov = true\n"
    "rho = 0.5\n"
    "beta1 = 0.8\n"
    "beta2 = 0.99\n"
    "epsilon = 1e-6\n"
    "weight_decay = 0.25\n"
    "clip_norm = 5\n"
    "schedule = \"step\"\n"
    "schedule_step_size = 2\n"
    "schedule_gamma = 0.5\n"
    "schedule_t_max = 12\n"
    "schedule_eta_min = 1e-5\n"
    "schedule_start_factor = 0.125\n"
    "schedule_total_iters = 6\n"
    "schedule_unit = \"step\"\n"
    "epochs = 0\n"
    "batch_size = 1\n"
    "early_stopping = 3\n"
    "checkpoint_every = 4\n"
    "[diagnostics]\n"
    "every = 0\n";

Config read(const std::string& text, const std::vector<Override>& overrides = {}) {
  const Folder folder;
  spill(folder / "c.toml", text);
  return read_config(folder / "c.toml", overrides);
}

// The error about a config, without the file's name.
std::string complaint(const std::string& text, const std::vector<Override>& overrides = {}) {
  const Folder folder;
  const std::string path = folder / "c.toml";
  spill(path, text);
  try {
    read_config(path, overrides);
  } catch (const UserError& e) {
    const std::string said = e.what();
    return said.starts_with(path) ? said.substr(path.size()) : said;
  }
  return "read";
}

// Checks that a config has the values of `everything`, read from `folder`/sub.
void check_everything(const Config& c, const Folder& folder) {
  CHECK(c.seed == 9223372036854775807U);
  CHECK(c.data.file == folder / "sub/d.csv");  // beside the config
  CHECK(c.data.validation_file == folder / "v.csv");
  CHECK(c.data.target == std::vector<std::string>{"b", "größe, in cm"});
  CHECK(c.data.points == 11);
  CHECK(c.data.classes == 4);
  CHECK(c.data.inputs == 3);
  CHECK(c.data.turns == -1.5);
  CHECK(c.data.noise == 0.25);
  CHECK(c.data.test_fraction == 0.125);
  CHECK(c.data.standardize);
  CHECK_FALSE(c.data.shuffle);
  REQUIRE(c.layers.size() == 2);
  CHECK(c.layers[0].units == 7);
  CHECK(c.layers[0].activation == "leaky_relu(0.2)");
  CHECK(c.layers[0].init == "normal(0.5)");
  CHECK(c.layers[0].batch_norm);
  CHECK(c.layers[0].residual);
  CHECK(c.layers[0].dropout == 0.5);
  CHECK(c.layers[1].activation == "identity");
  CHECK(c.train.loss == "huber");
  CHECK(c.train.huber_delta == 2);
  CHECK(c.train.label_smoothing == 0.1);
  CHECK(c.train.optimizer == "adamw");
  CHECK(c.train.learning_rate == 0.001);
  CHECK(c.train.momentum == 0.9);
  CHECK(c.train.nesterov);
  CHECK(c.train.rho == 0.5);
  CHECK(c.train.beta1 == 0.8);
  CHECK(c.train.beta2 == 0.99);
  CHECK(c.train.epsilon == 1e-6);
  CHECK(c.train.weight_decay == 0.25);
  CHECK(c.train.clip_norm == 5);
  CHECK(c.train.schedule == "step");
  CHECK(c.train.schedule_step_size == 2);
  CHECK(c.train.schedule_gamma == 0.5);
  CHECK(c.train.schedule_t_max == 12);
  CHECK(c.train.schedule_eta_min == 1e-5);
  CHECK(c.train.schedule_start_factor == 0.125);
  CHECK(c.train.schedule_total_iters == 6);
  CHECK(c.train.schedule_unit == "step");
  CHECK(c.train.epochs == 0);
  CHECK(c.train.batch_size == 1);
  CHECK(c.train.early_stopping == 3);
  CHECK(c.train.checkpoint_every == 4);
  CHECK(c.diagnostics.every == 0);
}

std::string with(const std::string& more) { return shortest + more; }

}  // namespace

TEST_CASE("a key that the config leaves out has the documented default") {
  const Config c = read(shortest);
  CHECK(c.seed == 1);
  CHECK(c.data.generator == "xor");
  CHECK(c.data.file.empty());
  CHECK(c.data.target.empty());
  CHECK(c.data.points == 0);
  CHECK(c.data.test_fraction == 0);
  CHECK(c.data.validation_fraction == 0);
  CHECK_FALSE(c.data.standardize);
  CHECK(c.data.shuffle);
  REQUIRE(c.layers.size() == 1);
  CHECK(c.layers[0].units == 0);  // follows from the data
  CHECK(c.layers[0].init == "auto");
  CHECK_FALSE(c.layers[0].batch_norm);
  CHECK_FALSE(c.layers[0].residual);
  CHECK(c.layers[0].dropout == 0);
  CHECK(c.train.optimizer == "sgd");
  CHECK(c.train.learning_rate == 0.01);
  CHECK(c.train.momentum == 0);
  CHECK(c.train.epsilon == 1e-8);
  CHECK(c.train.weight_decay == 0);
  CHECK(c.train.epochs == 100);
  CHECK(c.train.batch_size == 32);
  CHECK(c.train.clip_norm == 0);
  CHECK(c.train.early_stopping == 0);
  CHECK(c.train.checkpoint_every == 0);
  CHECK(c.train.schedule == "none");
  CHECK(c.diagnostics.every == 10);
}

TEST_CASE("an optimiser's own defaults are filled in") {
  CHECK(read(with("optimizer = \"adagrad\"\n")).train.epsilon == 1e-10);
  CHECK(read(with("optimizer = \"adamw\"\n")).train.weight_decay == 0.01);
  CHECK(read(with("optimizer = \"adamw\"\nweight_decay = 0\n")).train.weight_decay == 0);
  CHECK(read(with("schedule = \"cosine\"\nepochs = 40\n")).train.schedule_t_max == 40);
  CHECK(read(with("schedule = \"cosine\"\nepochs = 40\nschedule_t_max = 7\n")).train.schedule_t_max == 7);
}

TEST_CASE("every key is read into its option") {
  const Folder folder;
  std::filesystem::create_directory(folder / "sub");
  spill(folder / "sub/c.toml", everything);
  const Config c = read_config(folder / "sub/c.toml", {});
  CHECK(c.path == folder / "sub/c.toml");
  check_everything(c, folder);
}

TEST_CASE("a written config reads back as the same config, from any folder") {
  const Folder folder;
  std::filesystem::create_directories(folder / "sub/run");
  spill(folder / "sub/c.toml", everything);
  const Config c = read_config(folder / "sub/c.toml", {});
  const std::string text = to_toml(c, folder / "sub/run");
  CHECK(text.find("file = \"../d.csv\"\n") != std::string::npos);
  CHECK(text.find("validation_file = \"../../v.csv\"\n") != std::string::npos);
  spill(folder / "sub/run/config.toml", text);
  const Config again = read_config(folder / "sub/run/config.toml", {});
  check_everything(again, folder);
  CHECK(to_toml(again, folder / "sub/run") == text);
  const std::string elsewhere = to_toml(c, "");
  CHECK(elsewhere.find("d.csv") == std::string::npos);
  CHECK(elsewhere.find("v.csv") == std::string::npos);
  CHECK(elsewhere.find("learning_rate = 0.001\n") != std::string::npos);
}

TEST_CASE("a key knows its location; a key that the file leaves out has the location of its section, or the file") {
  const Folder folder;
  spill(folder / "c.toml", with("epochs =  3\n"));
  const Config c = read_config(folder / "c.toml", {{"layer.1.units", "2"}});
  const auto location = [&](const std::string& key) { return to_string(c.location(key)); };
  const std::string file = folder / "c.toml";
  CHECK(location("train.epochs") == file + ":7:11");
  CHECK(location("train.momentum") == location("train"));
  CHECK(location("train.momentum").starts_with(file));
  CHECK(location("layer.1.activation") == file + ":4:14");
  CHECK(location("layer.1.units") == "--set layer.1.units");
  CHECK(location("layer.1.dropout") == file + ":3:1");
  CHECK(location("diagnostics.every") == file);
}

TEST_CASE("repeat makes several layers with the same location") {
  const Config c = read(
      "[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 3\nactivation = \"tanh\"\nrepeat = 3\n[[layer]]\nunits = 1\n"
      "[train]\nloss = \"mse\"\n");
  REQUIRE(c.layers.size() == 4);
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(c.layers[l].units == 3);
    CHECK(c.layers[l].activation == "tanh");
    CHECK(c.location("layer." + std::to_string(l + 1) + ".units").line == 4);
  }
  CHECK(c.layers[3].units == 1);
  CHECK(c.location("layer.4.units").line == 8);
  CHECK(complaint("[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 3\nrepeat = 1000\n[[layer]]\n[train]\nloss = "
                  "\"mse\"\n") == ":6:1: more than 1000 layers");
}

TEST_CASE("--set changes or adds a key in any section and layer, and the last --set wins") {
  const Config c = read(shortest, {{"train.learning_rate", "0.5"},
                                   {"train.learning_rate", "0.25"},
                                   {"train.optimizer", "adam"},
                                   {"diagnostics.every", "0"},
                                   {"layer.1.activation", "tanh"},
                                   {"data.noise", "1"},
                                   {"seed", "7"}});
  CHECK(c.train.learning_rate == 0.25);
  CHECK(c.train.optimizer == "adam");
  CHECK(c.diagnostics.every == 0);
  CHECK(c.layers[0].activation == "tanh");
  CHECK(c.data.noise == 1);
  CHECK(c.seed == 7);
}

TEST_CASE("a file name in --set is relative to the working directory, one in the config to the config") {
  const Folder folder;
  spill(folder / "c.toml", "[data]\nfile = \"d.csv\"\n[[layer]]\n[train]\nloss = \"mse\"\n");
  CHECK(read_config(folder / "c.toml", {}).data.file == folder / "d.csv");
  CHECK(read_config(folder / "c.toml", {{"data.file", "here.csv"}}).data.file == "here.csv");
  CHECK(read_config(folder / "c.toml", {{"data.file", "/there.csv"}}).data.file == "/there.csv");
}

TEST_CASE("a --set that makes no sense is refused with its key") {
  const auto refused = [](const std::string& key, const std::string& value = "1") {
    return complaint(shortest, {{key, value}});
  };
  const std::string how = ": write --set SECTION.KEY=VALUE, as in train.learning_rate=0.1 or layer.1.units=8";
  CHECK(refused("") == "--set " + how);
  CHECK(refused("train.") == "--set train." + how);
  CHECK(refused(".epochs") == "--set .epochs" + how);
  CHECK(refused("train.a.b") == "--set train.a.b" + how);
  for (const std::string key :
       {"layer.0.units", "layer.2.units", "layer.x.units", "layer.1x1.units", "layer.1.5.units", "layer.1-2.units",
        "layer.1-0.units", "layer.1-.units", "layer.-1.units", "layer.units"}) {
    CHECK(refused(key) == "--set " + key +
                              ": write layer.N.KEY, or layer.N-M.KEY for several layers, with N from 1 to 1, the "
                              "number of [[layer]] tables in the file");
  }
  CHECK(complaint("seed = 2\n" + std::string(shortest), {{"seed.x", "1"}}) ==
        "--set seed.x: 'seed' is not a section; write SECTION.KEY=VALUE");
  CHECK(refused("train.epochs", "many") ==
        "--set train.epochs: epochs: must be an integer from 0 to 1000000000, not a string");
  CHECK(refused("trian.epochs") == "--set trian.epochs: unknown key 'trian'; did you mean 'train'?");
}

TEST_CASE("a value of the wrong type or out of range is refused at its location") {
  struct Wrong {
    const char* line;
    const char* text;
  };
  const Wrong wrong[]{
      {"epochs = -1", "10: epochs: must be an integer from 0 to 1000000000, not -1"},
      {"epochs = true", "10: epochs: must be an integer from 0 to 1000000000, not a boolean"},
      {"learning_rate = -0.5", "17: learning_rate: must be 0 or more, not -0.5"},
      {"learning_rate = inf", "17: learning_rate: must be 0 or more, not inf"},
      {"learning_rate = nan", "17: learning_rate: must be 0 or more, not nan"},
      {"learning_rate = \"fast\"", "17: learning_rate: must be a number, not a string"},
      {"momentum = 1", "12: momentum: must be from 0 up to, but not including, 1, not 1"},
      {"rho = 1.5", "7: rho: must be from 0 to 1, not 1.5"},
      {"huber_delta = 0", "15: huber_delta: must be more than 0, not 0"},
      {"schedule_step_size = 1.5", "22: schedule_step_size: must be an integer from 1 to 1000000000, not a float"},
      {"schedule_step_size = 2e19", "22: schedule_step_size: must be an integer from 1 to 1000000000, not a float"},
      {"schedule_step_size = 0", "22: schedule_step_size: must be an integer from 1 to 1000000000, not 0"},
      {"schedule_start_factor = 0", "25: schedule_start_factor: must be more than 0 and at most 1, not 0"},
      {"nesterov = 1", "12: nesterov: must be true or false, not an integer"},
      {"optimizer = 1", "13: optimizer: must be a string, not an integer"},
      {"optimizer = \"adma\"", "13: optimizer: 'adma' is not known; did you mean 'adam'?"},
      {"schedule_unit = \"hour\"", "17: schedule_unit: 'hour' is not known; write epoch or step"},
  };
  for (const Wrong& w : wrong) {
    CAPTURE(w.line);
    CHECK(complaint(with(std::string(w.line) + "\n")) == std::string(":7:") + w.text);
  }
  CHECK(complaint("seed = -1\n" + std::string(shortest)) ==
        ":1:8: seed: must be an integer from 0 to 9223372036854775807, not -1");
}

TEST_CASE("the angles of a spiral are limited to where sin and cos are accurate") {
  const auto data = [](const std::string& key) {
    return complaint("[data]\ngenerator = \"spirals\"\n" + key + "\n[[layer]]\n[train]\nloss = \"mse\"\n");
  };
  CHECK(data("turns = 1e18") == ":3:9: turns: must be from -100000 to 100000, not 1e+18");
  CHECK(data("turns = -100001") == ":3:9: turns: must be from -100000 to 100000, not -100001");
  CHECK(data("noise = 1e7") == ":3:9: noise: must be from 0 to 1000000, not 1e+07");
  CHECK(data("turns = 100000") == "read");
}

TEST_CASE("the bounds of every count are allowed, and the next integers are not") {
  struct Bounds {
    const char* key;
    long low, high;
  };
  constexpr Bounds counts[]{{"data.points", 1, 100'000'000},
                            {"data.classes", 2, 100'000},
                            {"data.inputs", 1, 1'000'000},
                            {"layer.1.units", 1, 1'000'000},
                            {"layer.1.repeat", 1, 1'000},
                            {"train.epochs", 0, 1'000'000'000},
                            {"train.batch_size", 0, 1'000'000'000},
                            {"train.checkpoint_every", 0, 1'000'000'000},
                            {"diagnostics.every", 0, 1'000'000'000},
                            {"train.schedule_step_size", 1, 1'000'000'000}};
  for (const auto& [name, low, high] : counts) {
    const std::string key = name;
    CAPTURE(key);
    const auto said = [&](long value) { return complaint(shortest, {{key, std::to_string(value)}}); };
    // repeat would make several layers, all but the last without units.
    const std::string allowed = key == "layer.1.repeat" ? ":3:1: this layer needs the key 'units'" : "read";
    CHECK(said(low).starts_with("read"));
    CHECK(said(high).starts_with(allowed));
    CHECK(said(low - 1).find("must be an integer from " + std::to_string(low)) != std::string::npos);
    CHECK(said(high + 1).find("must be an integer from " + std::to_string(low)) != std::string::npos);
  }
  CHECK(complaint(shortest, {{"data.validation_fraction", "0.5"}, {"train.early_stopping", "1000000000"}}) == "read");
  CHECK(complaint(shortest, {{"data.validation_fraction", "0.5"}, {"train.early_stopping", "1000000001"}}) != "read");
}

TEST_CASE("the bounds of every number are allowed or refused as documented") {
  struct Numbers {
    const char* key;
    std::vector<const char*> allowed, refused;
  };
  const Numbers numbers[]{{"data.noise", {"0", "1e6"}, {"-1e-300", "1.001e6", "inf", "nan"}},
                          {"data.turns", {"-1e5", "1e5"}, {"-1.001e5", "1.001e5", "nan"}},
                          {"data.test_fraction", {"0", "0.999"}, {"-1e-300", "1", "nan"}},
                          {"data.validation_fraction", {"0", "0.999"}, {"-1e-300", "1"}},
                          {"layer.1.dropout", {"0", "0.999"}, {"-1e-300", "1"}},
                          {"train.huber_delta", {"1e-300", "1e9"}, {"0", "-1", "inf"}},
                          {"train.label_smoothing", {"0", "0.999"}, {"-1e-300", "1"}},
                          {"train.learning_rate", {"0", "1e9"}, {"-1e-300", "inf"}},
                          {"train.momentum", {"0", "0.999"}, {"-1e-300", "1"}},
                          {"train.rho", {"0", "1"}, {"-1e-300", "1.001"}},
                          {"train.beta1", {"0", "0.999"}, {"-1e-300", "1"}},
                          {"train.beta2", {"0", "0.999"}, {"-1e-300", "1"}},
                          {"train.epsilon", {"0", "1"}, {"-1e-300", "inf"}},
                          {"train.weight_decay", {"0", "1e9"}, {"-1e-300", "inf"}},
                          {"train.clip_norm", {"0", "1e9"}, {"-1e-300", "inf"}},
                          {"train.schedule_gamma", {"1e-300", "2"}, {"0", "-1", "inf"}},
                          {"train.schedule_eta_min", {"0", "2"}, {"-1e-300", "inf"}},
                          {"train.schedule_start_factor", {"1e-300", "1"}, {"0", "1.001"}}};
  for (const auto& [name, allowed, refused] : numbers) {
    const std::string key = name;
    CAPTURE(key);
    for (const char* value : allowed) CHECK(complaint(shortest, {{key, value}}) == "read");
    for (const char* value : refused)
      CHECK(complaint(shortest, {{key, value}}).find(": must be ") != std::string::npos);
  }
  CHECK(complaint(shortest, {{"train.learning_rate", "1e300"}}) ==
        (sizeof(real) == sizeof(double) ? "read"
                                        : "--set train.learning_rate: learning_rate: is beyond the largest float"));
  CHECK(complaint(shortest, {{"data.test_fraction", "0.5"}, {"data.validation_fraction", "0.499"}}) == "read");
  CHECK(complaint(shortest, {{"train.nesterov", "true"}, {"train.momentum", "0.5"}}) == "read");
}

TEST_CASE("a thousand layers are allowed, in any number of tables") {
  const std::string head = "[data]\ngenerator = \"xor\"\n";
  const std::string tail = "[[layer]]\n[train]\nloss = \"mse\"\n";
  CHECK(read(head + "[[layer]]\nunits = 3\nrepeat = 999\n" + tail).layers.size() == 1000);
  std::string tables = head;
  for (int k = 0; k < 999; ++k) tables += "[[layer]]\nunits = 3\n";
  const Config c = read(tables + tail);
  CHECK(c.layers.size() == 1000);
  CHECK(to_string(c.location("layer.500.units")) == c.path + ":1002:9");
  CHECK(complaint(tables + "[[layer]]\nunits = 3\n" + tail) == ":2003:1: more than 1000 layers");
}

#ifndef PRIMER_ADDRESS_SANITIZER
TEST_CASE("the work of reading a config grows with its number of tables, not with its square") {
  const auto allocations = [](int tables) {
    std::string text = "[data]\ngenerator = \"xor\"\n";
    for (int k = 0; k < tables; ++k) text += "[[layer]]\nunits = 3\n";
    text += "[[layer]]\n[train]\nloss = \"mse\"\n";
    const std::size_t before = heap::allocations;
    parse_config(text, "c.toml", {});
    return static_cast<double>(heap::allocations - before);
  };
  CHECK(allocations(800) < 2.2 * allocations(400));
}
#endif

TEST_CASE("sections and layers that are not tables are refused") {
  const std::string no_layer =
      "there is no layer; for each layer, add a line [[layer]] and, below this line, the keys of the layer, such as "
      "units = 16 and activation = \"tanh\"; the last layer is the output and needs no units";
  CHECK(complaint("data = 1\n[[layer]]\n[train]\nloss = \"mse\"\n") ==
        ":1:8: data: must be a table, written as [data], not an integer");
  CHECK(complaint("layer = 1\n[data]\ngenerator = \"xor\"\n") ==
        ":1:9: layer: must be a list of tables, each written as [[layer]], not an integer");
  CHECK(complaint("layer = [1]\n[data]\ngenerator = \"xor\"\n") ==
        ":1:10: layer: must be a list of tables, each written as [[layer]], not an integer");
  CHECK(complaint("[data]\ngenerator = \"xor\"\n[train]\nloss = \"mse\"\n") == ": " + no_layer);
  CHECK(complaint(with("[extra]\n")) == ":7:2: unknown key 'extra'; write seed, data, layer, train or diagnostics");
  CHECK(complaint("") == ": " + no_layer);
  CHECK(complaint("layer = []\n[data]\ngenerator = \"xor\"\n[train]\nloss = \"mse\"\n") == ":1:9: " + no_layer);
}

TEST_CASE("keys that contradict each other are refused") {
  const auto data = [](const std::string& keys, const std::string& train = "") {
    return complaint("[data]\n" + keys + "[[layer]]\n[train]\nloss = \"mse\"\n" + train);
  };
  CHECK(data("") == ":1:1: [data] needs a generator or a file");
  CHECK(data("generator = \"xor\"\nfile = \"d.csv\"\n") ==
        ":3:8: [data] has a file and a generator; keep one of the two");
  CHECK(data("file = \"\"\n") == ":2:8: file: is empty; name a CSV file");
  CHECK(data("file = \"d.csv\"\ntarget = []\n") == ":3:10: target: is an empty list; name at least one column");
  CHECK(data("file = \"d.csv\"\ntarget = [1]\n") ==
        ":3:11: target: must be a string or a list of strings, not an integer");
  CHECK(data("file = \"d.csv\"\nvalidation_file = \"v.csv\"\nvalidation_fraction = 0.1\n") ==
        ":4:23: [data] has both validation_fraction and validation_file; keep one of the two");
  CHECK(data("generator = \"xor\"\ntest_fraction = 0.5\nvalidation_fraction = 0.5\n") ==
        ":3:17: the sum of test_fraction and validation_fraction must be less than 1, so that there are rows to train "
        "on");
  CHECK(data("generator = \"xor\"\n", "early_stopping = 5\n") ==
        ":6:18: early_stopping watches the validation loss; set data.validation_fraction or data.validation_file");
  CHECK(data("generator = \"xor\"\n", "nesterov = true\n") == ":6:12: nesterov needs momentum, such as momentum = 0.9");
  CHECK(data("file = \"d.csv\"\ntarget = \"y\"\n") == "read");
}

TEST_CASE("a hidden layer needs its units") {
  CHECK(complaint("[data]\ngenerator = \"xor\"\n[[layer]]\n[[layer]]\n[train]\nloss = \"mse\"\n") ==
        ":3:1: this layer needs the key 'units'; only the last layer gets its number of units from the data");
}

TEST_CASE("the text of a config is read without a file, as the file would be") {
  const Config c = parse_config(shortest, "browser", {{"train.epochs", "3"}});
  CHECK(c.path == "browser");
  CHECK(c.train.epochs == 3);
  CHECK(to_toml(c, "") == to_toml(read(shortest, {{"train.epochs", "3"}}), ""));
  CHECK_THROWS_WITH_AS(parse_config("[data]\n[[layer]]\n[train]\nloss = \"mse\"\n", "browser", {}),
                       "browser:1:1: [data] needs a generator or a file", UserError);
}

TEST_CASE("the config in a model needs everything except the source of its data") {
  const Config c = parse_model_config("[data]\n[[layer]]\nunits = 2\n[train]\nloss = \"mse\"\n", "m");
  CHECK(c.data.file.empty());
  CHECK(c.layers.at(0).units == 2);
  try {
    parse_model_config("[data]\n[[layer]]\n[train]\nloss = \"mes\"\n", "m");
    FAIL("read");
  } catch (const UserError& e) {
    CHECK(std::string(e.what()) == "m:4:8: loss: 'mes' is not known; did you mean 'mse'?");
  }
}

TEST_CASE("the settings are all keys in full, without file names") {
  const std::vector<Setting> settings =
      settings_of(read("[data]\nfile = \"d.csv\"\ntarget = \"a = b\"\n[[layer]]\nunits = 2\nrepeat = 2\n[[layer]]\n"
                       "[train]\nloss = \"mse\"\n"));
  const auto value = [&](const std::string& key) {
    for (const Setting& s : settings) {
      if (s.key == key) return s.value;
    }
    return std::string("none");
  };
  CHECK(value("seed") == "1");
  CHECK(value("data.file") == "none");
  CHECK(value("data.target") == "[\"a = b\"]");
  CHECK(value("layer.2.units") == "2");
  CHECK(value("layer.3.activation") == "\"identity\"");
  CHECK(value("train.loss") == "\"mse\"");
  CHECK(value("diagnostics.every") == "10");
}

TEST_CASE("--set layer.N-M.KEY sets the key in several layers") {
  const Folder folder;
  spill(folder / "c.toml",
        "[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 3\n[[layer]]\nunits = 4\nactivation = \"relu\"\n"
        "[[layer]]\nunits = 5\n[[layer]]\n[train]\nloss = \"mse\"\n");
  const Config c = read_config(folder / "c.toml", {{"layer.2-3.activation", "gelu"}, {"layer.3-3.units", "7"}});
  CHECK(c.layers[0].activation == "identity");
  CHECK(c.layers[1].activation == "gelu");
  CHECK(c.layers[2].activation == "gelu");
  CHECK(c.layers[3].activation == "identity");
  CHECK(c.layers[1].units == 4);
  CHECK(c.layers[2].units == 7);
  CHECK(to_string(c.location("layer.3.activation")) == "--set layer.2-3.activation");
}

TEST_CASE("the keys about columns, cells and class weights are read, and are written back as they were understood") {
  const std::string begin = "[data]\nfile = \"d.csv\"\n";
  const auto end = [](const std::string& loss, const std::string& weights) {
    return "[[layer]]\n[train]\nloss = \"" + loss + "\"\n" + weights;
  };
  const auto same = [](const std::string& text) {
    const Config config = parse_config(text, "c", {});
    const Config again = parse_model_config(to_toml(config, ""), "c");
    CHECK(to_toml(again, "") == to_toml(config, ""));
    return again;
  };
  const Config a = same(
      begin + "inputs = [\"b\", \"a\"]\none_hot = \"b\"\nseparator = \";\"\ndecimal = \",\"\nmissing = \"drop\"\n" +
      end("cross_entropy", "class_weights = [1, 2.5]\n"));
  CHECK(a.data.input_names == std::vector<std::string>{"b", "a"});
  CHECK(a.data.one_hot == std::vector<std::string>{"b"});
  CHECK(a.data.separator + a.data.decimal + a.data.missing == ";,drop");
  CHECK(a.train.class_weights == std::vector<double>{1, 2.5});
  const Config b =
      same(begin + "ignore = [\"id\"]\nstandardize_targets = true\nseparator = \"\\t\"\n" + end("mse", ""));
  CHECK(b.data.ignore == std::vector<std::string>{"id"});
  CHECK(b.data.standardize_targets);
  CHECK(b.data.separator == "\t");
  CHECK(same(begin + end("cross_entropy", "class_weights = \"balanced\"\n")).train.balanced_weights);

  const auto refused = [&](const std::string& data, const std::string& train) {
    try {
      parse_config(begin + data + train, "c", {});
    } catch (const UserError& e) {
      return std::string(e.what());
    }
    return std::string("read");
  };
  const std::string mse = end("mse", "");
  CHECK(refused("inputs = [\"a\"]\nignore = [\"b\"]\n", mse) ==
        "c:4:10: [data] has both inputs and ignore; keep one of the two");
  CHECK(refused("target = [\"k\", \"k\"]\n", mse) == "c:3:10: target: names the column \"k\" twice");
  CHECK(refused("target = \"k\"\nignore = [\"k\"]\n", mse) ==
        "c:4:10: column \"k\" is also in data.target; keep it in one list");
  CHECK(refused("one_hot = [\"a=b\"]\n", mse) == "c:3:11: rename the column \"a=b\"; '=' is not allowed");
  CHECK(refused("decimal = \",\"\n", mse) ==
        "c:3:11: the decimal comma needs another data.separator, such as separator = \";\"");
  CHECK(refused("separator = \":\"\n", mse) ==
        "c:3:13: separator: ':' is not known; write \",\", \";\", \"|\" or \"\\t\"");
  CHECK(refused("missing = \"keep\"\n", mse) == "c:3:11: missing: 'keep' is not known; write refuse or drop");
  CHECK(refused("standardize_targets = true\n", end("cross_entropy", "")) ==
        "c:3:23: cross_entropy needs classes or probabilities; remove standardize_targets");
  CHECK(refused("", end("mse", "class_weights = [1, 2]\n")) ==
        "c:6:17: mse has no classes to weigh; remove class_weights");
  CHECK(refused("", end("cross_entropy", "class_weights = [1, 0]\n")) ==
        "c:6:17: class_weights: every weight must be more than 0");
  CHECK(refused("", end("cross_entropy", "class_weights = \"\"\n")) ==
        "c:6:17: class_weights: '' is not known; write balanced");
  CHECK(refused("", end("cross_entropy", "class_weights = \"balancd\"\n")) ==
        "c:6:17: class_weights: 'balancd' is not known; did you mean 'balanced'?");
  CHECK_THROWS_WITH_AS(
      parse_config(begin + mse, "c", {{"data.target", "2"}}),
      "--set data.target: target: must be a string or a list of strings, not an integer; put quotes around "
      "a string: 'data.target=\"…\"'",
      UserError);
}

TEST_CASE("the keys of the schedule have their bounds, and cosine takes its length from the epochs") {
  const auto said = [](const std::string& key, const std::string& value) {
    return complaint(shortest, {{"train." + key, value}});
  };
  CHECK(said("schedule_t_max", "1e-300") == "read");
  CHECK(said("schedule_t_max", "0") == "--set train.schedule_t_max: schedule_t_max: must be more than 0, not 0");
  CHECK(said("schedule_total_iters", "1") == "read");
  CHECK(said("schedule_total_iters", "0.999") ==
        "--set train.schedule_total_iters: schedule_total_iters: must be 1 or more, not 0.999");
  CHECK(read(with("schedule = \"cosine\"\nepochs = 40\nschedule_t_max = 1\n")).train.schedule_t_max == 1);
  CHECK(read(with("schedule = \"none\"\nepochs = 40\n")).train.schedule_t_max == 0);
  CHECK(said("early_stopping", "1").find("watches the validation loss") != std::string::npos);
  CHECK(said("early_stopping", "0") == "read");
  CHECK(complaint(shortest, {{"train.early_stopping", "1"}, {"data.validation_file", "v.csv"}}) == "read");
}

TEST_CASE("a picture is two whole numbers from 1 to 1024") {
  const auto said = [](const std::string& image) { return complaint(shortest, {{"data.image", image}}); };
  for (const char* const image : {"[1, 1]", "[1024, 1024]", "[3.0, 8]"}) CHECK(said(image) == "read");
  CHECK(read(shortest, {{"data.image", "[2, 3]"}}).data.image == std::vector<std::size_t>{2, 3});
  for (const char* const image :
       {"[]", "[4]", "[1, 2, 3]", "[0, 4]", "[4, 0]", "[1025, 1]", "[1, 1025]", "[2.5, 2]", "[2, 2, 0]", "[nan, 1]"}) {
    CAPTURE(image);
    CHECK(said(image) == "--set data.image: image: must be the height and the width of a picture, as in [8, 8]");
  }
  CHECK(to_toml(read(shortest, {{"data.image", "[2, 3]"}}), "").find("\nimage = [2, 3]\n") != std::string::npos);
  CHECK(to_toml(read(shortest), "").find("image") == std::string::npos);
}

TEST_CASE("a --set without a section is refused unless the file has the key, and seed is always a key") {
  const std::string how = ": write --set SECTION.KEY=VALUE, as in train.learning_rate=0.1 or layer.1.units=8";
  CHECK(complaint(shortest, {{"epochs", "3"}}) == "--set epochs" + how);
  CHECK(complaint(shortest, {{"train..epochs", "3"}}) == "--set train..epochs" + how);
  CHECK(complaint(shortest, {{"data", "1"}}) == "--set data: data: must be a table, written as [data], not an integer");
  CHECK(read(shortest, {{"seed", "3"}}).seed == 3);
  CHECK(complaint("layer = [1]\n[data]\ngenerator = \"xor\"\n", {{"layer.1.units", "2"}}) ==
        "--set layer.1.units: layer 1 is not a table");
  CHECK(
      complaint("[data]\ngenerator = \"xor\"\n", {{"layer.1.units", "2"}}) ==
      "--set layer.1.units: write layer.N.KEY, or layer.N-M.KEY for several layers, with N from 1 to 0, the number of "
      "[[layer]] tables in the file");
}

TEST_CASE("an activation and an initialiser are checked, and a misspelt name is told the nearest") {
  const auto said = [](const std::string& key, const std::string& value) {
    return complaint(shortest, {{"layer.1." + key, value}});
  };
  CHECK(said("activation", "sigmiod").ends_with("did you mean 'sigmoid'?"));
  CHECK(said("activation", "leaky_relu(0.5)") == "read");
  CHECK(said("activation", "leaky_relu(") ==
        "--set layer.1.activation: activation: activation 'leaky_relu(': write its constant α in parentheses, as in "
        "leaky_relu(0.2)");
  CHECK(said("activation", "relu(1)") == "--set layer.1.activation: activation: activation relu has no constant α");
  CHECK(said("activation", "swish(2)") == "--set layer.1.activation: activation: activation silu has no constant α");
  CHECK(said("activation", "leaky_rleu(0.5)").ends_with("did you mean 'leaky_relu'?"));
  CHECK(said("init", "auto") == "read");
  CHECK(said("init", "constant(2)") == "read");
  CHECK(said("init", "he_nromal").ends_with("did you mean 'he_normal'?"));
  CHECK(said("init", "kaiming")
            .ends_with("'kaiming'; write auto, zeros, constant(c), normal(s), xavier_uniform, "
                       "xavier_normal, he_uniform, he_normal, lecun_uniform or lecun_normal"));
  CHECK(said("init", "constant(x)") ==
        "--set layer.1.init: init: unknown initialiser 'constant(x)'; did you mean 'constant(c)'?");
}

TEST_CASE("empty lists, and a hidden layer without units at any position, are refused") {
  CHECK(
      complaint("[data]\ngenerator = \"xor\"\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss = \"cross_entropy\"\n"
                "class_weights = []\n") == ":7:17: class_weights: is an empty list; write a weight for each class");
  CHECK(
      complaint("[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 1\n[[layer]]\n[[layer]]\n[train]\nloss = \"mse\"\n") ==
      ":5:1: this layer needs the key 'units'; only the last layer gets its number of units from the data");
  CHECK(complaint("[data]\ngenerator = \"xor\"\n[[layer]]\n[train]\n").starts_with(":4:1: [train] needs a loss: "));
  CHECK(complaint("[data]\ngenerator = \"xor\"\n[[layer]]\n").starts_with(": [train] needs a loss: "));
}

TEST_CASE("a misspelt key is refused in every section, and a key of the whole file knows its location") {
  CHECK(complaint(with("epcohs = 3\n")) == ":7:1: unknown key 'epcohs' in [train]; did you mean 'epochs'?");
  CHECK(complaint("[data]\ngenerator = \"xor\"\nnois = 1\n[[layer]]\n[train]\nloss = \"mse\"\n") ==
        ":3:1: unknown key 'nois' in [data]; did you mean 'noise'?");
  CHECK(complaint("[data]\ngenerator = \"xor\"\n[[layer]]\nunit = 3\n[train]\nloss = \"mse\"\n") ==
        ":4:1: unknown key 'unit' in [layer.1]; did you mean 'units'?");
  CHECK(complaint(with("[diagnostics]\nevry = 3\n")) ==
        ":8:1: unknown key 'evry' in [diagnostics]; did you mean 'every'?");
  const Config c = parse_config("seed =  0\n" + std::string(shortest), "c", {});
  CHECK(c.seed == 0);
  CHECK(to_string(c.location("seed")) == "c:1:9");
  CHECK(to_string(c.location("data.noise")) == "c:2:1");
  CHECK(to_string(c.location("layer.2.units")) == "c:4:1");  // the first [[layer]]
}

TEST_CASE("a CSV file instead of a config is refused, and the message says what to do") {
  CHECK_THROWS_WITH_AS(read_config("d.csv", {}),
                       "d.csv: is not a config but data; `primer config d.csv` writes a config for it", UserError);
}

TEST_CASE("a written config has each section once, in order, and each layer as its own table") {
  const std::string text = to_toml(read("seed = 5\n[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 2\nrepeat = "
                                        "2\n[[layer]]\n[train]\nloss = \"mse\"\n"),
                                   "");
  CHECK(text.starts_with("seed = 5\n\n[data]\ngenerator = \"xor\"\n"));
  std::vector<std::string> headers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) headers.push_back(line);
  }
  CHECK(headers ==
        std::vector<std::string>{"[data]", "[[layer]]", "[[layer]]", "[[layer]]", "[train]", "[diagnostics]"});
  CHECK(text.find("points") == std::string::npos);  // not set
  CHECK(text.ends_with("\n\n[diagnostics]\nevery = 10\n"));
}
