// Fills the templates of two pages: report.html shows one run, and compare.html compares runs.
#include "primer/report/page.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>
#include <vector>

#include "primer/formats/atomic_file.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/comparison.hpp"
#include "primer/report/run_json.hpp"
#include "primer/report/svg.hpp"
#include "primer/report/web_files.hpp"
#include "primer/runs/config.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

// The settings that differ from the defaults, as "key = value", without the layers, the loss and the optimizer.
std::vector<std::string> unusual_settings(const Config& config) {
  Config usual;
  usual.train.loss = config.train.loss;
  usual.train.optimizer = config.train.optimizer;
  static_cast<OptimizerOptions&>(usual.train) = resolved(usual.train);
  const std::vector<Setting> defaults = settings_of(usual);
  std::vector<std::string> unusual;
  if (!config.data.file.empty()) unusual.push_back(std::filesystem::path(config.data.file).filename().string());
  for (const Setting& setting : settings_of(config)) {
    const auto same = [&](const Setting& s) { return s.key == setting.key && s.value == setting.value; };
    if (setting.key.starts_with("layer.") || setting.key == "data.target") continue;
    if (std::ranges::find_if(defaults, same) != defaults.end()) continue;
    unusual.push_back(setting.key.substr(setting.key.find('.') + 1) + " = " + setting.value);
  }
  return unusual;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += concat(text.empty() ? "" : between, part);
  return text;
}

// Fills the template: replaces {{name}} by the value of `name`, and removes the text between {{#name}} and {{/name}} if
// the value is empty.
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

// A card for each loss and each metric in the last row of history.csv (with early stopping: in the best row).
std::string scores_html(const RunFiles& run, bool early_stopping) {
  std::string cards;
  if (run.history.rows.empty()) return cards;
  const std::size_t kept = kept_row(run.history, early_stopping);
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

std::string elements(const char* tag, const std::vector<std::string>& texts) {
  std::string html;
  for (const std::string& text : texts) html += "<" + std::string(tag) + ">" + escaped(text) + "</" + tag + ">";
  return html;
}

// A list item with a button for each diagnosis of `primer doctor`. A script on the page handles clicks on the buttons.
std::string diagnoses_html(const std::vector<Diagnosis>& diagnoses) {
  std::string items;
  for (const Diagnosis& diagnosis : diagnoses) {
    items += concat("<li><b>", escaped(diagnosis.kind), "</b> ", escaped(diagnosis.text), " Try <code>",
                    escaped(remedy_options(diagnosis)),
                    "</code> with the config.toml of this run. <button type=\"button\">show epoch ", diagnosis.epoch,
                    "</button></li>");
  }
  return items;
}

std::string lines_escaped(const std::string& text) {
  std::istringstream lines(text);
  std::string safe;
  for (std::string line; std::getline(lines, line);) safe += escaped(line) + "\n";
  return safe;
}

// Escapes <, > and & in JSON for a script in HTML or XML. JSON has them only in strings, where an escape is allowed.
std::string script_safe(const std::string& json) {
  std::string safe;
  for (const char c : json) {
    safe += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : c == '&' ? "\\u0026" : std::string(1, c);
  }
  return safe;
}

}  // namespace

std::string report_page(const RunFiles& run) {
  const Config config = parse_config(run.config, "config.toml", {});
  const Frames& frames = run.frames;
  std::vector<std::string> layers;
  for (const Frames::Layer& layer : frames.layers) layers.push_back(concat(layer.units, " ", layer.activation));
  std::vector<std::string> summary{concat(frames.layers.front().inputs, " → ", chain(layers)), config.train.loss,
                                   config.train.optimizer};
  for (std::string& setting : unusual_settings(config)) summary.push_back(std::move(setting));
  std::vector<std::string> warnings = frames.warnings;
  std::erase_if(warnings, [&](const std::string& warning) {
    return repeats(run.diagnoses, warning.substr(0, warning.find(':')));
  });
  const std::string changes = joined(frames.changes, ", ");
  return fill(web::report_html, {{"name", escaped(run.name)},
                                 {"title", escaped(run.name + (changes.empty() ? "" : ": " + changes))},
                                 {"changes", elements("li", frames.changes)},
                                 {"summary", escaped(joined(summary, " · "))},
                                 {"confusion", frames.sets.empty() ? "" : "shown"},
                                 {"images", frames.images.empty() ? "" : "shown"},
                                 {"parts", frames.layers.size() > 1 ? "shown" : ""},
                                 {"ratio", frames.layers.size() > 2 ? "shown" : ""},
                                 {"command", escaped(frames.command)},
                                 {"version", escaped(frames.version)},
                                 {"data", escaped(frames.data)},
                                 {"seed", std::to_string(config.seed)},
                                 {"scores", scores_html(run, config.train.early_stopping > 0)},
                                 {"warnings", elements("li", warnings)},
                                 {"diagnoses", diagnoses_html(run.diagnoses)},
                                 {"picture", run.frames.picture == Picture::none ? "" : "shown"},
                                 {"flow", run.flow.rows.empty() ? "" : elements("th", run.flow.columns)},
                                 {"saturation", short_number(100 * saturation_threshold)},
                                 {"config", lines_escaped(run.config)},
                                 {"run", script_safe(run_json(run))},
                                 {"report.css", web::report_css},
                                 {"charts.js", web::charts_js},
                                 {"run.js", web::run_js},
                                 {"report.js", web::report_js}});
}

std::string comparison_page(const std::vector<std::string>& folders) {
  const Comparison comparison = compare(folders);
  std::string table;
  for (std::size_t c = 0; c < comparison[0].size(); ++c) {
    const std::string element = c == 0 ? "th" : "td";
    table += "<tr>";
    for (const std::vector<std::string>& row : comparison) {
      const std::string shown = shown_cell(comparison[0][c], row[c]);
      const std::string digits = shown == row[c] ? "" : concat(" title=\"", escaped(row[c]), "\"");
      table += concat("<", element, digits, ">", escaped(shown), "</", element, ">");
    }
    table += "</tr>";
  }
  std::size_t r = 0;
  const std::string runs = json::array(folders, [&](const std::string& folder) {
    return json::object(std::vector<std::pair<std::string, std::string>>{
        {"name", json::quote(printable(comparison[++r][0]))},
        {"curves", curves_json(read_run_table(folder + "/history.csv"))}});
  });
  const std::string pair = json::array(std::array{folders[0], folders[1]},
                                       [](const std::string& folder) { return run_json(read_run(folder)); });
  return fill(web::compare_html, {{"title", escaped(joined(folders, " · "))},
                                  {"table", table},
                                  {"saturation", short_number(100 * saturation_threshold)},
                                  {"runs", script_safe("{\"runs\":" + runs + ",\"pair\":" + pair + "}")},
                                  {"report.css", web::report_css},
                                  {"charts.js", web::charts_js},
                                  {"run.js", web::run_js},
                                  {"compare.js", web::compare_js}});
}

void write_report(const std::string& folder) {
  refuse_foreign_file(folder + "/report.html", "primer</title>", "folder");
  write_file_atomically(folder + "/report.html", report_page(read_run(folder)));
}

}  // namespace primer
