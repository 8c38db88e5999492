// One list of keys for each section, which reading and writing both go through.
#include "primer/runs/config.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "primer/core/initializer.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"

namespace primer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t many = 1'000'000'000;
constexpr std::size_t most_units = 1'000'000;
constexpr std::size_t most_layers = 1'000;

// The numbers a key allows, in code and in words.
struct Range {
  double low, high;
  bool open_low, open_high;
  const char* words;
  bool holds(double v) const {
    return std::isfinite(v) && (open_low ? v > low : v >= low) && (open_high ? v < high : v <= high);
  }
};
constexpr Range any{-infinity, infinity, false, false, "a finite number"};
constexpr Range not_negative{0, infinity, false, false, "0 or more"};
constexpr Range positive{0, infinity, true, false, "more than 0"};
constexpr Range fraction{0, 1, false, true, "from 0 up to, but not including, 1"};
constexpr Range unit{0, 1, false, false, "from 0 to 1"};

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ");
    text += names[i];
  }
  return text;
}

// Every key of a section, in the order in which it is written. A visitor reads or writes it.
template <typename Visitor, typename Options>
void visit_data(Visitor& v, Options& o) {
  v.choice("generator", o.generator, generator_names());
  v.path("file", o.file);
  v.names("target", o.target);
  v.path("validation_file", o.validation_file);
  v.count("points", o.points, 1, 100'000'000);
  v.count("classes", o.classes, 2, 100'000);
  v.count("inputs", o.inputs, 1, most_units);
  v.number("turns", o.turns, any);
  v.number("noise", o.noise, not_negative);
  v.number("test_fraction", o.test_fraction, fraction);
  v.number("validation_fraction", o.validation_fraction, fraction);
  v.flag("standardize", o.standardize);
  v.flag("shuffle", o.shuffle);
}

template <typename Visitor, typename Options>
void visit_layer(Visitor& v, Options& o) {
  v.count("units", o.units, 1, most_units);
  v.checked("activation", o.activation, activation_names(), [](const std::string& s) { make_activation(s); });
  v.checked("init", o.init, initializer_names(), [](const std::string& s) {
    if (s != "auto") make_initializer(s, 1, 1);
  });
  v.flag("batch_norm", o.batch_norm);
  v.flag("residual", o.residual);
  v.number("dropout", o.dropout, fraction);
}

template <typename Visitor, typename Options>
void visit_train(Visitor& v, Options& o) {
  v.choice("loss", o.loss, loss_names());
  v.number("huber_delta", o.huber_delta, positive);
  v.number("label_smoothing", o.label_smoothing, fraction);
  v.choice("optimizer", o.optimizer, optimizer_names());
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
  v.number("schedule_step_size", o.schedule_step_size, Range{1, infinity, false, false, "1 or more"});
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

// Fills the members of one section from one table, and remembers where each key stood.
class Reader {
 public:
  Reader(const toml::Table& table, std::string section, const std::string& folder,
         std::map<std::string, Location>& locations)
      : table_(table), section_(std::move(section)), folder_(folder), places_(locations) {}

  void choice(std::string_view key, std::string& member, const std::vector<std::string_view>& names) {
    if (!text(key, member)) return;
    if (std::find(names.begin(), names.end(), member) != names.end()) return;
    refuse(key, "'" + member + "' is not known; " + meant(member, names));
  }
  template <typename Check>
  void checked(std::string_view key, std::string& member, const std::vector<std::string_view>& names, Check check) {
    if (!text(key, member)) return;
    try {
      check(member);
    } catch (const std::invalid_argument& e) {
      const std::string_view name = std::string_view(member).substr(0, member.find('('));
      const bool known =
          std::any_of(names.begin(), names.end(), [&](std::string_view n) { return n.substr(0, n.find('(')) == name; });
      refuse(key, e.what() + (known ? std::string() : "; " + meant(name, names)));
    }
  }
  void path(std::string_view key, std::string& member) {
    if (!text(key, member)) return;
    if (member.empty()) refuse(key, "is empty; name a CSV file");
    const bool overridden =
        table_.find(key)->value.location.file.starts_with("--set ");  // which the shell's folder completes
    member = (std::filesystem::path(overridden ? "" : folder_) / member).lexically_normal().string();
  }
  void names(std::string_view key, std::vector<std::string>& member) {
    const toml::Entry* const entry = find(key);
    if (entry == nullptr) return;
    member.clear();
    const auto* const list = std::get_if<toml::Array>(&entry->value.data);
    for (const toml::Value& value : list != nullptr ? *list : toml::Array{entry->value}) {
      const auto* const name = std::get_if<std::string>(&value.data);
      if (name == nullptr) refuse(key, "must be a column's name or a list of names, not " + std::string(kind(value)));
      member.push_back(*name);
    }
    if (member.empty()) refuse(key, "is an empty list; name at least one column");
  }
  void count(std::string_view key, std::size_t& member, std::size_t low, std::size_t high) {
    const toml::Entry* const entry = find(key);
    if (entry == nullptr) return;
    const auto* const value = std::get_if<std::int64_t>(&entry->value.data);
    const std::string allowed = "must be an integer from " + std::to_string(low) + " to " + std::to_string(high);
    if (value == nullptr) refuse(key, allowed + ", not " + std::string(kind(entry->value)));
    if (*value < static_cast<std::int64_t>(low) || *value > static_cast<std::int64_t>(high)) {
      refuse(key, allowed + ", not " + std::to_string(*value));
    }
    member = static_cast<std::size_t>(*value);
  }
  void number(std::string_view key, double& member, const Range& range) {
    const toml::Entry* const entry = find(key);
    if (entry == nullptr) return;
    const std::string allowed = std::string("must be ") + range.words;
    if (const auto* const integer = std::get_if<std::int64_t>(&entry->value.data)) {
      member = static_cast<double>(*integer);
    } else if (const auto* const value = std::get_if<double>(&entry->value.data)) {
      member = *value;
    } else {
      refuse(key, allowed + ", a number, not " + std::string(kind(entry->value)));
    }
    if (!range.holds(member)) refuse(key, allowed + ", not " + primer::number(member));
  }
  void flag(std::string_view key, bool& member) {
    const toml::Entry* const entry = find(key);
    if (entry == nullptr) return;
    const auto* const value = std::get_if<bool>(&entry->value.data);
    if (value == nullptr) refuse(key, "must be true or false, not " + std::string(kind(entry->value)));
    member = *value;
  }

  // After all keys were asked for: whatever else stands in the table is a mistake.
  void finish() const {
    for (const toml::Entry& entry : table_.entries()) {
      if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
      throw UserError(entry.location, "unknown key '" + printable(entry.key) + "'" +
                                          (section_.empty() ? "" : " in [" + section_ + "]") + "; " +
                                          meant(entry.key, known_));
    }
  }

  const toml::Entry* find(std::string_view key) {
    known_.push_back(key);
    const toml::Entry* const entry = table_.find(key);
    if (entry != nullptr) places_[(section_.empty() ? "" : section_ + ".") + std::string(key)] = entry->value.location;
    return entry;
  }

 private:
  bool text(std::string_view key, std::string& member) {
    const toml::Entry* const entry = find(key);
    if (entry == nullptr) return false;
    const auto* const value = std::get_if<std::string>(&entry->value.data);
    if (value == nullptr) refuse(key, "must be a string, not " + std::string(kind(entry->value)));
    member = *value;
    return true;
  }
  static std::string meant(std::string_view word, const std::vector<std::string_view>& names) {
    const std::string_view best = nearest(word, names);
    return best.empty() ? "known are " + listed(names) : "did you mean '" + std::string(best) + "'?";
  }
  [[noreturn]] void refuse(std::string_view key, const std::string& text) const {
    throw UserError(table_.find(key)->value.location, printable(std::string(key) + ": " + text));
  }

  const toml::Table& table_;
  std::string section_;
  const std::string& folder_;
  std::map<std::string, Location>& places_;
  std::vector<std::string_view> known_;
};

// Writes `key = value` lines.
class Writer {
 public:
  Writer(std::string& out, const std::string& folder) : out_(out), folder_(folder) {}

  void choice(std::string_view key, const std::string& member, const std::vector<std::string_view>&) {
    if (!member.empty()) line(key, {member, {}});
  }
  template <typename Check>
  void checked(std::string_view key, const std::string& member, const std::vector<std::string_view>&, Check) {
    line(key, {member, {}});
  }
  void path(std::string_view key, const std::string& member) {
    if (member.empty() || folder_.empty()) return;
    namespace fs = std::filesystem;
    line(key,
         {fs::absolute(member).lexically_normal().lexically_relative(fs::absolute(folder_).lexically_normal()).string(),
          {}});
  }
  void names(std::string_view key, const std::vector<std::string>& member) {
    toml::Array list;
    for (const std::string& name : member) list.push_back({name, {}});
    if (!list.empty()) line(key, {list, {}});
  }
  void count(std::string_view key, std::size_t member, std::size_t low, std::size_t) {
    if (member >= low) line(key, {static_cast<std::int64_t>(member), {}});
  }
  void number(std::string_view key, double member, const Range& range) {
    if (range.holds(member)) line(key, {member, {}});
  }
  void flag(std::string_view key, bool member) { line(key, {member, {}}); }

 private:
  void line(std::string_view key, const toml::Value& value) {
    out_ += std::string(key) + " = " + to_text(value) + "\n";
  }
  std::string& out_;
  const std::string& folder_;
};

toml::Table& table_in(toml::Table& table, const std::string& key, const std::string& full_key,
                      const Location& location) {
  toml::Entry* entry = table.find(key);
  if (entry == nullptr) entry = &table.add(key, location, {toml::Table{}, location});
  auto* const inner = std::get_if<toml::Table>(&entry->value.data);
  if (inner == nullptr) throw UserError(location, "'" + full_key + "' is no section; write SECTION.KEY=VALUE");
  return *inner;
}

// --set train.learning_rate=0.1, --set layer.1.units=8
void apply(const Override& set, toml::Table& root) {
  const std::string& key = set.first;
  const Location location{"--set " + printable(key), 0, 0};
  std::vector<std::string> parts{""};
  for (const char c : key) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (std::find(parts.begin(), parts.end(), "") != parts.end()) {
    throw UserError(location, "write --set SECTION.KEY=VALUE, as in train.learning_rate=0.1 or layer.1.units=8");
  }
  toml::Table* table = &root;
  std::size_t i = 0;
  if (parts[0] == "layer") {
    toml::Entry* const layers = root.find("layer");
    auto* const list = layers == nullptr ? nullptr : std::get_if<toml::Array>(&layers->value.data);
    const std::size_t n = list == nullptr ? 0 : list->size();
    const auto index = parts.size() == 3 ? parse_number(parts[1]) : std::nullopt;
    if (!index || !(*index >= 1 && *index <= static_cast<double>(n)) || *index != std::floor(*index)) {
      throw UserError(location, "write layer.N.KEY with N from 1 to " + std::to_string(n) +
                                    ", the number of [[layer]] tables in the file");
    }
    table = std::get_if<toml::Table>(&(*list)[static_cast<std::size_t>(*index) - 1].data);
    if (table == nullptr) throw UserError(location, "layer " + parts[1] + " is no table");
    i = 2;
  } else if (parts.size() > 2) {
    throw UserError(location, "write --set SECTION.KEY=VALUE, as in train.learning_rate=0.1 or layer.1.units=8");
  }
  for (; i + 1 < parts.size(); ++i) table = &table_in(*table, parts[i], key, location);
  toml::Value value = toml::parse_value(set.second, location);
  if (toml::Entry* const entry = table->find(parts.back())) {
    entry->location = location;
    entry->value = std::move(value);
  } else {
    table->add(parts.back(), location, std::move(value));
  }
}

template <typename Read>
void read_section(Reader& root, const char* name, const std::string& folder, Config& config, Read read) {
  const toml::Table none;
  const toml::Entry* const entry = root.find(name);
  const auto* const table = entry == nullptr ? &none : std::get_if<toml::Table>(&entry->value.data);
  if (table == nullptr) {
    throw UserError(entry->value.location, std::string(name) + " must be a section: write [" + name + "]");
  }
  Reader reader(*table, name, folder, config.locations);
  read(reader);
  reader.finish();
}

void read_layers(Reader& root, const std::string& folder, Config& config) {
  const toml::Entry* const entry = root.find("layer");
  if (entry == nullptr) throw UserError(Location{config.path, 0, 0}, "there is no layer; add a [[layer]] table");
  const auto* const list = std::get_if<toml::Array>(&entry->value.data);
  if (list == nullptr) throw UserError(entry->value.location, "layers are a list of tables: write [[layer]]");
  for (const toml::Value& value : *list) {
    const auto* const table = std::get_if<toml::Table>(&value.data);
    if (table == nullptr) throw UserError(value.location, "a layer is a table: write [[layer]]");
    const std::string section = "layer." + std::to_string(config.layers.size() + 1);
    config.locations[section] = value.location;
    Reader reader(*table, section, folder, config.locations);
    LayerOptions layer;
    std::size_t repeat = 1;
    visit_layer(reader, layer);
    reader.count("repeat", repeat, 1, most_layers);
    reader.finish();
    if (config.layers.size() + repeat > most_layers) throw UserError(value.location, "more than 1000 layers");
    const auto written = config.locations;
    for (std::size_t copy = 0; copy < repeat; ++copy) {
      config.layers.push_back(layer);
      const std::string expanded = "layer." + std::to_string(config.layers.size());
      for (const auto& [key, location] : written) {
        if (key == section || key.starts_with(section + "."))
          config.locations[expanded + key.substr(section.size())] = location;
      }
    }
  }
}

// What can be asked of a config that names its data.
void check_source(const Config& config) {
  const DataOptions& data = config.data;
  if (data.generator.empty() && data.file.empty()) {
    throw UserError(config.location("data"), "[data] needs a generator or a file");
  }
  if (!data.generator.empty() && !data.file.empty()) {
    throw UserError(config.location("data.file"), "[data] has a generator as well; keep one of the two");
  }
  if (config.train.early_stopping > 0 && data.validation_fraction == 0 && data.validation_file.empty()) {
    throw UserError(config.location("train.early_stopping"),
                    "early_stopping watches the validation loss; set data.validation_fraction or data.validation_file");
  }
}

void check(const Config& config) {
  const DataOptions& data = config.data;
  if (data.test_fraction + data.validation_fraction >= 1) {
    throw UserError(config.location("data.test_fraction"),
                    "test_fraction and validation_fraction leave no row to train on; their sum must be less than 1");
  }
  if (!data.validation_file.empty() && data.validation_fraction > 0) {
    throw UserError(config.location("data.validation_fraction"),
                    "there is a validation_file as well; keep one of the two");
  }
  for (std::size_t l = 0; l + 1 < config.layers.size(); ++l) {
    const std::string key = "layer." + std::to_string(l + 1);
    if (config.layers[l].units == 0)
      throw UserError(config.location(key), "this layer needs units: only the last layer's follow from the data");
  }
  if (config.train.loss.empty()) {
    throw UserError(config.location("train"), "[train] needs a loss: " + listed(loss_names()));
  }
  if (config.train.nesterov && config.train.momentum == 0) {
    throw UserError(config.location("train.nesterov"), "nesterov needs momentum, such as momentum = 0.9");
  }
}

Config config_in(const toml::Table& table, const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  Config config;
  config.path = path;
  Reader root(table, "", folder, config.locations);
  std::size_t seed = config.seed;
  root.count("seed", seed, 0, static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()));
  config.seed = seed;
  read_section(root, "data", folder, config, [&](Reader& r) { visit_data(r, config.data); });
  read_layers(root, folder, config);
  read_section(root, "train", folder, config, [&](Reader& r) { visit_train(r, config.train); });
  read_section(root, "diagnostics", folder, config, [&](Reader& r) { visit_diagnostics(r, config.diagnostics); });
  root.finish();
  check(config);
  static_cast<OptimizerOptions&>(config.train) = resolved(config.train);
  if (config.train.schedule == "cosine" && config.train.schedule_t_max == 0)
    config.train.schedule_t_max = static_cast<double>(config.train.epochs);
  return config;
}

}  // namespace

