// Reads one table of a TOML file key by key. Each function checks the type and the range of a value. finish() throws
// for a key that no function has read, so a misspelt key is always an error.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primer/formats/toml.hpp"

namespace primer::toml {

// The finite numbers that a TOML key accepts, as an interval. Error messages show `words` for the interval.
struct Range {
  double low, high;
  bool open_low, open_high;
  const char* words;  // the interval in words, such as "0 or more" in "must be 0 or more, not -1"
  bool contains(double v) const {
    return std::isfinite(v) && (open_low ? v > low : v >= low) && (open_high ? v < high : v <= high);
  }
};

class TableReader {
 public:
  // `section` names the table in messages ("train", or "" for the whole file). A TableReader does not copy the table or
  // the keys: `table` and all keys that are passed to its functions must outlive the object.
  TableReader(const Table& table, Location location, std::string section = "");

  // location(): the place of the table. location(key): the place of the value, or location() if the key is absent.
  const Location& location() const { return location_; }
  Location location(std::string_view key) const;
  const Table& contents() const { return *table_; }
  bool has(std::string_view key) const { return table_->find(key) != nullptr; }

  // The value of a key, or nothing if the key is absent. Throws UserError if the value has another type, is outside its
  // range, or is not one of `names`.
  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> choice(std::string_view key, std::span<const std::string_view> names);
  std::optional<std::size_t> count(std::string_view key, std::size_t low, std::size_t high);
  // Like count(), but also accepts a float without a fraction, such as 30.0.
  std::optional<std::size_t> whole(std::string_view key, std::size_t low, std::size_t high);
  std::optional<double> number(std::string_view key, const Range& range);  // the value may be a float or an integer
  std::optional<bool> flag(std::string_view key);
  std::vector<std::string> texts(std::string_view key);  // a string or a list of strings; empty if the key is absent
  std::vector<double> numbers(std::string_view key);     // a list of numbers; empty if the key is absent
  std::string required_text(std::string_view key);       // throws UserError if the key is absent

  TableReader table(std::string_view key);                // the table [key]; empty if the key is absent
  std::vector<TableReader> tables(std::string_view key);  // the tables [[key]]; messages call them key.1, key.2, …

  // Throws UserError with the location of the first unknown key: a key that no function of this object has read.
  void finish() const;
  // Throws UserError "KEY: TEXT" with the location of the key's value.
  [[noreturn]] void refuse(std::string_view key, std::string_view text) const;

 private:
  const Value* find(std::string_view key);
  template <typename T>
  const T* find(std::string_view key, std::string_view wanted);
  template <typename T>
  const T& as(const Value& value, std::string_view key, std::string_view wanted) const;
  double number_in(const Value& value, std::string_view key) const;

  const Table* table_;
  Location location_;
  std::string section_;
  std::vector<std::string_view> known_;
};

}  // namespace primer::toml
