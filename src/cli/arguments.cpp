// Parses the words of a command line as the command's description says, and writes the help from this description.
#include "primer/cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"

namespace primer {
namespace {

std::string usage(const Command& command) {
  return "usage: primer " + std::string(command.name) + " " + std::string(command.operands) +
         (command.options.empty() ? "" : " [OPTION]...");
}

const Option& find_option(const Command& command, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option& option : command.options) names.push_back(option.name);
  check_name("option", name, names, concat("; `primer ", command.name, " --help` lists the options"));
  return *std::ranges::find(command.options, name, &Option::name);
}

std::string spelt(const Option& option) {
  return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
}

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./=,:+@%") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

bool Arguments::has(std::string_view option) const { return value(option).has_value(); }

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = std::find_if(options.rbegin(), options.rend(), [&](const auto& o) { return o.first == option; });
  if (found == options.rend()) return {};
  return found->second;
}

double Arguments::number(std::string_view option, double otherwise, double low, double high, bool whole) const {
  const auto text = value(option);
  if (!text) return otherwise;
  const auto number = parse_number(*text);
  if (number && *number >= low && *number <= high && (!whole || *number == std::floor(*number))) return *number;
  throw UserError(concat(option, ": must be a ", whole ? "whole " : "", "number from ", short_number(low, 9), " to ",
                         short_number(high, 9), ", not '", printable(*text), "'"));
}

std::size_t Arguments::count(std::string_view option, std::size_t otherwise, std::size_t low, std::size_t high) const {
  const auto as_double = [](std::size_t n) { return static_cast<double>(n); };
  return static_cast<std::size_t>(number(option, as_double(otherwise), as_double(low), as_double(high), true));
}

std::vector<std::pair<std::string, std::string>> Arguments::overrides() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (const auto& [name, value] : options) {
    if (name != set_option.name) continue;
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) {
      throw UserError("--set " + printable(value) + ": write --set KEY=VALUE, as in --set train.learning_rate=0.1");
    }
    list.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  }
  return list;
}

std::string part_of(const Arguments& arguments) {
  constexpr std::array<std::string_view, 3> parts{"train", "validation", "test"};
  std::string part = arguments.value(rows_option.name).value_or("");
  if (!arguments.has(rows_option.name) || std::ranges::find(parts, part) != parts.end()) return part;
  throw UserError("--rows " + printable(part) + ": write " + listed(parts) + did_you_mean(part, parts));
}

Arguments parse_arguments(const Command& command, std::span<char* const> words) {
  Arguments arguments;
  bool options_end = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--" && !options_end) {
      options_end = true;
    } else if (!word.starts_with("--") || options_end) {
      arguments.operands.emplace_back(word);
    } else {
      const std::size_t equals = word.find('=');
      const Option& option = find_option(command, word.substr(0, equals));
      if (option.value.empty()) {
        if (equals != std::string_view::npos) throw UserError(std::string(option.name) + " takes no value");
        arguments.options.emplace_back(option.name, "");
      } else if (equals != std::string_view::npos) {
        arguments.options.emplace_back(option.name, word.substr(equals + 1));
      } else if (i + 1 < words.size()) {
        arguments.options.emplace_back(option.name, words[++i]);
      } else {
        throw UserError(std::string(option.name) + " needs a value: " + spelt(option));
      }
    }
  }
  const std::string_view takes = command.operands;
  const auto most = std::count(takes.begin(), takes.end(), ' ') + 1;
  const auto n = std::ssize(arguments.operands);
  if (n < most - std::count(takes.begin(), takes.end(), '[')) throw UserError("too few words; " + usage(command));
  if (n > most && !takes.ends_with("...]")) throw UserError("too many words; " + usage(command));
  return arguments;
}

std::string shell_line(const Command& command, const Arguments& arguments) {
  std::string line = shell_word(arguments.program) + " " + std::string(command.name);
  for (const std::string& operand : arguments.operands) line += " " + shell_word(operand);
  for (const auto& [name, value] : arguments.options) {
    line += " " + std::string(name) + (find_option(command, name).value.empty() ? "" : " " + shell_word(value));
  }
  return line;
}

std::string help(const Command& command) {
  std::string text = usage(command) + "\n\n" + std::string(command.summary) + "\n";
  if (!command.options.empty()) text += "\n";
  std::size_t width = 0;
  for (const Option& option : command.options) width = std::max(width, spelt(option).size());
  for (const Option& option : command.options) {
    const std::string name = spelt(option);
    text += "  " + name + std::string(width - name.size() + 2, ' ') + std::string(option.help) + "\n";
  }
  if (!command.details.empty()) text += "\n" + std::string(command.details);
  return text;
}

}  // namespace primer
