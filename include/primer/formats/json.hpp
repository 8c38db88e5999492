// JSON (RFC 8259): what safetensors files and the report's data need.
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
using Object = std::vector<Member>;  // in the order of the text

struct Value {
  // An integer that fits in 64 bits is an std::int64_t, any other number a double.
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> data;
};

struct Member {
  std::string key;
  Value value;
};

// The value that is all of `text`. Throws UserError with `place` and the byte at which it is not JSON, holds a key
// twice in one object, or nests more than 16 deep.
Value parse(std::string_view text, const Location& location);

// `text` as a JSON string. Throws RuntimeError if it is not UTF-8.
std::string quote(std::string_view text);

// ["…", "…"], and back; what is no array of strings throws UserError with `place`.
std::string string_array(std::span<const std::string> strings);
std::vector<std::string> parse_string_array(std::string_view text, const Location& location);

// A number with `digits` significant digits, null if it is not finite; {"key":value,…}, where the values are JSON; and
// [item,…], where write(item) gives the JSON of an item.
std::string number(double value, int digits);
std::string object(std::span<const std::pair<std::string, std::string>> members);
template <typename Items, typename Write>
std::string array(const Items& items, Write write) {
  std::string text = "[";
  for (const auto& item : items) text += (text.size() > 1 ? "," : "") + write(item);
  return text + "]";
}

}  // namespace primer::json
