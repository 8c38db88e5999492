// Tables that find an activation, a loss or an optimiser by its name in a config file: activations(), losses() and
// optimizers(). Every entry is added by an explicit call. A global object whose constructor adds an entry would not
// work: a linker omits an object file of a static library if no other code refers to it.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace primer {

// The number in a word such as "leaky_relu(0.2)"; nothing if the word has another form.
template <typename Number>
std::optional<Number> number_in(std::string_view word) {
  const std::size_t open = word.find('(');
  if (open == std::string_view::npos || !word.ends_with(')')) return {};
  Number number = 0;
  const char* const close = word.data() + word.size() - 1;
  const auto [stop, error] = std::from_chars(word.data() + open + 1, close, number);
  if (error != std::errc() || stop != close) return {};
  return number;
}

// An Entry has a `name`. An Entry may have `uses` (the names of the options that it reads) and `alias` (true if `name`
// is a second name of another entry; names() omits second names). Add entries before other threads look up names.
template <typename Entry>
class Registry {
 public:
  // `kind` is the word that messages use for an entry, such as "activation".
  Registry(std::string_view kind, std::vector<Entry> entries) : kind_(kind), entries_(std::move(entries)) {}

  // Throws std::invalid_argument when the name is taken, empty, or not made of letters, digits and '_'.
  void add(const Entry& entry) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const std::string title = std::string(kind_) + " '" + std::string(entry.name) + "'";
    if (entry.name.empty() || entry.name.find_first_not_of(allowed) != std::string_view::npos)
      throw std::invalid_argument(title + ": a name consists of letters, digits and '_'");
    if (std::ranges::find(entries_, entry.name, &Entry::name) != entries_.end())
      throw std::invalid_argument(title + " is registered already");
    entries_.push_back(entry);
  }

  // Throws std::invalid_argument for an unknown name.
  const Entry& at(std::string_view name) const {
    const auto entry = std::ranges::find(entries_, name, &Entry::name);
    if (entry != entries_.end()) return *entry;
    throw std::invalid_argument("unknown " + std::string(kind_) + " '" + std::string(name) + "'");
  }

  // Whether the entry `name` (a loss or an optimiser) reads `option`. Throws std::invalid_argument for an unknown name.
  bool uses(std::string_view name, std::string_view option) const {
    return std::ranges::count(at(name).uses, option) > 0;
  }

  // The names of all entries except aliases: first the entries of the constructor, then the entries added by add().
  std::vector<std::string_view> names() const {
    std::vector<std::string_view> names;
    for (const Entry& entry : entries_) {
      if constexpr (requires { entry.alias; }) {
        if (entry.alias) continue;
      }
      names.push_back(entry.name);
    }
    return names;
  }

 private:
  std::string_view kind_;
  std::vector<Entry> entries_;
};

}  // namespace primer
