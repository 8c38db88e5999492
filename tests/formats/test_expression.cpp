#include "primer/formats/expression.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>

using namespace primer;

namespace {

// sum(…) adds numbers, length(name) counts letters.
double call(std::string_view name, const std::vector<Argument>& arguments) {
  double sum = 0;
  for (const Argument& a : arguments) sum += name == "length" ? static_cast<double>(a.name.size()) : a.number;
  if (name != "length" && name != "sum") throw std::invalid_argument("unknown");
  return sum;
}

double of(const std::string& text) { return evaluate_expression(text, call); }

std::string refusal(const std::string& text) {
  try {
    of(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("An expression follows the rules of arithmetic") {
  CHECK(of("1 + 2 * 3") == 7);
  CHECK(of("(1 + 2) * 3") == 9);
  CHECK(of("10 - 4 - 3") == 3);
  CHECK(of("16 / 4 / 2") == 2);
  CHECK(of("-2 * -3 - -1") == 7);
  CHECK(of("2 - 3 * 4 + 12 / 6") == -8);
  CHECK(of("1.5e-3*2e+3") == doctest::Approx(3));
  CHECK(std::isinf(of("1 / 0")));
  CHECK(std::isnan(of("0 / 0")));
  CHECK(of("  sum ( 1 , 2, sum(3) )  ") == 6);
  CHECK(of("sum()") == 0);
  CHECK(of("length(gelu') + length(relu)") == 9);
}

TEST_CASE("A mistake in an expression is named with its column") {
  CHECK(refusal("1 +") == "column 4 of the formula: a number or a function is missing");
  CHECK(refusal("1 2") == "column 3 of the formula: an operator is missing");
  CHECK(refusal("(1") == "column 3 of the formula: ')' is missing");
  CHECK(refusal("sum(1") == "column 6 of the formula: ')' is missing");
  CHECK(refusal("sum(1,)") == "column 7 of the formula: a number or a function is missing");
  CHECK(refusal("1.2.3") == "column 1 of the formula: '1.2.3' is not a number");
  CHECK(refusal("2e") == "column 1 of the formula: '2e' is not a number");
  CHECK(refusal("gelu") == "column 5 of the formula: '(' is missing after gelu");
  CHECK(refusal("1 + f(2)") == "column 5 of the formula: unknown");
  CHECK(refusal("") == "column 1 of the formula: a number or a function is missing");
  CHECK(refusal(std::string(1001, '(')) == "the formula has more than 1000 characters");
}
