// Fills the template report.html with a run.
#include "primer/report/page.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>
#include <variant>
#include <vector>

#include "primer/formats/atomic_file.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/report/run_json.hpp"
#include "primer/report/svg.hpp"
#include "primer/report/web_files.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

// The template with the value of `name` in the place of {{name}}. What stands between {{#name}} and {{/name}} is left
// out if the value is empty.
std::string fill(std::string_view rest, const std::map<std::string, std::string>& values) {
  std::string page;
  for (std::size_t open = rest.find("{{"); open != rest.npos; open = rest.find("{{")) {
    page += rest.substr(0, open);
    const std::size_t close = rest.find("}}", open);
    const std::string name(rest.substr(open + 2, close - open - 2));
    rest.remove_prefix(close + 2);
    if (name[0] == '#' && values.at(name.substr(1)).empty()) rest.remove_prefix(rest.find("{{/" + name.substr(1)));
    if (name[0] != '#' && name[0] != '/') page += values.at(name);
  }
  return page += rest;
}

// The string under section.key of the config, or "".
std::string config_text(const toml::Table& config, std::string_view section, std::string_view key) {
  const toml::Entry* const entry = config.find(section);
  const auto* const table = entry == nullptr ? nullptr : std::get_if<toml::Table>(&entry->value.data);
  const toml::Entry* const found = table == nullptr ? nullptr : table->find(key);
  const auto* const text = found == nullptr ? nullptr : std::get_if<std::string>(&found->value.data);
  return text == nullptr ? std::string() : *text;
}

// "2 → 3 × 16 tanh → 3 softmax"
std::string shape_of(const std::vector<Frames::Layer>& layers) {
  std::string shape = std::to_string(layers.front().inputs);
  for (std::size_t l = 0; l < layers.size();) {
    std::size_t end = l + 1;
    while (end < layers.size() && layers[end].units == layers[l].units &&
           layers[end].activation == layers[l].activation)
      ++end;
    const std::string repeat = end - l > 1 ? std::to_string(end - l) + " × " : "";
    shape += " → " + repeat + std::to_string(layers[l].units) + " " + layers[l].activation;
    l = end;
  }
  return shape;
}

// The row of the epoch whose parameters the run kept: with early stopping the lowest validation loss, else the last.
std::size_t kept_row(const RunFiles& run) {
  constexpr std::string_view key = "\nearly_stopping = ";
  const std::size_t at = run.config.find(key);
  std::size_t kept = run.history.rows.size() - 1;
  if (at == run.config.npos || run.config[at + key.size()] == '0') return kept;
  const auto loss = [&](std::size_t row) { return run.history.number(row, "validation_loss"); };
  for (std::size_t row = kept; row-- > 0;) kept = loss(row) <= loss(kept) ? row : kept;
  return kept;
}

// A card for each loss and metric of the epoch that was kept.
std::string scores_html(const RunFiles& run) {
  std::string cards;
  if (run.history.rows.empty()) return cards;
  const std::size_t kept = kept_row(run);
  for (const std::string set : {"train ", "validation ", "test "}) {
    for (const std::string& quantity : {std::string("loss"), run.metric()}) {
      std::string column = set + quantity;
      std::replace(column.begin(), column.end(), ' ', '_');
      const std::string& cell = run.history.cell(kept, column);
      if (cell.empty()) continue;
      cards += "<div><dt>" + escaped(set + (quantity == "r2" ? "R²" : quantity)) + "</dt><dd title=\"" + escaped(cell) +
               "\">" + json::number(run.history.number(kept, column), 4) + "</dd></div>";
    }
  }
  return cards;
}

// Each text as an element.
std::string elements(const char* tag, const std::vector<std::string>& texts) {
  std::string html;
  for (const std::string& text : texts) html += "<" + std::string(tag) + ">" + escaped(text) + "</" + tag + ">";
  return html;
}

std::string lines_escaped(const std::string& text) {
  std::istringstream lines(text);
  std::string safe;
  for (std::string line; std::getline(lines, line);) safe += escaped(line) + "\n";
  return safe;
}

// JSON for a script element of HTML and of XML. <, > and & can occur in strings only.
std::string script_safe(const std::string& json) {
  std::string safe;
  for (const char c : json) {
    safe += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : c == '&' ? "\\u0026" : std::string(1, c);
  }
  return safe;
}

}  // namespace

std::string report_page(const RunFiles& run) {
  const toml::Table config = toml::parse(run.config, "config.toml");
  const std::string generator = config_text(config, "data", "generator");
  const std::string file = std::filesystem::path(config_text(config, "data", "file")).stem().string();
  const std::string summary = shape_of(run.frames.layers) + " · " + config_text(config, "train", "loss") + " · " +
                              config_text(config, "train", "optimizer");
  return fill(web::report_html, {{"name", escaped(generator.empty() ? file : generator)},
                                 {"summary", escaped(summary)},
                                 {"scores", scores_html(run)},
                                 {"warnings", elements("li", run.frames.warnings)},
                                 {"picture", run.frames.picture == Picture::none ? "" : "shown"},
                                 {"flow", run.flow.rows.empty() ? "" : elements("th", run.flow.columns)},
                                 {"saturation", short_number(100 * saturation_threshold)},
                                 {"config", lines_escaped(run.config)},
                                 {"run", script_safe(run_json(run))},
                                 {"report.css", web::report_css},
                                 {"charts.js", web::charts_js},
                                 {"report.js", web::report_js}});
}

void write_report(const std::string& folder) {
  write_file_atomically(folder + "/report.html", report_page(read_run(folder)));
}

}  // namespace primer
