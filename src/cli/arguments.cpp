// Parsing by table, and the help that is made from the same table.
#include "primer/cli/arguments.hpp"

#include <algorithm>

#include "primer/formats/error.hpp"

namespace primer {
namespace {

const Option& find_option(const Command& command, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option& option : command.options) {
    if (option.name == name) return option;
    names.push_back(option.name);
  }
  const std::string_view best = nearest(name, names);
  throw UserError("unknown option '" + printable(name) + "'; " +
                  (best.empty() ? "usage: " + usage_line(command) : "did you mean '" + std::string(best) + "'?"));
}

std::string spelt(const Option& option) {
  return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
}

}  // namespace

bool Arguments::has(std::string_view option) const { return value(option).has_value(); }

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = std::find_if(options.rbegin(), options.rend(), [&](const auto& o) { return o.first == option; });
  if (found == options.rend()) return {};
  return found->second;
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
  const std::size_t n = arguments.operands.size();
  if (n < command.fewest || n > command.most) {
    throw UserError((n < command.fewest ? "too few" : "too many") + std::string(" words; usage: ") +
                    usage_line(command));
  }
  return arguments;
}

std::string usage_line(const Command& command) {
  std::string line = "primer " + std::string(command.name);
  if (!command.operands.empty()) line += " " + std::string(command.operands);
  for (const Option& option : command.options) {
    line += " [" + spelt(option) + "]" + (option.name == set_option.name ? "..." : "");
  }
  return line;
}

std::string help(const Command& command) {
  std::string text = "usage: " + usage_line(command) + "\n\n" + std::string(command.summary) + "\n";
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
