// Reads the folders of the runs and puts their numbers into one table.
#include "primer/report/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/report/run_files.hpp"
#include "primer/runs/config.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/signature.hpp"

namespace primer {
namespace {

std::string value_of(const std::vector<Setting>& settings, const std::string& key) {
  const auto found = std::ranges::find(settings, key, &Setting::key);
  return found == settings.end() ? "" : found->value;
}

std::string unquoted(const std::string& value) {
  return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

Config config_in(const std::string& folder) {
  const std::string path = folder + "/config.toml";
  return parse_config(read_input(path, toml::largest_file), path, {});
}

// Describes each layer, for example as "16 tanh", and adds every setting of the layer that differs from its default.
std::string layers_of(const Config& config) {
  Config usual;
  std::vector<std::string> layers;
  for (const LayerOptions& layer : config.layers) {
    usual.layers = {{layer.units, layer.activation}};
    Config one;
    one.layers = {layer};
    std::string& text = layers.emplace_back(concat(layer.units, " ", layer.activation));
    const std::vector<Setting> defaults = settings_of(usual);
    for (const auto& [key, value] : settings_of(one)) {
      if (value_of(defaults, key) != value) text += concat(", ", key.substr(key.rfind('.') + 1), " = ", value);
    }
  }
  return chain(layers);
}

std::vector<Setting> settings_in(const Config& config, bool same_depth) {
  std::vector<Setting> settings = settings_of(config);
  if (!config.data.file.empty()) settings.push_back({"data.file", config.data.file});
  if (same_depth) return settings;
  std::erase_if(settings, [](const Setting& s) { return s.key.starts_with("layer."); });
  settings.push_back({"layers", layers_of(config)});
  return settings;
}

// The keys of the settings that are not equal in all runs, in the order in which the keys first appear in the configs.
std::vector<std::string> differing(const std::vector<std::vector<Setting>>& runs) {
  std::vector<std::string> keys;
  std::map<std::string, std::map<std::string, std::size_t>> values;  // values[k][v]: number of runs with setting k = v
  for (const std::vector<Setting>& settings : runs) {
    for (const auto& [key, value] : settings) {
      if (values.find(key) == values.end()) keys.push_back(key);
      ++values[key][value];
    }
  }
  std::erase_if(keys, [&](const std::string& key) {
    return values[key].size() == 1 && values[key].begin()->second == runs.size();
  });
  return keys;
}

// The row with the lowest number in a column; nothing if no row has a number there.
std::optional<std::size_t> lowest(const RunTable& table, const std::string& column) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.number(i, column) < (best ? table.number(*best, column) : HUGE_VAL)) best = i;
  }
  return best;
}

}  // namespace

std::string chain(const std::vector<std::string>& layers) {
  std::string text;
  for (std::size_t l = 0; l < layers.size();) {
    std::size_t end = l + 1;
    while (end < layers.size() && layers[end] == layers[l]) ++end;
    text += concat(l == 0 ? "" : " → ", end - l > 1 ? concat(end - l, " × ") : "", layers[l]);
    l = end;
  }
  return text;
}

Comparison compare(const std::vector<std::string>& folders) {
  std::vector<Config> configs;
  for (const std::string& folder : folders) configs.push_back(config_in(folder));
  const auto depth = [](const Config& config) { return config.layers.size(); };
  const bool same_depth = std::ranges::adjacent_find(configs, std::not_equal_to(), depth) == configs.end();
  std::vector<std::vector<Setting>> settings;
  for (const Config& config : configs) settings.push_back(settings_in(config, same_depth));
  std::vector<RunTable> histories;
  std::vector<std::size_t> kept;    // for each run: the last row of history.csv; with early stopping, the best row
  std::vector<std::string> scores;  // losses and metrics in the row of the kept epoch, if any run has them
  bool validated = false;
  for (std::size_t r = 0; r < folders.size(); ++r) {
    const RunTable& history = histories.emplace_back(read_run_table(folders[r] + "/history.csv"));
    kept.push_back(history.rows.empty() ? 0 : kept_row(history, configs[r].train.early_stopping > 0));
    for (const std::string& column : history.columns) {
      const bool used = !history.rows.empty() && !history.cell(kept[r], column).empty();
      if (column == "epoch" || column == "learning_rate" || !used) continue;
      if (std::ranges::find(scores, column) == scores.end()) scores.push_back(column);
      validated = validated || column == "validation_loss";
    }
  }
  const std::vector<std::string> keys = differing(settings);
  const std::string judge = validated ? "validation_loss" : "train_loss";
  Comparison rows{{"run"}};
  rows[0].insert(rows[0].end(), keys.begin(), keys.end());
  rows[0].emplace_back("epochs");
  rows[0].insert(rows[0].end(), scores.begin(), scores.end());
  rows[0].insert(rows[0].end(), {"lowest_" + judge, "lowest_at_epoch", "signature"});
  for (std::size_t r = 0; r < folders.size(); ++r) {
    const RunTable& history = histories[r];
    const std::size_t epochs = history.rows.size();
    std::vector<std::string>& row = rows.emplace_back(std::vector<std::string>{folders[r]});
    for (const std::string& key : keys) row.push_back(unquoted(value_of(settings[r], key)));
    row.push_back(std::to_string(epochs));
    for (const std::string& column : scores) row.push_back(epochs == 0 ? "" : history.cell(kept[r], column));
    const auto best = lowest(history, judge);
    row.push_back(best ? history.cell(*best, judge) : "");
    row.push_back(best ? history.cell(*best, "epoch") : "");
    Model model = read_model(folders[r] + "/model.safetensors");
    row.push_back(signature_text(signature(model.network)));
  }
  return rows;
}

std::string shown_cell(const std::string& column, const std::string& cell) {
  const auto value = column == "signature" ? std::nullopt : parse_number(cell);
  const bool is_score = column.find("_loss") != std::string::npos;
  if (cell.empty()) return "–";
  return value && (is_score || cell.size() > 8) ? short_number(*value, 4) : printable(cell);
}

}  // namespace primer
