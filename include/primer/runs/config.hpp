// A config describes a run. primer reads the config from a TOML file, and writes it as TOML with every default spelt
// out. Each error message names the location of the mistake.
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

// The section [data]: the data come from a generator or from a file.
struct DataOptions : GeneratorOptions, SplitOptions {
  std::string file;                      // a CSV file, relative to the working directory; empty: use the generator
  std::vector<std::string> target;       // names of the target columns; empty: the last column not in inputs or ignore
  std::string validation_file;           // a CSV file of validation rows, with the same columns; empty: none
  std::vector<std::string> input_names;  // names of the input columns; empty: all except target and ignored columns
  std::vector<std::string> ignore;       // columns that are neither inputs nor targets
  std::vector<std::string> one_hot;      // names of text columns; each different text becomes one input (0 or 1)
  std::string separator = ",";           // the character between two cells: ",", ";", "|" or a tab
  std::string decimal = ".";             // the decimal mark: "." or ","
  std::string missing = "refuse";        // "drop" leaves out rows with a missing value; "refuse" reports an error
  std::vector<std::size_t> image;        // height and width, if a row's inputs are the pixels of a picture; else empty
};

struct DiagnosticsOptions {
  std::size_t every = 10;  // n: the gradient flow is measured at steps 1, 1 + n, …, at least once per epoch; 0: never
};

struct Config {
  std::string path;
  std::uint64_t seed = 1;
  DataOptions data;
  std::vector<LayerOptions> layers;  // a [[layer]] table with repeat = n gives n elements
  TrainOptions train;
  DiagnosticsOptions diagnostics;

  // Returns the location of a key in the file. "layer.2.units" is the key `units` of the second element of `layers`. If
  // the key is missing, returns the location of its section. If the section is missing, returns the name of the file.
  Location location(const std::string& key) const;
  std::map<std::string, Location> locations;
};

using Override = std::pair<std::string, std::string>;  // --set KEY=VALUE

// Parses `text` as a config. Error messages use the file name `file`. Throws UserError if the text is not TOML, if a
// key is unknown, or if a value has the wrong type or is out of range.
Config parse_config(std::string_view text, const std::string& file, const std::vector<Override>& overrides);
Config read_config(const std::string& path, const std::vector<Override>& overrides);
// Like parse_config(), for the config in a model file. This config does not have to name the source of its data.
Config parse_model_config(std::string_view text, const std::string& file);

// The config as TOML, with all defaults and with paths relative to `folder` (without any path if `folder` is empty).
std::string to_toml(const Config& config, const std::string& folder);

// The settings of a config as a list: full keys such as "layer.2.units", and values as TOML text. Paths are left out.
struct Setting {
  std::string key, value;
};
std::vector<Setting> settings_of(const Config& config);

}  // namespace primer
