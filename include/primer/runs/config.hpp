// A run described in a file: the sections of a config, read from TOML with the place of every mistake, and written back
// with every default spelt out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/formats/error.hpp"
#include "primer/training/generators.hpp"
#include "primer/training/training.hpp"

namespace primer {

// [data]: a generator or a file.
struct DataOptions : GeneratorOptions, SplitOptions {
  std::string file;                 // CSV; empty: the generator. Relative to the working directory once read
  std::vector<std::string> target;  // names of the target columns; empty: the last column
  std::string validation_file;      // CSV with the same columns
};

struct DiagnosticsOptions {
  std::size_t every = 10;  // observe the flow at every n-th step; 0: never
};

struct Config {
  std::string path;
  std::uint64_t seed = 1;
  DataOptions data;
  std::vector<LayerOptions> layers;  // `repeat` expanded
  TrainOptions train;
  DiagnosticsOptions diagnostics;

  // Where "train.loss" or "layer.2.units" was written, layers counted as expanded; for what was not written, the
  // section or the file.
  Location location(const std::string& key) const;
  std::map<std::string, Location> locations;
};

using Override = std::pair<std::string, std::string>;  // --set KEY=VALUE

// Throws UserError for anything that is not TOML, an unknown key, a wrong type, a value out of range.
Config read_config(const std::string& path, const std::vector<Override>& overrides);

// The same for the text of a config in a model, which may lack the source of its data. `file` is what errors call it.
Config parse_model_config(const std::string& text, const std::string& file);

// TOML with every default spelt out. Files are written relative to `folder`; with an empty `folder` they are left out.
std::string to_toml(const Config& config, const std::string& folder);

// The same as a list, keys in full ("layer.2.units"), values as TOML, without files.
struct Setting {
  std::string key, value;
};
std::vector<Setting> settings_of(const Config& config);
std::vector<Setting> settings_in(const std::string& text);  // what to_toml wrote

}  // namespace primer
