// primer activations: prints the activation functions with their measured properties, or values of σ and σ′ as CSV.
#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "primer/cli/commands.hpp"
#include "primer/formats/atomic_file.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/svg.hpp"
#include "primer/runs/activation_facts.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/training/properties.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

std::unique_ptr<Activation> named(const std::string& spec) {
  try {
    return make_activation(spec);
  } catch (const std::invalid_argument& e) {  // make_activation() throws this for an unknown name or a wrong constant α
    const bool unknown = std::string_view(e.what()).starts_with("unknown");
    if (unknown) check_name("activation", spec.substr(0, spec.find('(')), activations().names());
    throw UserError(printable(e.what()));
  }
}

void print_catalogue(const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> rows{{"σ", "range of σ", "range of σ′", "σ′ = 0",
                                              "|σ′| < " + short_number(100 * saturation_threshold) + "% of its maximum",
                                              "monotone", "zero-centred", "kinks", "init = \"auto\""}};
  for (const std::string& name : names) {
    const auto activation = named(name);
    const Properties properties = properties_of(*activation);
    rows.push_back({activation->name(), interval_text(properties.value), interval_text(properties.derivative),
                    intervals_text(properties.zeros), intervals_text(properties.saturated),
                    properties.monotone ? "yes" : "no", properties.zero_centred ? "yes" : "no", kinks_text(*activation),
                    std::string(activation->traits.initializer)});
  }
  std::fputs(table(rows, rows.front().size(), output_width()).c_str(), stdout);
}

void print_card(const std::string& spec) {
  const ActivationCard card = card_of(*named(spec));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [title, text] : card.lines) rows.push_back({"  " + title, text});
  constexpr std::size_t widest = 100;
  std::printf("%s%s\n%s", card.name.c_str(), card.full_name.empty() ? "" : concat(": ", card.full_name).c_str(),
              table(rows, 2, std::min(output_width(), widest), 2).c_str());
}

std::vector<real> parse_points(const std::string& text) {
  std::vector<real> points;
  std::istringstream words(text + ",");
  for (std::string word; std::getline(words, word, ',');) {
    const auto z = parse_number(word);
    if (!z) {
      throw UserError("--at: '" + printable(word) + "' is not a number; write numbers as in --at -1,0,0.5,inf");
    }
    if (!fits_real(*z)) throw UserError(concat("--at: ", printable(word), " is beyond the largest float"));
    points.push_back(static_cast<real>(*z));
  }
  return points;
}

void print_values(const std::vector<std::string>& names, const std::vector<real>& points) {
  std::string text = "name,z,value,derivative\n";
  for (const std::string& name : names) {
    const auto activation = named(name);
    if (!activation->traits.elementwise) {
      throw UserError("--at: " + name + " cannot be computed from one z: each output depends on all z of the layer");
    }
    const auto [a, derivative] = sample(*activation, points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      text += csv_row(std::vector<std::string>{name, number(points[i]), number(a[i]), number(derivative[i])});
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
    refuse_foreign_file(*svg, "?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", "--svg file");
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
                                  "primer measures the range, the zeros of σ′ and the saturated intervals. A round\n"
                                  "bracket means that σ does not reach this end of its range. Softmax needs a whole\n"
                                  "layer: the list shows a₁ of a layer with two units, and --at omits softmax. With\n"
                                  "one NAME, primer prints a card with formulas, source, initialiser and claims.\n\n"
                                  "  primer activations gelu\n"
                                  "  primer activations gelu silu\n"
                                  "  primer activations 'leaky_relu(0.2)' tanh --at -1,0,20\n"
                                  "  primer activations --svg activations.svg\n",
                                  options,
                                  run};

}  // namespace primer
