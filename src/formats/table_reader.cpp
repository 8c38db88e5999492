// Checks the types and the ranges of values, and refuses unknown keys, for every kind of TOML file that primer reads.
#include "primer/formats/table_reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "primer/formats/number.hpp"

namespace primer::toml {

TableReader::TableReader(const Table& table, Location location, std::string section)
    : table_(&table), location_(std::move(location)), section_(std::move(section)) {}

Location TableReader::location(std::string_view key) const {
  const Entry* const entry = table_->find(key);
  return entry == nullptr ? location_ : entry->value.location;
}

const Value* TableReader::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  const Entry* const entry = table_->find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

template <typename T>
const T& TableReader::as(const Value& value, std::string_view key, std::string_view wanted) const {
  if (const auto* const held = std::get_if<T>(&value.data)) return *held;
  const bool is_override = wanted.starts_with("a string") && value.location.file.starts_with("--set ");
  throw UserError(
      value.location, key, ": must be ", wanted, ", not ", kind(value),
      is_override ? concat("; put quotes around a string: '", value.location.file.substr(6), "=\"…\"'") : "");
}

template <typename T>
const T* TableReader::find(std::string_view key, std::string_view wanted) {
  const Value* const value = find(key);
  return value == nullptr ? nullptr : &as<T>(*value, key, wanted);
}

double TableReader::number_in(const Value& value, std::string_view key) const {
  if (const auto* const integer = std::get_if<std::int64_t>(&value.data)) return static_cast<double>(*integer);
  return as<double>(value, key, "a number");
}

std::optional<std::string> TableReader::text(std::string_view key) {
  const auto* const value = find<std::string>(key, "a string");
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::string> TableReader::choice(std::string_view key, std::span<const std::string_view> names) {
  std::optional<std::string> value = text(key);
  if (value && std::ranges::find(names, *value) == names.end()) {
    std::vector<std::string> shown;
    for (const std::string_view name : names) {
      shown.push_back(name.size() == 1 ? to_text({std::string(name), {}}) : std::string(name));
    }
    const std::vector<std::string_view> list(shown.begin(), shown.end());
    const std::string all = "; write " + listed(list);
    refuse(key, concat("'", *value, "' is not known", value->size() > 1 ? did_you_mean(*value, names, all) : all));
  }
  return value;
}

std::optional<std::size_t> TableReader::count(std::string_view key, std::size_t low, std::size_t high) {
  const std::string wanted = concat("an integer from ", low, " to ", high);
  const auto* const value = find<std::int64_t>(key, wanted);
  if (value == nullptr) return {};
  if (std::cmp_less(*value, low) || std::cmp_greater(*value, high)) {
    refuse(key, concat("must be ", wanted, ", not ", std::to_string(*value)));
  }
  return static_cast<std::size_t>(*value);
}

std::optional<std::size_t> TableReader::whole(std::string_view key, std::size_t low, std::size_t high) {
  const Value* const value = find(key);
  const auto* const v = value == nullptr ? nullptr : std::get_if<double>(&value->data);
  const bool fits =
      v != nullptr && *v == std::floor(*v) && *v >= static_cast<double>(low) && *v <= static_cast<double>(high);
  return fits ? static_cast<std::size_t>(*v) : count(key, low, high);
}

std::optional<double> TableReader::number(std::string_view key, const Range& range) {
  const Value* const value = find(key);
  if (value == nullptr) return {};
  const double number = number_in(*value, key);
  if (!range.contains(number)) refuse(key, concat("must be ", range.words, ", not ", primer::number(number)));
  return number;
}

std::optional<bool> TableReader::flag(std::string_view key) {
  const auto* const value = find<bool>(key, "true or false");
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const Value* const value = find(key);
  if (value == nullptr) return {};
  if (const auto* const one = std::get_if<std::string>(&value->data)) return {*one};
  std::vector<std::string> list;
  constexpr std::string_view wanted = "a string or a list of strings";
  for (const Value& element : as<Array>(*value, key, wanted)) list.push_back(as<std::string>(element, key, wanted));
  return list;
}

std::vector<double> TableReader::numbers(std::string_view key) {
  const auto* const array = find<Array>(key, "a list of numbers");
  std::vector<double> list;
  for (std::size_t k = 0; array != nullptr && k < array->size(); ++k) list.push_back(number_in((*array)[k], key));
  return list;
}

std::string TableReader::required_text(std::string_view key) {
  std::optional<std::string> value = text(key);
  if (!value) throw UserError(location_, "the key '", key, "' is missing");
  return *std::move(value);
}

TableReader TableReader::table(std::string_view key) {
  static const Table none;
  const auto* const table = find<Table>(key, concat("a table, written as [", key, "]"));
  return {table == nullptr ? none : *table, location(key), std::string(key)};
}

std::vector<TableReader> TableReader::tables(std::string_view key) {
  const std::string wanted = concat("a list of tables, each written as [[", key, "]]");
  const auto* const array = find<Array>(key, wanted);
  std::vector<TableReader> readers;
  for (std::size_t k = 0; array != nullptr && k < array->size(); ++k) {
    const Value& element = (*array)[k];
    readers.emplace_back(as<Table>(element, key, wanted), element.location, concat(key, ".", k + 1));
  }
  return readers;
}

void TableReader::finish() const {
  for (const Entry& entry : table_->entries()) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    const std::string where = section_.empty() ? "" : concat(" in [", section_, "]");
    throw UserError(entry.location, "unknown key '", printable(entry.key), "'", where,
                    did_you_mean(entry.key, known_, known_.empty() ? "" : "; write " + listed(known_)));
  }
}

void TableReader::refuse(std::string_view key, std::string_view text) const {
  throw UserError(location(key), printable(concat(key, ": ", text)));
}

}  // namespace primer::toml
