// primer activations: prints the catalogue of activation functions with their measured properties, or values as CSV.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "primer/cli/commands.hpp"
#include "primer/formats/atomic_file.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/svg.hpp"
#include "primer/runs/activation_facts.hpp"
#include "primer/training/properties.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

std::unique_ptr<Activation> named(const std::string& spec) {
  try {
    return make_activation(spec);
  } catch (const std::invalid_argument& e) {
    const bool unknown = std::string_view(e.what()).starts_with("unknown");  // else its constant is wrong
    if (unknown) check_name("activation", spec.substr(0, spec.find('(')), activations().names());
    throw UserError(printable(e.what()));
  }
}

// "-0.16997", "∞", "0".
std::string bound(double v) {
  if (std::isinf(v)) return v < 0 ? "-∞" : "∞";
  return short_number(v, 5);
}

std::string listed(const std::vector<Interval>& intervals) {
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

std::vector<Interval> kinks_of(const Activation& activation) {
  std::vector<Interval> kinks;
  for (const real kink : activation.traits.kinks)
    kinks.push_back({static_cast<double>(kink), static_cast<double>(kink)});
  return kinks;
}

void print_catalogue(const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> rows{{"σ", "range of σ", "range of σ′", "σ′ = 0",
                                              "|σ′| < " + short_number(100 * saturation_threshold) + "% of its maximum",
                                              "monotone", "zero-centred", "kinks", "init = \"auto\""}};
  for (const std::string& name : names) {
    const auto activation = named(name);
    const Properties properties = properties_of(*activation);
    rows.push_back({activation->name(), interval_text(properties.value), interval_text(properties.derivative),
                    listed(properties.zeros), listed(properties.saturated), properties.monotone ? "yes" : "no",
                    properties.zero_centred ? "yes" : "no", listed(kinks_of(*activation)),
                    std::string(activation->traits.initializer)});
  }
  std::fputs(table(rows, rows.front().size(), output_width()).c_str(), stdout);
}

bool has_word(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// A line for each claim on the page of claims that measures this activation: its verdict and the first such number.
std::vector<std::string> claims_about(std::string_view name) {
  std::ifstream page("configs/claims/README.md");
  std::vector<std::string> claims;
  std::string title;
  bool has_begun = false;
  for (std::string line; std::getline(page, line) && !(has_begun && line == "```");) {
    if (line == "<!-- claims -->") std::getline(page, line), has_begun = true;
    if (!has_begun || line.empty() || line == "```") {
      title.clear();
    } else if (title.empty()) {
      title = line;
    } else if (title != "-" && line.starts_with("  ") && !line.starts_with("   ") && has_word(line, name)) {
      std::string number;  // in the next line: its value, then the interval
      std::getline(page, number);
      const std::size_t value = number.find_first_not_of(' ');
      claims.push_back(
          concat(title, "; ", line.substr(2), " = ", number.substr(value, number.find(' ', value) - value)));
      title = "-";  // one line for each claim
    }
  }
  return claims;
}

void print_card(const std::string& spec) {
  const auto activation = named(spec);
  const Properties properties = properties_of(*activation);
  const std::string name = spec.substr(0, spec.find('('));
  const ActivationFacts* const facts = facts_of(name);
  const auto line = [](const std::string& title, std::string_view text) {
    if (text.empty()) return;
    const std::string row = title + std::string(14 - display_width(title), ' ');
    std::fputs(
        (row + wrapped(text, std::max<std::size_t>(std::min<std::size_t>(output_width(), 100), 40) - 14, 14)).c_str(),
        stdout);
  };
  std::printf("%s%s\n", activation->name().c_str(), facts == nullptr ? "" : concat(": ", facts->full_name).c_str());
  if (facts != nullptr) {
    line("  σ(z)", facts->value);
    line("  σ′(z)", facts->derivative);
    line("  source", facts->source);
  }
  line("  range of σ", interval_text(properties.value));
  line("  range of σ′", interval_text(properties.derivative));
  line("  σ′ = 0", listed(properties.zeros));
  line("  saturated", concat(listed(properties.saturated), " (|σ′| < ", short_number(100 * saturation_threshold),
                             "% of its maximum)"));
  line("  kinks", listed(kinks_of(*activation)));
  line("  shape", concat(properties.monotone ? "monotone" : "not monotone",
                         properties.zero_centred ? ", zero-centred" : ", not zero-centred"));
  const std::string_view initializer = activation->traits.initializer;
  line("  init", concat(initializer, ": ", reason_for(initializer)));
  for (const std::string& claim : claims_about(name)) line("  claim", claim);
  if (facts != nullptr) line("  code", concat("src/core/activation.cpp, struct ", facts->code));
}

std::vector<real> parse_points(const std::string& text) {
  std::vector<real> points;
  std::istringstream words(text + ",");
  for (std::string word; std::getline(words, word, ',');) {
    const auto z = parse_number(word);
    if (!z) {
      throw UserError("--at: '" + printable(word) + "' is not a number; write them as in --at -1,0,0.5,inf");
    }
    points.push_back(static_cast<real>(*z));
  }
  return points;
}

void print_values(const std::vector<std::string>& names, const std::vector<real>& points) {
  std::string text = "name,z,value,derivative\n";
  for (const std::string& name : names) {
    const auto activation = named(name);
    if (!activation->traits.elementwise) {
      throw UserError("--at: " + name + " has no value at a single z: it needs all units of a layer");
    }
    Tensor z(1, points.size());
    std::copy(points.begin(), points.end(), z.data());
    Tensor a;
    Tensor derivative;
    activation->forward(z, a, derivative);
    for (std::size_t i = 0; i < points.size(); ++i) {
      text += csv_row(std::vector<std::string>{name, number(z(0, i)), number(a(0, i)), number(derivative(0, i))});
    }
  }
  std::fputs(text.c_str(), stdout);
}

int run(const Arguments& arguments) {
  std::vector<std::string> names = arguments.operands;
  const auto at = arguments.value("--at");
  const auto svg = arguments.value("--svg");
  if (names.empty()) {
    for (const std::string_view name : activations().names()) {
      if (!at || make_activation(name)->traits.elementwise) names.emplace_back(name);
    }
  }
  if (svg) {
    for (const std::string& name : names) named(name);
    write_file_atomically(*svg, catalogue_svg(names));
  }
  if (at) {
    print_values(names, parse_points(*at));
  } else if (names.size() == 1 && !svg) {
    print_card(names.front());
  } else if (!svg) {
    print_catalogue(names);
  }
  return 0;
}

constexpr std::array<Option, 2> options{{{"--at", "Z,Z,...", "print value and derivative at each z, as CSV"},
                                         {"--svg", "FILE", "draw σ (solid), σ′ (dashed) and saturated intervals"}}};

}  // namespace

const Command activations_command{"activations",
                                  "[NAME...]",
                                  "Lists activation functions and their properties.",
                                  "primer measures the ranges, the zeros of σ′ and the saturated intervals by\n"
                                  "scanning each function. A round bracket means that σ approaches this end of its\n"
                                  "range and does not reach it. Softmax is shown as a₁ of two units, without --at.\n"
                                  "One NAME prints a card: formulas, source, initialiser, and the claims about it.\n\n"
                                  "  primer activations gelu\n"
                                  "  primer activations gelu silu\n"
                                  "  primer activations 'leaky_relu(0.2)' tanh --at -1,0,20\n"
                                  "  primer activations --svg activations.svg\n",
                                  options,
                                  run};

}  // namespace primer
