// Fixed facts about each built-in activation, such as its formula and source. Everything else on the card of an
// activation is measured, or comes from the results of the claims.
#include "primer/runs/activation_facts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <sstream>
#include <string_view>

#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"

namespace primer {

extern const char* const results_of_claims;  // the results in configs/claims/README.md; CMake embeds their text

namespace {

struct ActivationFacts {
  std::string_view name;        // the activation's name in a config, without the constant α
  std::string_view full_name;   // the name in words: "hyperbolic tangent"
  std::string_view value;       // σ(z)
  std::string_view derivative;  // σ′(z)
  std::string_view source;      // authors, title and year of the paper that proposed the function, or empty
  std::string_view code;        // the name of the activation's struct in src/core/activation.cpp
};

constexpr std::string_view he_2015 = "He et al., \"Delving deep into rectifiers\", 2015";
constexpr auto all_facts = std::to_array<ActivationFacts>({
    {"identity", "no activation", "z", "1", "", "Identity"},
    {"step", "Heaviside step, the perceptron's threshold", "1 if z ≥ 0, else 0", "0",
     "Rosenblatt, \"The perceptron\", 1958", "Heaviside"},
    {"sigmoid", "logistic sigmoid", "1 / (1 + e⁻ᶻ)", "σ(z) (1 − σ(z))", "", "Sigmoid"},
    {"tanh", "hyperbolic tangent", "(eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)", "1 − tanh²(z)", "", "Tanh"},
    {"relu", "rectified linear unit", "max(0, z)", "1 if z > 0, else 0",
     "Nair & Hinton, \"Rectified linear units improve restricted Boltzmann machines\", 2010", "Relu"},
    {"leaky_relu", "leaky rectified linear unit", "z if z > 0, else α z", "1 if z > 0, else α",
     "Maas et al., \"Rectifier nonlinearities improve neural network acoustic models\", 2013", "LeakyRelu"},
    {"prelu", "parametric rectified linear unit: α is learned", "z if z > 0, else α z", "1 if z > 0, else α", he_2015,
     "Prelu"},
    {"elu", "exponential linear unit", "z if z > 0, else α (eᶻ − 1)", "1 if z > 0, else α eᶻ",
     "Clevert et al., \"Fast and accurate deep network learning by ELUs\", 2015", "Elu"},
    {"selu", "scaled exponential linear unit, with λ = 1.0507 and α = 1.6733", "λ z if z > 0, else λ α (eᶻ − 1)",
     "λ if z > 0, else λ α eᶻ", "Klambauer et al., \"Self-normalizing neural networks\", 2017", "Selu"},
    {"softplus", "smooth rectified linear unit", "ln(1 + eᶻ)", "1 / (1 + e⁻ᶻ)",
     "Dugas et al., \"Incorporating second-order functional knowledge\", 2001", "Softplus"},
    {"gelu", "Gaussian error linear unit", "z Φ(z), with Φ the distribution function of N(0, 1)",
     "Φ(z) + z φ(z), with φ the density of N(0, 1)", "Hendrycks & Gimpel, \"Gaussian error linear units\", 2016",
     "Gelu"},
    {"gelu_tanh", "Gaussian error linear unit, approximated with tanh",
     "½ z (1 + tanh u), with u = √(2/π) (z + 0.044715 z³)", "½ (1 + tanh u) + ½ z (1 − tanh² u) u′",
     "Hendrycks & Gimpel, \"Gaussian error linear units\", 2016", "GeluTanh"},
    {"silu", "sigmoid linear unit, also called swish", "z s(z), with s(z) = 1 / (1 + e⁻ᶻ)", "s(z) + z s(z) (1 − s(z))",
     "Ramachandran, Zoph, Le, \"Searching for activation functions\", 2017", "Silu"},
    {"softmax", "the outputs of a layer add up to 1", "exp(zₖ) / Σⱼ exp(zⱼ) in unit k",
     "∂aⱼ/∂zₖ = aⱼ (1 − aⱼ) if j = k, else −aⱼ aₖ; one matrix for each sample",
     "Bridle, \"Probabilistic interpretation of feedforward network outputs\", 1990", "Softmax"},
});

// The facts about the activation called `name`, or nullptr if the activation is not built in.
const ActivationFacts* facts_of(std::string_view name) {
  const auto found = std::ranges::find(all_facts, name, &ActivationFacts::name);
  return found == all_facts.end() ? nullptr : &*found;
}

// A short text: the reason why init = "auto" chooses the initialiser with the name `initializer`.
std::string_view reason_for(std::string_view initializer) {
  if (initializer.starts_with("he_")) return "Var w = 2/inputs: the mean square of σ(z) is about half that of z";
  if (initializer.starts_with("lecun_")) return "Var w = 1/inputs: with this σ, outputs keep mean 0 and variance 1";
  return "Var w = 2/(inputs + outputs): signal and gradient keep their size";
}

// The limit of an interval as text: "-0.16997", "∞", "0".
std::string bound(double v) {
  if (std::isinf(v)) return v < 0 ? "-∞" : "∞";
  return short_number(v == 0 ? 0 : v, 5);
}

bool has_word(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// One text for each claim about the activation `name`: the verdict, and the claim's first measured number for `name`.
std::vector<std::string> claims_about(std::string_view name) {
  std::istringstream results(results_of_claims);
  std::vector<std::string> claims;
  std::string title;
  for (std::string line; std::getline(results, line);) {
    if (line.empty()) {
      title.clear();
    } else if (title.empty()) {
      title = line;
    } else if (title != "-" && line.starts_with("  ") && !line.starts_with("   ") && has_word(line, name)) {
      std::string number;  // the next line of the results: the measured value, then its confidence interval
      std::getline(results, number);
      const std::size_t value = number.find_first_not_of(' ');
      claims.push_back(
          concat(title, "; ", line.substr(2), " = ", number.substr(value, number.find(' ', value) - value)));
      title = "-";  // skips all lines up to the next empty line: more numbers of the same claim
    }
  }
  return claims;
}

}  // namespace

ActivationCard card_of(const Activation& activation) {
  ActivationCard card{activation.name(), "", {}};
  const auto line = [&](const char* title, std::string_view text) {
    if (!text.empty()) card.lines.emplace_back(title, text);
  };
  const std::string name = card.name.substr(0, card.name.find('('));
  const ActivationFacts* const facts = facts_of(name);
  if (facts != nullptr) {
    card.full_name = facts->full_name;
    line("σ(z)", facts->value);
    line("σ′(z)", facts->derivative);
    line("source", facts->source);
  }
  const Properties properties = properties_of(activation);
  line("range of σ", interval_text(properties.value));
  line("range of σ′", interval_text(properties.derivative));
  line("σ′ = 0", intervals_text(properties.zeros));
  line("saturated", concat(intervals_text(properties.saturated), " (|σ′| < ", short_number(100 * saturation_threshold),
                           "% of its maximum)"));
  line("kinks", kinks_text(activation));
  line("shape", concat(properties.monotone ? "monotone" : "not monotone",
                       properties.zero_centred ? ", zero-centred" : ", not zero-centred"));
  const std::string_view initializer = activation.traits.initializer;
  line("init", concat(initializer, ": ", reason_for(initializer)));
  for (const std::string& claim : claims_about(name)) line("claim", claim);
  if (facts != nullptr) line("code", concat("src/core/activation.cpp, struct ", facts->code));
  return card;
}

std::string card_json(const ActivationCard& card) {
  const std::string lines = json::array(card.lines, [](const auto& line) {
    return concat("[", json::quote(line.first), ",", json::quote(line.second), "]");
  });
  return concat("{\"name\":", json::quote(card.name), ",\"full_name\":", json::quote(card.full_name),
                ",\"lines\":", lines, "}");
}

std::string interval_text(const Range& range) {
  if (range.low == range.high) return "{" + bound(range.low) + "}";
  const bool open_low = std::isinf(range.low) || std::isinf(range.at_low);
  const bool open_high = std::isinf(range.high) || std::isinf(range.at_high);
  return (open_low ? "(" : "[") + bound(range.low) + ", " + bound(range.high) + (open_high ? ")" : "]");
}

std::string intervals_text(const std::vector<Interval>& intervals) {
  std::string text;
  for (const Interval& z : intervals) {
    if (!text.empty()) text += ", ";
    if (std::isinf(z.from) && std::isinf(z.to)) {
      text += "everywhere";
    } else if (std::isinf(z.from)) {
      text += "z ≤ " + bound(z.to);
    } else if (std::isinf(z.to)) {
      text += "z ≥ " + bound(z.from);
    } else {
      text += z.from == z.to ? bound(z.from) : bound(z.from) + " … " + bound(z.to);
    }
  }
  return text.empty() ? "–" : text;
}

std::string kinks_text(const Activation& activation) {
  std::vector<Interval> kinks;
  for (const real kink : activation.traits.kinks) {
    kinks.push_back({static_cast<double>(kink), static_cast<double>(kink)});
  }
  return intervals_text(kinks);
}

}  // namespace primer
