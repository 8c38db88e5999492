// The words of a command line, taken apart by what a verb says it takes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace primer {

// "--set KEY=VALUE": an option with a value has one word after its name, separated by a space or by '='.
struct Option {
  std::string_view name;   // "--set"
  std::string_view value;  // what stands for the value in the help; empty: the option is a switch
  std::string_view help;
};

struct Arguments;

struct Command {
  std::string_view name;
  std::string_view operands;  // "CONFIG", "[DATA.csv | -]": as they stand in the usage line
  std::size_t fewest, most;   // operands
  std::string_view summary;   // one line
  std::string_view details;   // what more there is to say, with an example; ends with a line feed
  std::span<const Option> options;
  int (*run)(const Arguments&);  // returns the exit code
};

struct Arguments {
  std::vector<std::string> operands;
  std::vector<std::pair<std::string_view, std::string>> options;  // name and value, in the order given

  bool has(std::string_view option) const;
  std::optional<std::string> value(std::string_view option) const;  // the last one given
  // The values of all `--set KEY=VALUE`; throws UserError for one without '='.
  std::vector<std::pair<std::string, std::string>> overrides() const;
};

// Throws UserError naming what is wrong and what the verb takes.
Arguments parse_arguments(const Command& command, std::span<char* const> words);

std::string usage_line(const Command& command);
std::string help(const Command& command);

// The option that every verb with a CONFIG shares.
inline constexpr Option set_option{"--set", "KEY=VALUE",
                                   "override a key of the config: train.learning_rate=0.1, layer.1.units=8"};

}  // namespace primer
