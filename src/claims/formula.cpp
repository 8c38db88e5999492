// The functions that a formula can call.
#include "primer/claims/formula.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <vector>

#include "primer/core/elementary.hpp"
#include "primer/core/loss.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/expression.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

// An elementwise activation σ or its derivative σ′. The name "relu" means σ of relu, the name "relu'" means σ′ of relu.
struct Function {
  std::unique_ptr<Activation> activation;
  bool derivative;

  explicit Function(std::string_view name) : derivative(name.ends_with('\'')) {
    if (derivative) name.remove_suffix(1);
    const auto names = activations().names();
    if (std::ranges::find(names, name) == names.end()) {
      throw std::invalid_argument(
          concat("'", name, "' is neither a function nor an activation", did_you_mean(name, names)));
    }
    activation = make_activation(name);
    if (!activation->traits.elementwise) throw std::invalid_argument(concat(name, " is not a function of one number"));
  }
  Properties properties() const { return properties_of(*activation); }
  Range range() const { return derivative ? properties().derivative : properties().value; }

  double at(double z) const {
    const auto point = static_cast<real>(z);
    const Sampled curve = sample(*activation, {&point, 1});
    return static_cast<double>(derivative ? curve.derivative[0] : curve.a[0]);
  }
};

double largest_difference(const Function& f, const Function& g) {
  double most = 0;
  for (int i = -16'000; i <= 16'000; ++i) most = std::max(most, std::abs(f.at(i / 1000.0) - g.at(i / 1000.0)));
  return most;
}

// Returns the point z ≥ 0 after which |σ′| stays below saturation_threshold · max |σ′|, or ∞ if there is no such point.
double saturated_from(const Properties& p) {
  const bool at_the_end = !p.saturated.empty() && std::isinf(p.saturated.back().to);
  return at_the_end ? std::max(p.saturated.back().from, 0.0) : std::numeric_limits<double>::infinity();
}

// Counts the different values of f at 1025 points from −8 to 8. If f is piecewise constant, the number is small.
double different_values(const Function& f) {
  std::set<double> values;
  for (int i = -512; i <= 512; ++i) values.insert(f.at(i / 64.0));
  return static_cast<double>(values.size());
}

Tensor row_of(const std::vector<double>& values) {
  Tensor row(1, values.size());
  std::ranges::transform(values, row.data(), [](double v) { return static_cast<real>(v); });
  return row;
}

double first_of_softmax(const std::vector<double>& z) {
  Tensor a, derivatives;
  make_activation("softmax")->forward(row_of(z), a, derivatives);
  return static_cast<double>(a[0]);
}

double loss_of_first(std::string_view loss, const std::vector<double>& z) {
  Tensor y(1, z.size()), scratch;
  y[0] = 1;
  return static_cast<double>(make_loss(LossOptions{loss})->value_from_logits(row_of(z), y, scratch));
}

using Names = std::vector<Function>;
using Numbers = std::vector<double>;

// A function that a formula may call. `arguments` is the number of its arguments; 0 means: one or more.
struct Entry {
  std::string_view name;
  std::size_t arguments;
  double (*of_numbers)(const Numbers&);
  double (*of_names)(const Names&) = nullptr;
};
constexpr Entry functions[] = {
    {"exp", 1, [](const Numbers& x) { return exp(x[0]); }},
    {"log", 1, [](const Numbers& x) { return log(x[0]); }},
    {"sqrt", 1, [](const Numbers& x) { return std::sqrt(x[0]); }},
    {"abs", 1, [](const Numbers& x) { return std::abs(x[0]); }},
    {"min", 2, [](const Numbers& x) { return std::min(x[0], x[1]); }},
    {"max", 2, [](const Numbers& x) { return std::max(x[0], x[1]); }},
    {"softmax", 0, first_of_softmax},
    {"cross_entropy", 0, [](const Numbers& z) { return loss_of_first("cross_entropy", z); }},
    {"binary_cross_entropy", 1, [](const Numbers& z) { return loss_of_first("binary_cross_entropy", z); }},
    {"lowest", 1, nullptr, [](const Names& f) { return f[0].range().low; }},
    {"lowest_at", 1, nullptr, [](const Names& f) { return f[0].range().at_low; }},
    {"highest", 1, nullptr, [](const Names& f) { return f[0].range().high; }},
    {"values", 1, nullptr, [](const Names& f) { return different_values(f[0]); }},
    {"saturated_from", 1, nullptr, [](const Names& f) { return saturated_from(f[0].properties()); }},
    {"difference", 2, nullptr, [](const Names& f) { return largest_difference(f[0], f[1]); }},
};

double call(std::string_view name, const std::vector<Argument>& arguments) {
  const Entry* const entry = std::ranges::find(functions, name, &Entry::name);
  const bool known = entry != std::end(functions);
  const std::optional<Function> activation = known ? std::nullopt : std::optional<Function>(name);
  const bool of_names = known && entry->of_names != nullptr;
  const std::size_t wanted = known ? entry->arguments : 1;
  Numbers numbers;
  Names names;
  for (const Argument& a : arguments) {
    if (of_names && !a.name.empty()) names.emplace_back(a.name);
    if (!of_names && a.name.empty()) numbers.push_back(a.number);
  }
  const std::size_t given = numbers.size() + names.size();
  if (given != arguments.size() || (wanted == 0 ? given == 0 : given != wanted)) {
    const char* const words[2][3] = {{" takes one or more numbers", " takes one number", " takes two numbers"},
                                     {"", " takes the name of one activation", " takes the names of two activations"}};
    throw std::invalid_argument(concat(name, words[of_names ? 1 : 0][wanted]));
  }
  if (activation) return activation->at(numbers[0]);
  return of_names ? entry->of_names(names) : entry->of_numbers(numbers);
}

}  // namespace

double evaluate_formula(std::string_view text) { return evaluate_expression(text, call); }

}  // namespace primer
