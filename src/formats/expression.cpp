// Computes the value of a formula with a recursive-descent parser.
#include "primer/formats/expression.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"

namespace primer {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const NamedFunctions& functions) : text_(text), functions_(functions) {}

  double whole() {
    if (text_.size() > 1000) throw std::invalid_argument("the formula has more than 1000 characters");
    const double value = sum();
    if (next() != '\0') refuse(at_, "an operator is missing");
    return value;
  }

 private:
  [[noreturn]] static void refuse(std::size_t at, std::string_view text) {
    throw std::invalid_argument(concat("column ", at + 1, " of the formula: ", text));
  }

  // The next character that is not a space; '\0' at the end of the formula.
  char next() {
    at_ = std::min(text_.find_first_not_of(' ', at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    const bool found = next() == c;
    at_ += found ? 1 : 0;
    return found;
  }
  // Skips spaces, then reads and returns all characters before the first character that is not in `allowed`.
  std::string_view word(std::string_view allowed) {
    next();
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_not_of(allowed, begin), text_.size());
    return text_.substr(begin, at_ - begin);
  }
  std::string_view name() { return word("abcdefghijklmnopqrstuvwxyz_'"); }

  double sum() {
    double value = product();
    while (next() == '+' || next() == '-') value += take('+') ? product() : take('-') ? -product() : 0;
    return value;
  }

  double product() {
    double value = factor();
    while (next() == '*' || next() == '/') {
      if (take('*')) value *= factor();
      if (take('/')) value /= factor();
    }
    return value;
  }

  double factor() {
    if (take('-')) return -factor();
    if (take('(')) {
      const double value = sum();
      if (!take(')')) refuse(at_, "')' is missing");
      return value;
    }
    next();
    const std::size_t begin = at_;
    std::string digits(word("0123456789."));
    if (digits.empty()) return call();
    if (at_ < text_.size() && text_[at_] == 'e') {
      digits += text_[at_++];
      if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) digits += text_[at_++];
      digits += word("0123456789");
    }
    const auto value = parse_number(digits);
    if (!value) refuse(begin, concat("'", digits, "' is not a number"));
    return *value;
  }

  double call() {
    const std::size_t begin = at_;
    const std::string_view function = name();
    if (function.empty()) refuse(at_, "a number or a function is missing");
    if (!take('(')) refuse(at_, concat("'(' is missing after ", function));
    std::vector<Argument> arguments;
    for (bool more = next() != ')'; more; more = take(',')) {
      const std::size_t start = at_;
      const std::string_view bare = name();
      if (!bare.empty() && next() != '(') {
        arguments.push_back({0, bare});
      } else {
        at_ = start;
        arguments.push_back({sum(), {}});
      }
    }
    if (!take(')')) refuse(at_, "')' is missing");
    try {
      return functions_(function, arguments);
    } catch (const std::invalid_argument& e) {
      refuse(begin, e.what());
    }
  }

  std::string_view text_;
  const NamedFunctions& functions_;
  std::size_t at_ = 0;
};

}  // namespace

double evaluate_expression(std::string_view text, const NamedFunctions& functions) {
  return Reader(text, functions).whole();
}

}  // namespace primer
