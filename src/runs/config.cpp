// Each section of a config has one function that lists its keys. Reading and writing both call this function.
#include "primer/runs/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <sstream>

#include "primer/core/initializer.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/table_reader.hpp"
#include "primer/runs/named_tensor.hpp"

namespace primer {
namespace {

using toml::Range;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t many = 1'000'000'000;
constexpr std::size_t most_units = 1'000'000;
constexpr std::size_t most_layers = 1'000;

constexpr Range turns{-most_turns, most_turns, false, false, "from -100000 to 100000"};
constexpr Range noise{0, most_noise, false, false, "from 0 to 1000000"};
constexpr Range not_negative{0, infinity, false, false, "0 or more"};
constexpr Range positive{0, infinity, true, false, "more than 0"};
constexpr Range fraction{0, 1, false, true, "from 0 up to, but not including, 1"};
constexpr Range unit{0, 1, false, false, "from 0 to 1"};

// Calls the visitor for every key of a section, in the order of to_toml(). The visitor reads or writes the key's value.
template <typename Visitor, typename Options>
void visit_data(Visitor& v, Options& o) {
  v.choice("generator", o.generator, generator_names());
  v.path("file", o.file);
  v.names("target", o.target);
  v.names("ignore", o.ignore);
  v.names("one_hot", o.one_hot);
  v.choice("separator", o.separator, {",", ";", "|", "\t"});
  v.choice("decimal", o.decimal, {".", ","});
  v.choice("missing", o.missing, {"refuse", "drop"});
  v.path("validation_file", o.validation_file);
  v.count("points", o.points, 1, 100'000'000);
  v.count("classes", o.classes, 2, 100'000);
  v.names_or_count("inputs", o.input_names, o.inputs, 1, most_units);
  v.number("turns", o.turns, turns);
  v.number("noise", o.noise, noise);
  v.number("test_fraction", o.test_fraction, fraction);
  v.number("validation_fraction", o.validation_fraction, fraction);
  v.flag("standardize", o.standardize);
  v.flag("standardize_targets", o.standardize_targets);
  v.flag("shuffle", o.shuffle);
  v.sizes("image", o.image);
}

template <typename Visitor, typename Options>
void visit_layer(Visitor& v, Options& o) {
  v.count("units", o.units, 1, most_units);
  v.checked("activation", o.activation, activations().names(), [](const std::string& s) { make_activation(s); });
  v.checked("init", o.init, initializer_names(), [](const std::string& s) {
    if (s != "auto") make_initializer(s, 1, 1);
  });
  v.flag("batch_norm", o.batch_norm);
  v.flag("residual", o.residual);
  v.number("dropout", o.dropout, fraction);
}

template <typename Visitor, typename Options>
void visit_train(Visitor& v, Options& o) {
  v.choice("loss", o.loss, losses().names());
  v.number("huber_delta", o.huber_delta, positive);
  v.number("label_smoothing", o.label_smoothing, fraction);
  v.weights("class_weights", o.class_weights, o.balanced_weights);
  v.choice("optimizer", o.optimizer, optimizers().names());
  v.number("learning_rate", o.learning_rate, not_negative);
  v.number("momentum", o.momentum, fraction);
  v.flag("nesterov", o.nesterov);
  v.number("rho", o.rho, unit);
  v.number("beta1", o.beta1, fraction);
  v.number("beta2", o.beta2, fraction);
  v.number("epsilon", o.epsilon, not_negative);
  v.number("weight_decay", o.weight_decay, not_negative);
  v.number("clip_norm", o.clip_norm, not_negative);
  v.choice("schedule", o.schedule, schedule_names());
  v.whole("schedule_step_size", o.schedule_step_size, 1, many);
  v.number("schedule_gamma", o.schedule_gamma, positive);
  v.number("schedule_t_max", o.schedule_t_max, positive);
  v.number("schedule_eta_min", o.schedule_eta_min, not_negative);
  v.number("schedule_start_factor", o.schedule_start_factor, Range{0, 1, true, false, "more than 0 and at most 1"});
  v.number("schedule_total_iters", o.schedule_total_iters, Range{1, infinity, false, false, "1 or more"});
  v.choice("schedule_unit", o.schedule_unit, {"epoch", "step"});
  v.count("epochs", o.epochs, 0, many);
  v.count("batch_size", o.batch_size, 0, many);
  v.count("early_stopping", o.early_stopping, 0, many);
  v.count("checkpoint_every", o.checkpoint_every, 0, many);
}

template <typename Visitor, typename Options>
void visit_diagnostics(Visitor& v, Options& o) {
  v.count("every", o.every, 0, many);
}

// The visitor that reads a config: it fills the members of one section from one TOML table.
class Reader {
 public:
  Reader(toml::TableReader& table, const std::string& folder) : table_(table), folder_(folder) {}

  void choice(std::string_view key, std::string& member, const std::vector<std::string_view>& names) {
    set(member, table_.choice(key, names));
  }
  template <typename Check>
  void checked(std::string_view key, std::string& member, const std::vector<std::string_view>& names, Check check) {
    set(member, table_.text(key));
    locate_errors([&] { check(member); },
                  [&](const std::logic_error& e) -> UserError {
                    const std::string_view text = e.what(), name = std::string_view(member).substr(0, member.find('('));
                    const std::string hint = did_you_mean(name, names, "; write " + listed(names));
                    table_.refuse(key, concat(text, text.starts_with("unknown") ? hint : ""));
                  });
  }
  void path(std::string_view key, std::string& member) {
    const std::optional<std::string> value = table_.text(key);
    if (!value) return;
    if (value->empty()) table_.refuse(key, "is empty; name a CSV file");
    const bool overridden = table_.location(key).file.starts_with("--set ");  // a path in --set is relative to the cwd
    member = (std::filesystem::path(overridden ? "" : folder_) / *value).lexically_normal().string();
  }
  void names(std::string_view key, std::vector<std::string>& member) {
    member = table_.texts(key);
    if (member.empty() && table_.has(key)) table_.refuse(key, "is an empty list; name at least one column");
    std::vector<std::string> sorted = member;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) table_.refuse(key, "names the column " + in_quotes(*twice) + " twice");
  }
  void names_or_count(std::string_view key, std::vector<std::string>& names_, std::size_t& member, std::size_t low,
                      std::size_t high) {
    const toml::Entry* const entry = table_.contents().find(key);
    if (entry == nullptr || std::holds_alternative<std::int64_t>(entry->value.data)) {
      count(key, member, low, high);
    } else {
      names(key, names_);
    }
  }
  void weights(std::string_view key, std::vector<double>& member, bool& balanced) {
    const toml::Entry* const entry = table_.contents().find(key);
    balanced = entry != nullptr && std::holds_alternative<std::string>(entry->value.data);
    if (balanced) {
      table_.choice(key, std::array<std::string_view, 1>{"balanced"});
      return;
    }
    member = table_.numbers(key);
    if (!std::ranges::all_of(member, [](double w) { return positive.contains(w) && fits_real(w); })) {
      table_.refuse(key, "every weight must be more than 0");
    }
    if (entry != nullptr && member.empty()) table_.refuse(key, "is an empty list; write a weight for each class");
  }
  void count(std::string_view key, std::size_t& member, std::size_t low, std::size_t high) {
    set(member, table_.count(key, low, high));
  }
  void whole(std::string_view key, std::size_t& member, std::size_t low, std::size_t high) {
    set(member, table_.whole(key, low, high));
  }
  template <typename Number>  // double or std::optional<double>
  void number(std::string_view key, Number& member, const Range& range) {
    const std::optional<double> value = table_.number(key, range);
    if (value && !fits_real(*value)) table_.refuse(key, "is beyond the largest float");
    set(member, value);
  }
  void flag(std::string_view key, bool& member) { set(member, table_.flag(key)); }
  void sizes(std::string_view key, std::vector<std::size_t>& member) {
    for (const double size : table_.numbers(key)) {
      if (size >= 1 && size <= 1024 && size == std::floor(size)) member.push_back(static_cast<std::size_t>(size));
    }
    if (table_.has(key) && (member.size() != 2 || table_.numbers(key).size() != 2)) {
      table_.refuse(key, "must be the height and the width of a picture, as in [8, 8]");
    }
  }

 private:
  template <typename Member, typename T>
  static void set(Member& member, std::optional<T> value) {
    if (value) member = *std::move(value);
  }
  toml::TableReader& table_;
  const std::string& folder_;
};

// The visitor that writes a config: it collects the keys of all sections, each with its value as TOML text.
class Collector {
 public:
  explicit Collector(const std::string& folder) : folder_(folder) {}
  std::string section;  // the prefix of the keys, such as "data."
  std::vector<Setting> settings;

