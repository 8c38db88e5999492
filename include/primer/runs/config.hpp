// The description of a run: the sections of a config, read from TOML and written back with every default spelt out.
// Errors name the location of the mistake.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/formats/error.hpp"
#include "primer/training/generators.hpp"
#include "primer/training/training.hpp"

namespace primer {

// [data]: a generator or a file.
struct DataOptions : GeneratorOptions, SplitOptions {
  std::string file;                      // a CSV file, relative to the working directory; empty: the generator
  std::vector<std::string> target;       // names of the target columns; empty: the last column
  std::string validation_file;           // a CSV file with the same columns
  std::vector<std::string> input_names;  // the key `inputs` with a file; empty: all other columns
  std::vector<std::string> ignore;       // columns that are neither inputs nor targets
  std::vector<std::string> one_hot;      // inputs that are texts: an input of 0 and 1 for each category
  std::string separator = ",";           // between two cells: one of , ; | and the tab
  std::string decimal = ".";             // or ","
  std::string missing = "refuse";        // or "drop": leaves out rows with a missing value
  std::vector<std::size_t> image;        // height and width if each row is a picture, for the report; empty if not
};

struct DiagnosticsOptions {
  std::size_t every = 10;  // the flow is observed at every n-th step; 0: never
};

struct Config {
  std::string path;
  std::uint64_t seed = 1;
  DataOptions data;
  std::vector<LayerOptions> layers;  // after `repeat` is expanded
  TrainOptions train;
  DiagnosticsOptions diagnostics;

  // The location of a key such as "train.loss" or "layer.2.units". Layers are numbered after `repeat` is expanded. If
  // the file does not have the key, this is the location of its section, or the file.
  Location location(const std::string& key) const;
  std::map<std::string, Location> locations;
};

using Override = std::pair<std::string, std::string>;  // --set KEY=VALUE

// The config in `text`; errors name it `file`. Throws UserError if the text is not TOML, a key is unknown, or a value
// has the wrong type or is out of range.
Config parse_config(std::string_view text, const std::string& file, const std::vector<Override>& overrides);
// The same for the file at `path`.
Config read_config(const std::string& path, const std::vector<Override>& overrides);
// The same for the config that a model contains, which does not have to name the source of its data.
Config parse_model_config(std::string_view text, const std::string& file);

// TOML with every default spelt out. File names are written relative to `folder`; an empty `folder` leaves them out.
std::string to_toml(const Config& config, const std::string& folder);

// The settings of a config as a list, without file names: full keys such as "layer.2.units", and values as TOML text.
struct Setting {
  std::string key, value;
};
std::vector<Setting> settings_of(const Config& config);

}  // namespace primer
