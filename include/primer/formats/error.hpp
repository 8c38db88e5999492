// The two kinds of errors, with their exit codes, and the parts of the line that tells the user about an error.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace primer {

// A position in a file. Lines and columns count from 1; line 0 means the whole file, and column 0 means the whole line.
// For the option `--set KEY=VALUE`, `file` is "--set KEY".
struct Location {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
};
std::string to_string(const Location& location);  // "FILE:LINE:COLUMN", "FILE:LINE" or "FILE"

// concat() joins its parts into one text. A part is a text or an unsigned integer.
inline void append(std::string& text, std::string_view part) { text += part; }
void append(std::string& text, std::unsigned_integral auto part) { text += std::to_string(part); }
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  (append(text, parts), ...);
  return text;
}

// The user's input is wrong (exit code 2): "FILE:LINE:COLUMN: what is wrong; what to write instead".
class UserError : public std::runtime_error {
 public:
  template <typename... Parts>
  UserError(const Location& location, const Parts&... parts)
      : std::runtime_error(concat(to_string(location), ": ", parts...)) {}
  explicit UserError(const std::string& text) : std::runtime_error(text) {}
};

// The input is right, but the work failed (exit code 1): divergence, a full disk.
class RuntimeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  template <typename... Parts>
  RuntimeError(const Location& location, const Parts&... parts)
      : std::runtime_error(concat(to_string(location), ": ", parts...)) {}
};

// Runs act(). A std::logic_error of act() means that the user's input is wrong: locate_errors() throws locate(error)
// instead, a UserError with the file and the line. For WebAssembly, src/playground/host.cpp has another version.
void locate_errors(const std::function<void()>& act, const std::function<UserError(const std::logic_error&)>& locate);

// The candidate nearest to `word` in Damerau–Levenshtein distance, or "" if the distance is larger than 1 + ⌊length of
// `word` / 3⌋. Upper and lower case count as equal. Initials also match: "lr" finds "learning_rate".
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// Returns "; did you mean 'x'?", where x = nearest(word, names). If nearest() finds no name, returns `otherwise`.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names,
                         std::string_view otherwise = "");

// If `name` is not one of `names`, throws UserError "unknown KIND 'NAME'", followed by the text of did_you_mean().
void check_name(std::string_view kind, std::string_view name, std::span<const std::string_view> names,
                std::string_view otherwise = "");

// The names as text: "a, b or c".
std::string listed(std::span<const std::string_view> names);

// `text` with control characters and invalid UTF-8 written as \xHH, so that a terminal can show it safely.
std::string printable(std::string_view text);

// `text` as messages show it: printable, in double quotes, and cut after 60 bytes.
std::string in_quotes(std::string_view text);

}  // namespace primer
