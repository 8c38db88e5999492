#include "primer/claims/formula.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "primer/core/real.hpp"

using namespace primer;

namespace {

constexpr bool in_double = sizeof(real) == 8;

double of(const char* text) { return evaluate_formula(text); }

std::string refusal(const char* text) {
  try {
    evaluate_formula(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("The properties of the activations are where analysis puts them") {
  const double eps = in_double ? 1e-7 : 1e-4;
  CHECK(of("lowest(gelu)") == doctest::Approx(-0.16997120747990369).epsilon(eps));
  CHECK(std::abs(of("lowest_at(gelu)") - -0.75179162) < 2e-3);
  CHECK(of("lowest(silu)") == doctest::Approx(-0.27846454276107380).epsilon(eps));
  CHECK(of("highest(sigmoid)") == 1);
  CHECK(of("highest(gelu')") == doctest::Approx(1.1289).epsilon(1e-4));
  CHECK(of("saturated_from(tanh)") == doctest::Approx(std::atanh(std::sqrt(0.95))).epsilon(1e-3));
  CHECK(of("saturated_from(sigmoid)") == doctest::Approx(2 * std::atanh(std::sqrt(0.95))).epsilon(1e-3));
  CHECK(std::isinf(of("saturated_from(relu)")));
  CHECK(std::isinf(of("saturated_from(identity)")));
  CHECK(of("saturated_from(step)") == 0);
  CHECK(of("difference(gelu, gelu_tanh)") == doctest::Approx(4.732e-4).epsilon(2e-3));
  CHECK(of("leaky_relu(-2)") == doctest::Approx(-0.02));
  CHECK(of("tanh'(0)") == 1);
  CHECK(of("values(relu')") == 2);
  CHECK(of("values(identity')") == 1);
  CHECK(of("values(tanh')") > 500);
}

TEST_CASE("Naive formulas break where the losses do not") {
  CHECK(of("exp(700) / (exp(700) + exp(700))") == 0.5);
  CHECK(std::isnan(of("exp(1000) / (exp(1000) + exp(1000))")));
  CHECK(std::isnan(of("exp(-1000) / (exp(-1000) + exp(-1000))")));
  CHECK(std::isinf(of("-log(softmax(0, 1000))")));
  CHECK(of("cross_entropy(0, 1000)") == 1000);
  CHECK(of("cross_entropy(1, 2, 3)") == doctest::Approx(2.4076059644443806));  // mpmath
  CHECK(of("binary_cross_entropy(-1000)") == 1000);
  CHECK(of("-log(sigmoid(max(-50, -1000)))") == doctest::Approx(50));
  CHECK(of("softmax(3, 1)") == doctest::Approx(0.88079707797788244));  // σ(2), mpmath
  CHECK(of("sqrt(2)") == std::sqrt(2.0));
  CHECK(of("abs(min(-2, 1))") == 2);
}

TEST_CASE("A formula refuses what it cannot compute") {
  CHECK(refusal("tan(1)") ==
        "column 1 of the formula: 'tan' is neither a function nor an activation; did you mean 'tanh'?");
  CHECK(refusal("2 + gelu(1, 2)") == "column 5 of the formula: gelu takes one number");
  CHECK(refusal("min(1)") == "column 1 of the formula: min takes two numbers");
  CHECK(refusal("softmax()") == "column 1 of the formula: softmax takes one or more numbers");
  CHECK(refusal("lowest(1)") == "column 1 of the formula: lowest takes the name of one activation");
  CHECK(refusal("difference(gelu)") == "column 1 of the formula: difference takes the names of two activations");
  CHECK(refusal("lowest(softmax)") == "column 1 of the formula: softmax is not a function of one number");
  CHECK(refusal("exp(gelu)") == "column 1 of the formula: exp takes one number");
}
