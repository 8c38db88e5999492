// Reads and writes JSON (RFC 8259) for safetensors files and for the web pages of primer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "primer/formats/error.hpp"

namespace primer::json {

struct Value;
struct Member;
using Array = std::vector<Value>;
using Object = std::vector<Member>;  // members in the order of the JSON text

struct Value {
  // An integer that fits in 64 bits is an std::int64_t; any other number is a double.
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> data;
};

struct Member {
  std::string key;
  Value value;
};

// The JSON value in `text`. Throws UserError with `location` and the byte position of the mistake if `text` is not one
// JSON value or nests values more than 16 levels deep. Throws UserError with `location` if an object has a key twice.
Value parse(std::string_view text, const Location& location);

// `text` as a JSON string. Throws RuntimeError if it is not UTF-8.
std::string quote(std::string_view text);

// string_array() writes ["…", "…"], and parse_string_array() reads it. parse_string_array() throws UserError with
// `location` if `text` is not an array of strings.
std::string string_array(std::span<const std::string> strings);
std::vector<std::string> parse_string_array(std::string_view text, const Location& location);

// number() writes a number with `digits` significant digits, or null if it is not finite. object() writes
// {"key":value,…}; the values must be JSON. array() writes [item,…]; write(item) must return the JSON of an item.
std::string number(double value, int digits);
std::string object(std::span<const std::pair<std::string, std::string>> members);
template <typename Items, typename Write>
std::string array(const Items& items, Write write) {
  std::string text = "[";
  for (const auto& item : items) text += (text.size() > 1 ? "," : "") + write(item);
  return text + "]";
}

}  // namespace primer::json