  void choice(std::string_view key, const std::string& member, const std::vector<std::string_view>&) {
    if (!member.empty()) add(key, {member, {}});
  }
  template <typename Check>
  void checked(std::string_view key, const std::string& member, const std::vector<std::string_view>&, Check) {
    add(key, {member, {}});
  }
  void path(std::string_view key, const std::string& member) {
    if (member.empty() || folder_.empty()) return;
    const auto absolute = [](const std::string& file) { return std::filesystem::absolute(file).lexically_normal(); };
    add(key, {absolute(member).lexically_relative(absolute(folder_)).string(), {}});
  }
  void names(std::string_view key, const std::vector<std::string>& member) {
    toml::Array list;
    for (const std::string& name : member) list.push_back({name, {}});
    if (!list.empty()) add(key, {list, {}});
  }
  void names_or_count(std::string_view key, const std::vector<std::string>& list, std::size_t member, std::size_t low,
                      std::size_t high) {
    names(key, list);
    if (list.empty()) count(key, member, low, high);
  }
  void weights(std::string_view key, const std::vector<double>& member, bool balanced) {
    toml::Array list;
    for (const double weight : member) list.push_back({weight, {}});
    if (balanced) add(key, {"balanced", {}});
    if (!list.empty()) add(key, {list, {}});
  }
  void count(std::string_view key, std::size_t member, std::size_t low, std::size_t) {
    if (member >= low) add(key, {static_cast<std::int64_t>(member), {}});
  }
  void whole(std::string_view key, std::size_t member, std::size_t low, std::size_t high) {
    count(key, member, low, high);
  }
  void number(std::string_view key, std::optional<double> member, const Range& range) {
    if (member && range.contains(*member)) add(key, {*member, {}});
  }
  void flag(std::string_view key, bool member) { add(key, {member, {}}); }
  void sizes(std::string_view key, const std::vector<std::size_t>& member) {
    toml::Array list;
    for (const std::size_t size : member) list.push_back({static_cast<std::int64_t>(size), {}});
    if (!list.empty()) add(key, {list, {}});
  }

