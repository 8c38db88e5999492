// Reads and writes TOML 1.0, but refuses dates and times. Values keep their location in the file for error messages.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "primer/formats/error.hpp"

namespace primer::toml {

struct Entry;
struct Value;
using Array = std::vector<Value>;

// A table: keys and values in the order of the file. A [header], a dotted key and an inline table each make a Table.
// Headers [[NAME]] with the same NAME make one Array of Tables, with a Table for each header.
class Table {
 public:
  const std::vector<Entry>& entries() const { return entries_; }
  // The entry with this key, or null; the pointer is valid until the next add().
  const Entry* find(std::string_view key) const;
  Entry* find(std::string_view key);
  // Appends an entry; throws std::logic_error if the table already has the key.
  Entry& add(std::string key, const Location& key_location, Value value);

 private:
  friend class Parser;
  // The way in which the file defined this table. It decides whether a later line may add keys to the table.
  enum class Origin { closed, header, super, dotted };
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
  Origin origin_ = Origin::closed;
};

struct Value {
  std::variant<std::string, std::int64_t, double, bool, Array, Table> data;
  Location location;  // the place where the value begins; for a [table], the place of its header
};

struct Entry {
  std::string key;
  Location location;  // the place where the key begins
  Value value;
};

// Parses the TOML document `text`; error messages show the name `file`. Throws UserError if `text` is not TOML 1.0,
// contains a date or a time, or nests tables and arrays more than 64 levels deep.
Table parse(std::string_view text, const std::string& file);

// Parses the TOML file at `path`. Throws UserError if the file has a mistake, cannot be opened or is too large.
constexpr std::size_t largest_file = 1 << 20;  // in bytes
Table read(const std::string& path);

// Parses VALUE of `--set KEY=VALUE` as TOML if it begins with a quote, [ or {, or if it is a number, true or false. Any
// other text is a string. All values and all errors get the location `location`.
Value parse_value(std::string_view text, const Location& location);

// The type of the value in messages: "a string", "an integer", "a float", "a boolean", "an array" or "a table".
std::string_view kind(const Value& value);

// Writes the value as TOML on one line; parsing this line gives a value with the same bits. A float always has a point
// or an exponent; a table is written inline.
std::string to_text(const Value& value);

// `text` as a TOML key, with quotes only if it needs them.
std::string key_text(std::string_view text);

}  // namespace primer::toml