Location Config::location(const std::string& key) const {
  for (std::string k = key; !k.empty();
       k = k.substr(0, k.find_last_of('.') == std::string::npos ? 0 : k.find_last_of('.'))) {
    const auto found = locations.find(k);
    if (found != locations.end()) return found->second;
  }
  return {path, 0, 0};
}

Config read_config(const std::string& path, const std::vector<Override>& overrides) {
  toml::Table table = toml::read(path);
  for (const Override& set : overrides) apply(set, table);
  Config config = config_in(table, path);
  check_source(config);
  return config;
}

Config parse_model_config(const std::string& text, const std::string& file) {
  return config_in(toml::parse(text, file), file);
}

std::string to_toml(const Config& config, const std::string& folder) {
  std::string out = "seed = " + std::to_string(config.seed) + "\n\n[data]\n";
  Writer writer(out, folder);
  visit_data(writer, config.data);
  for (const LayerOptions& layer : config.layers) {
    out += "\n[[layer]]\n";
    visit_layer(writer, layer);
  }
  out += "\n[train]\n";
  visit_train(writer, config.train);
  out += "\n[diagnostics]\n";
  visit_diagnostics(writer, config.diagnostics);
  return out;
}

std::vector<Setting> settings_of(const Config& config) { return settings_in(to_toml(config, "")); }

std::vector<Setting> settings_in(const std::string& text) {
  std::vector<Setting> settings;
  std::istringstream lines(text);
  std::string section;
  std::size_t layers = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line == "[[layer]]") {
      section = "layer." + std::to_string(++layers) + ".";
    } else if (line.starts_with('[')) {
      section = line.substr(1, line.size() - 2) + ".";
    } else if (const std::size_t equals = line.find(" = "); equals != line.npos) {
      settings.push_back({section + line.substr(0, equals), line.substr(equals + 3)});
    }
  }
  return settings;
}

}  // namespace primer