 private:
  void add(std::string_view key, const toml::Value& value) {
    settings.push_back({concat(section, key), to_text(value)});
  }
  const std::string& folder_;
};

// Lists the config's keys with values. Paths are relative to `folder`. If `folder` is empty, keys of paths are omitted.
std::vector<Setting> settings_in(const Config& config, const std::string& folder) {
  Collector all(folder);
  all.settings = {{"seed", std::to_string(config.seed)}};
  all.section = "data.";
  visit_data(all, config.data);
  for (std::size_t l = 0; l < config.layers.size(); ++l) {
    all.section = concat("layer.", l + 1, ".");
    visit_layer(all, config.layers[l]);
  }
  all.section = "train.";
  visit_train(all, config.train);
  all.section = "diagnostics.";
  visit_diagnostics(all, config.diagnostics);
  return all.settings;
}

toml::Table& table_in(toml::Table& root, const std::string& key, const Location& location) {
  toml::Entry* entry = root.find(key);
  if (entry == nullptr) entry = &root.add(key, location, {toml::Table{}, location});
  auto* const table = std::get_if<toml::Table>(&entry->value.data);
  if (table == nullptr) throw UserError(location, "'", printable(key), "' is not a section; write SECTION.KEY=VALUE");
  return *table;
}

// The [[layer]] tables that `n` selects in a config file: "2" selects the second table, "2-4" selects three tables.
std::vector<toml::Table*> layers_in(toml::Table& root, std::string_view n, const Location& location) {
  toml::Entry* const entry = root.find("layer");
  auto* const layers = entry == nullptr ? nullptr : std::get_if<toml::Array>(&entry->value.data);
  const std::size_t size = layers == nullptr ? 0 : layers->size();
  std::size_t first = 0;
  const char* const end = n.data() + n.size();
  const char* stop = std::from_chars(n.data(), end, first).ptr;
  std::size_t last = first;
  if (stop != end && *stop == '-') {
    last = 0;
    stop = std::from_chars(stop + 1, end, last).ptr;
  }
  if (stop != end || first < 1 || last < first || last > size) {
    throw UserError(location, "write layer.N.KEY, or layer.N-M.KEY for several layers, with N from 1 to ", size,
                    ", the number of [[layer]] tables in the file");
  }
  std::vector<toml::Table*> tables;
  for (std::size_t l = first; l <= last; ++l) {
    tables.push_back(std::get_if<toml::Table>(&(*layers)[l - 1].data));
    if (tables.back() == nullptr) throw UserError(location, "layer ", l, " is not a table");
  }
  return tables;
}

// Applies an override: train.learning_rate=0.1, layer.1.units=8, layer.1-3.activation=relu.
void apply(const Override& set, toml::Table& root) {
  const Location location{"--set " + printable(set.first)};
  std::vector<std::string> parts;
  std::istringstream key(set.first + ".");
  for (std::string part; std::getline(key, part, '.');) parts.push_back(part);
  const bool of_layer = parts[0] == "layer";
  if (std::ranges::find(parts, "") != parts.end() || (parts.size() > 2 && !of_layer) ||
      (parts.size() == 1 && root.find(parts[0]) == nullptr && parts[0] != "seed")) {
    throw UserError(location, "write --set SECTION.KEY=VALUE, as in train.learning_rate=0.1 or layer.1.units=8");
  }
  std::vector<toml::Table*> tables{&root};
  if (of_layer) {
    tables = layers_in(root, parts.size() == 3 ? parts[1] : "", location);
  } else if (parts.size() == 2) {
    tables = {&table_in(root, parts[0], location)};
  }
  for (toml::Table* const table : tables) {
    toml::Value value = toml::parse_value(set.second, location);
    if (toml::Entry* const entry = table->find(parts.back())) {
      *entry = {parts.back(), location, std::move(value)};
    } else {
      table->add(parts.back(), location, std::move(value));
    }
  }
}

// Stores the locations of a TOML table and of each of its keys in config.locations.
void remember(const toml::TableReader& table, const std::string& section, Config& config) {
  const std::string before = section.empty() ? "" : section + ".";
  if (!section.empty()) config.locations[section] = table.location();
  for (const toml::Entry& entry : table.contents().entries())
    config.locations[before + entry.key] = entry.value.location;
}

template <typename Visit>
void read_section(toml::TableReader& root, const char* name, const std::string& folder, Config& config, Visit visit) {
  toml::TableReader table = root.table(name);
  Reader reader(table, folder);
  visit(reader);
  table.finish();
  if (root.has(name)) remember(table, name, config);
}

void read_layers(toml::TableReader& root, const std::string& folder, Config& config) {
  for (toml::TableReader& table : root.tables("layer")) {
    Reader reader(table, folder);
    LayerOptions layer;
    visit_layer(reader, layer);
    const std::size_t repeat = table.count("repeat", 1, most_layers).value_or(1);
    table.finish();
    if (config.layers.size() + repeat > most_layers) throw UserError(table.location(), "more than 1000 layers");
    for (std::size_t copy = 0; copy < repeat; ++copy) {
      config.layers.push_back(layer);
      remember(table, concat("layer.", config.layers.size()), config);
    }
  }
  if (config.layers.empty())
    throw UserError(
        root.location("layer"),
        "there is no layer; for each layer, add a line [[layer]] and, below this line, the keys of the layer, such as "
        "units = 16 and activation = \"tanh\"; the last layer is the output and needs no units");
}

// Checks that [data] has either a generator or a file. With early stopping, [data] must also have validation rows.
void check_source(const Config& config) {
  const DataOptions& data = config.data;
  if (data.generator.empty() && data.file.empty()) {
    throw UserError(config.location("data"), "[data] needs a generator or a file");
  }
  if (!data.generator.empty() && !data.file.empty()) {
    throw UserError(config.location("data.file"), "[data] has a file and a generator; keep one of the two");
  }
  if (config.train.early_stopping > 0 && data.validation_fraction == 0 && data.validation_file.empty()) {
    throw UserError(config.location("train.early_stopping"),
                    "early_stopping watches the validation loss; set data.validation_fraction or data.validation_file");
  }
}

void check_values(const Config& config) {
  const DataOptions& data = config.data;
  if (data.test_fraction + data.validation_fraction >= 1) {
    throw UserError(
        config.location("data.test_fraction"),
        "the sum of test_fraction and validation_fraction must be less than 1, so that there are rows to train on");
  }
  if (!data.input_names.empty() && !data.ignore.empty()) {
    throw UserError(config.location("data.ignore"), "[data] has both inputs and ignore; keep one of the two");
  }
  if (data.separator == data.decimal) {
    throw UserError(config.location("data.decimal"),
                    "the decimal comma needs another data.separator, such as separator = \";\"");
  }
  for (const auto& [names, key] :
       {std::pair(&data.input_names, "data.inputs"), std::pair(&data.ignore, "data.ignore")}) {
    for (const std::string& name : *names) {
      if (std::ranges::find(data.target, name) == data.target.end()) continue;
      throw UserError(config.location(key), "column ", in_quotes(name), " is also in data.target; keep it in one list");
    }
  }
  for (const std::string& name : data.one_hot) {  // the inputs made from a column NAME are called NAME=CATEGORY
    if (name.find('=') == name.npos) continue;
    throw UserError(config.location("data.one_hot"), "rename the column ", in_quotes(name), "; '=' is not allowed");
  }
  if (!data.validation_file.empty() && data.validation_fraction > 0) {
    throw UserError(config.location("data.validation_fraction"),
                    "[data] has both validation_fraction and validation_file; keep one of the two");
  }
  for (std::size_t l = 0; l + 1 < config.layers.size(); ++l) {
    if (config.layers[l].units > 0) continue;
    throw UserError(config.location(concat("layer.", l + 1)),
                    "this layer needs the key 'units'; only the last layer gets its number of units from the data");
  }
  if (config.train.loss.empty()) {
    throw UserError(config.location("train"), "[train] needs a loss: ", listed(losses().names()));
  }
  const bool is_regression = task_of(config.train.loss) == Task::regression;
  if (data.standardize_targets && !is_regression) {
    throw UserError(config.location("data.standardize_targets"), config.train.loss,
                    " needs classes or probabilities; remove standardize_targets");
  }
  if (is_regression && (config.train.balanced_weights || !config.train.class_weights.empty())) {
    throw UserError(config.location("train.class_weights"), config.train.loss,
                    " has no classes to weigh; remove class_weights");
  }
  if (config.train.nesterov && config.train.momentum == 0) {
    throw UserError(config.location("train.nesterov"), "nesterov needs momentum, such as momentum = 0.9");
  }
}

Config config_in(const toml::Table& contents, const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  Config config;
  config.path = path;
  toml::TableReader root(contents, {path});
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  config.seed = root.count("seed", 0, most).value_or(config.seed);
  read_section(root, "data", folder, config, [&](Reader& r) { visit_data(r, config.data); });
  read_layers(root, folder, config);
  read_section(root, "train", folder, config, [&](Reader& r) { visit_train(r, config.train); });
  read_section(root, "diagnostics", folder, config, [&](Reader& r) { visit_diagnostics(r, config.diagnostics); });
  root.finish();
  remember(root, "", config);
  check_values(config);
  static_cast<OptimizerOptions&>(config.train) = resolved(config.train);
  if (config.train.schedule == "cosine" && config.train.schedule_t_max == 0)
    config.train.schedule_t_max = static_cast<double>(config.train.epochs);
  return config;
}

}  // namespace

Location Config::location(const std::string& key) const {
  for (std::string k = key; !k.empty(); k.resize(k.find_last_of('.') == k.npos ? 0 : k.find_last_of('.'))) {
    if (const auto found = locations.find(k); found != locations.end()) return found->second;
  }
  return {path};
}

Config read_config(const std::string& path, const std::vector<Override>& overrides) {
  if (path.ends_with(".csv")) {
    throw UserError({path}, "is not a config but data; `primer config ", printable(path), "` writes a config for it");
  }
  return parse_config(read_input(path, toml::largest_file), path, overrides);
}

Config parse_config(std::string_view text, const std::string& file, const std::vector<Override>& overrides) {
  toml::Table table = toml::parse(text, file);
  for (const Override& set : overrides) apply(set, table);
  Config config = config_in(table, file);
  check_source(config);
  return config;
}

Config parse_model_config(std::string_view text, const std::string& file) {
  return config_in(toml::parse(text, file), file);
}

std::string to_toml(const Config& config, const std::string& folder) {
  std::string out;
  std::string section;
  for (const auto& [key, value] : settings_in(config, folder)) {
    const std::size_t dot = key.rfind('.');
    const std::string in = dot == key.npos ? "" : key.substr(0, dot);
    if (in != section) out += in.starts_with("layer.") ? "\n[[layer]]\n" : "\n[" + in + "]\n";
    section = in;
    out += concat(key.substr(dot + 1), " = ", value, "\n");
  }
  return out;
}

std::vector<Setting> settings_of(const Config& config) { return settings_in(config, ""); }

}  // namespace primer
