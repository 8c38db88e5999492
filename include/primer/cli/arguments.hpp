// The words of a command line, and the description of a command. The parser and the help both use this description.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace primer {

// An option of a command. On the command line a space or a '=' separates its name from its value.
struct Option {
  std::string_view name;   // "--set"
  std::string_view value;  // what follows the option in the help, such as "KEY=VALUE"; empty if nothing follows
  std::string_view help;
};

struct Arguments;

// One command of the program, such as `primer train`. To add a command, write a file with its Command and list the
// Command in command_line.cpp. The help is at most 80 columns wide.
struct Command {
  std::string_view name;
  std::string_view operands;  // "CONFIG" is one operand, "MODEL [DATA.csv]" is one or two, "[NAME...]" is any number
  std::string_view summary;   // one sentence of at most 52 characters, for the list that `primer --help` prints
  std::string_view details;   // the rest of the help, after the summary: sentences and examples; ends with a newline
  std::span<const Option> options;
  int (*run)(const Arguments&);  // returns the exit code
};

struct Arguments {
  std::vector<std::string> operands;
  std::vector<std::pair<std::string_view, std::string>> options;  // name and value of each option, in the order given
  std::string program = "primer";                                 // name of the program on the command line: argv[0]

  bool has(std::string_view option) const;
  std::optional<std::string> value(std::string_view option) const;  // the option's last value on the command line
  // The option's number; `otherwise` if the option is absent. Throws UserError if the number is not in [low, high].
  double number(std::string_view option, double otherwise, double low, double high, bool whole = false) const;
  std::size_t count(std::string_view option, std::size_t otherwise, std::size_t low, std::size_t high) const;
  // The keys and values of all options `--set KEY=VALUE`. Throws UserError for a value without '='.
  std::vector<std::pair<std::string, std::string>> overrides() const;
};

// Throws UserError for an unknown option, an option without its value, or a wrong number of operands.
Arguments parse_arguments(const Command& command, std::span<char* const> words);

// The line that runs `command` with these arguments, quoted for a shell.
std::string shell_line(const Command& command, const Arguments& arguments);

std::string help(const Command& command);

// The option --rows PART of `primer eval` and `primer predict`. part_of() returns PART, or "" if the user did not give
// this option. part_of() throws UserError if PART is not train, validation or test.
inline constexpr Option rows_option{"--rows", "PART", "only the run's train, validation or test rows"};
std::string part_of(const Arguments& arguments);

// All commands with the operand CONFIG share the option --set.
inline constexpr Option set_option{"--set", "KEY=VALUE", "override a key of the config, such as layer.1.units=8"};

}  // namespace primer
