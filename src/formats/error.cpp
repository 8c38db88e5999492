// Writes file positions as text, finds the valid name nearest to a misspelt name, and makes text safe for a terminal.
#include "primer/formats/error.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "primer/formats/utf8.hpp"

namespace primer {

namespace {

// Damerau–Levenshtein distance: how many insertions, deletions, substitutions and swaps of neighbouring characters turn
// `a` into `b`. No part of the text is edited twice.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substituted});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// The initials of a name: "lr" for "learning_rate"; "" for a single word.
std::string initials(std::string_view name) {
  std::string letters(name.substr(0, 1));
  for (std::size_t at = name.find('_'); at != name.npos && at + 1 < name.size(); at = name.find('_', at + 1))
    letters += name[at + 1];
  return letters.size() > 1 ? letters : "";
}

// Returns false for a control character (C0, DEL, C1), an invisible mark, or a mark that reorders text on a terminal.
bool is_harmless(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first >= 0x20 && first != 0x7F;
  if (character.size() == 2) return !(first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
  if (character.size() == 4) return true;
  const auto within = [&](std::string_view from, std::string_view to) { return character >= from && character <= to; };
  return !within("\u200B", "\u200F") && !within("\u2028", "\u202E") && !within("\u2066", "\u2069") &&
         character != "\uFEFF";
}

void append_hex(std::string& text, char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  text += {'\\', 'x', digits[value >> 4], digits[value & 15]};
}

}  // namespace

std::string to_string(const Location& location) {
  std::string text = printable(location.file);
  for (const std::size_t number : {location.line, location.column}) {
    if (number == 0) break;
    text += concat(":", number);
  }
  return text;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::size_t least = word.size() / 3 + 2;
  std::string_view best;
  for (const std::string_view candidate : candidates) {
    if (!word.empty() && initials(candidate) == lower(word)) return candidate;
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= least) continue;
    const std::size_t distance = edit_distance(lower(word), lower(candidate));
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

#ifndef __wasm__  // src/playground/host.cpp has another body for WebAssembly
void locate_errors(const std::function<void()>& act, const std::function<UserError(const std::logic_error&)>& locate) {
  try {
    act();
  } catch (const std::logic_error& e) {
    throw locate(e);
  }
}
#endif

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names, std::string_view otherwise) {
  const std::string_view best = nearest(word, names);
  return best.empty() ? std::string(otherwise) : "; did you mean '" + printable(best) + "'?";
}

void check_name(std::string_view kind, std::string_view name, std::span<const std::string_view> names,
                std::string_view otherwise) {
  if (std::ranges::find(names, name) != names.end()) return;
  throw UserError(concat("unknown ", kind, " '", printable(name), "'", did_you_mean(name, names, otherwise)));
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length > 0 && is_harmless(character)) {
      safe += character;
    } else {
      for (const char byte : character) append_hex(safe, byte);
    }
    text.remove_prefix(character.size());
  }
  return safe;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  std::size_t end = std::min(text.size(), most);
  while (end < text.size() && end > most - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return '"' + printable(text.substr(0, end)) + (end < text.size() ? "…\"" : "\"");
}

}  // namespace primer
