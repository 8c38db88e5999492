// The run as data for the page's script, and the page around them.
#include "primer/report/report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>

#include "primer/formats/atomic_file.hpp"
#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/report/frames_file.hpp"
#include "primer/report/sha256.hpp"
#include "primer/report/svg.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/properties.hpp"
#include "report_parts.hpp"

namespace primer {
namespace {

constexpr std::size_t most_config_bytes = 1 << 20;
constexpr std::size_t most_curve_points = 1000;
constexpr int widest_z = 12;    // σ is drawn from −12 to 12
constexpr int narrowest_z = 4;  // and at least from −4 to 4

// JSON that may stand inside a script element of HTML and XML alike.
std::string json_text(std::string_view text) {
  std::string safe;
  for (const char c : json::quote(printable(text))) {
    safe += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : c == '&' ? "\\u0026" : std::string(1, c);
  }
  return safe;
}

// A number with `digits` significant digits; null where JSON has none.
std::string json_number(double v, int digits) {
  if (!std::isfinite(v)) return "null";
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), v, std::chars_format::general, digits).ptr;
  return {text.data(), end};
}

template <typename Range, typename Write>
std::string json_array(const Range& range, Write write) {
  std::string text = "[";
  for (const auto& item : range) {
    if (text.size() > 1) text += ',';
    text += write(item);
  }
  return text + "]";
}

std::string json_texts(const std::vector<std::string>& texts) { return json_array(texts, json_text); }

double to_number(const std::string& cell) {
  return parse_number(cell).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::uint64_t to_epoch(const std::string& cell) {
  const double value = to_number(cell);
  return value >= 0 && value < 9e15 ? static_cast<std::uint64_t>(value) : 0;
}

CsvTexts read_texts(const std::string& path) {
  std::ifstream file = open_input(path);
  CsvReader reader(file, path);
  CsvTexts table{reader.columns(), {}};
  while (reader.next()) {
    std::vector<std::string>& row = table.rows.emplace_back();
    for (std::size_t c = 0; c < table.columns.size(); ++c) row.push_back(reader.is_empty(c) ? "" : reader.text(c));
  }
  return table;
}

// The rows of history.csv or flow.csv by epoch.
std::map<std::uint64_t, std::vector<std::size_t>> rows_by_epoch(const CsvTexts& table) {
  std::map<std::uint64_t, std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) rows[to_epoch(table.cell(i, "epoch"))].push_back(i);
  return rows;
}

std::string history_json(const RunFiles& run) {
  auto rows = rows_by_epoch(run.history);
  return "{\"columns\":" + json_texts(run.history.columns) + ",\"rows\":" +
         json_array(run.frames.frames,
                    [&](const Frame& frame) {
                      const auto& found = rows[frame.epoch];
                      return found.empty() ? "null" : json_texts(run.history.rows[found.front()]);
                    }) +
         "}";
}

// The curves: every epoch, or as many evenly spaced ones as a screen can show.
std::string curves_json(const CsvTexts& history) {
  const std::size_t n = history.rows.size();
  const std::size_t step = n / most_curve_points + 1;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < n; i += step) chosen.push_back(i);
  if (n > 0 && chosen.back() != n - 1) chosen.push_back(n - 1);
  std::string text = "{\"epoch\":";
  text += json_array(chosen, [&](std::size_t i) { return std::to_string(to_epoch(history.cell(i, "epoch"))); });
  for (const std::string& column : history.columns) {
    if (!column.starts_with("train_") && !column.starts_with("validation_")) continue;
    if (n == 0 || history.cell(n - 1, column).empty()) continue;
    text += "," + json_text(column) + ":" +
            json_array(chosen, [&](std::size_t i) { return json_number(to_number(history.cell(i, column)), 5); });
  }
  return text + "}";
}

// null where the flow was off.
std::string flow_json(const RunFiles& run) {
  if (run.flow.rows.empty()) return "null";
  auto rows = rows_by_epoch(run.flow);
  const std::size_t L = run.frames.layers.size();
  return "{\"columns\":" + json_texts(run.flow.columns) + ",\"rows\":" +
         json_array(run.frames.frames,
                    [&](const Frame& frame) {
                      const auto& found = rows[frame.epoch];
                      return found.size() != L
                                 ? "null"
                                 : json_array(found, [&](std::size_t i) { return json_texts(run.flow.rows[i]); });
                    }) +
         "}";
}

std::string split_json(const RunFiles& run) {
  auto rows = rows_by_epoch(run.flow);
  return json_array(run.frames.frames, [&](const Frame& frame) -> std::string {
    std::vector<FlowRow> layers;
    for (const std::size_t i : rows[frame.epoch]) {
      FlowRow& row = layers.emplace_back();
      row.dL_da_norm = to_number(run.flow.cell(i, "dL_da_norm"));
      row.dL_dz_norm = to_number(run.flow.cell(i, "dL_dz_norm"));
    }
    const std::optional<FlowSplit> split = split_of(layers);
    if (!split) return "null";
    return json_array(std::array{split->ratio, split->sigma_part, split->W_part},
                      [](double v) { return json_text(number(v)); });
  });
}

std::string histogram_json(const Frames& frames, std::size_t l, Histogram Frame::Layer::*member) {
  std::string ranges;
  std::string counts;
  for (const Frame& frame : frames.frames) {
    const Histogram& h = frame.layers[l].*member;
    const std::string comma = ranges.empty() ? "" : ",";
    ranges += comma + json_number(h.low, 6) + "," + json_number(h.high, 6);
    counts += comma + json_array(h.counts, [](std::uint32_t n) { return std::to_string(n); });
  }
  return "{\"ranges\":[" + ranges + "],\"counts\":[" + counts + "]}";
}

std::string histograms_json(const Frames& frames) {
  std::string text = "[";
  for (std::size_t l = 0; l < frames.layers.size(); ++l) {
    text += std::string(l == 0 ? "" : ",") + "{\"z\":" + histogram_json(frames, l, &Frame::Layer::z) +
            ",\"W\":" + histogram_json(frames, l, &Frame::Layer::W) +
            ",\"dL_dW\":" + histogram_json(frames, l, &Frame::Layer::dL_dW) + "}";
  }
  return text + "]";
}

std::string dead_json(const Frames& frames) {
  std::string text = "[";
  for (std::size_t l = 0; l < frames.layers.size(); ++l) {
    text += l == 0 ? "" : ",";
    text += json_array(frames.frames, [l](const Frame& frame) {
      std::string flags = "\"";
      for (const std::uint8_t dead : frame.layers[l].dead) flags += dead != 0 ? '1' : '0';
      return flags + "\"";
    });
  }
  return text + "]";
}

// A cell k + p/2 as two digits of base 64: k n + p (n − 1), where n is how many levels each of K classes can have.
std::string field_text(const std::vector<float>& cells, std::size_t K) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::size_t levels = std::max<std::size_t>(64 * 64 / K, 2);
  std::string text = "\"";
  for (const float cell : cells) {
    const float k = std::clamp(std::floor(cell), 0.0F, static_cast<float>(K - 1));
    const float p = std::clamp((cell - k) * 2, 0.0F, 1.0F);
    const auto level = static_cast<std::size_t>(std::lround(p * static_cast<float>(levels - 1)));
    const std::size_t code = std::min<std::size_t>(static_cast<std::size_t>(k) * levels + level, 64 * 64 - 1);
    text += digits[code / 64];
    text += digits[code % 64];
  }
  return text + "\"";
}

std::string picture_json(const Frames& frames) {
  static constexpr std::array<std::string_view, 4> kinds{"none", "field", "curve", "confusion"};
  const std::size_t outputs = frames.layers.back().units;
  const std::size_t K = std::max<std::size_t>(outputs, 2);
  const auto write = [&](const Frame& frame) {
    if (frames.picture == Picture::field) return field_text(frame.picture, K);
    return json_array(frame.picture, [](float v) { return json_number(v, 5); });
  };
  const auto number5 = [](float v) { return json_number(v, 5); };
  return "{\"kind\":\"" + std::string(kinds[static_cast<std::size_t>(frames.picture)]) +
         "\",\"side\":" + std::to_string(frames.side) + ",\"outputs\":" + std::to_string(outputs) +
         ",\"classes\":" + std::to_string(K) + ",\"rows\":" + json_text(frames.rows) +
         ",\"low\":" + json_array(frames.low, number5) + ",\"high\":" + json_array(frames.high, number5) +
         ",\"points\":" + json_array(frames.points, number5) + ",\"frames\":" + json_array(frames.frames, write) + "}";
}

// The z axis of a layer: what its z fill over all frames, within bounds.
std::pair<int, int> z_axis(const Frames& frames, std::size_t l) {
  float low = -narrowest_z;
  float high = narrowest_z;
  for (const Frame& frame : frames.frames) {
    low = std::min(low, frame.layers[l].z.low);
    high = std::max(high, frame.layers[l].z.high);
  }
  return {static_cast<int>(std::floor(std::max(low, static_cast<float>(-widest_z)))),
          static_cast<int>(std::ceil(std::min(high, static_cast<float>(widest_z))))};
}

std::unique_ptr<Activation> known(const std::string& activation) {
  try {
    return make_activation(activation);
  } catch (const std::invalid_argument& e) {
    throw UserError(printable(e.what()) + "; draw the report with the program that trained this run");
  }
}

// The curves that the layers need, each once.
struct Curves {
  std::vector<std::string> activations;
  std::vector<std::vector<CurvePoint>> points;

  std::size_t of(const std::string& activation) {
    const auto found = std::find(activations.begin(), activations.end(), activation);
    if (found == activations.end()) {
      points.push_back(curve_of(*known(activation), -widest_z, widest_z));
      activations.push_back(activation);
      return points.size() - 1;
    }
    return static_cast<std::size_t>(found - activations.begin());
  }
};

std::string layers_json(const Frames& frames, Curves& curves) {
  std::string text = "[";
  for (std::size_t l = 0; l < frames.layers.size(); ++l) {
    const Frames::Layer& layer = frames.layers[l];
    const std::size_t curve = curves.of(layer.activation);
    const auto [z_low, z_high] = z_axis(frames, l);
    const auto [a_low, a_high] =
        vertical_axis(curves.points[curve], static_cast<real>(z_low), static_cast<real>(z_high));
    const auto zones = properties_of(*known(layer.activation)).saturated;
    text +=
        std::string(l == 0 ? "" : ",") + "{\"inputs\":" + std::to_string(layer.inputs) +
        ",\"units\":" + std::to_string(layer.units) + ",\"activation\":" + json_text(layer.activation) +
        ",\"curve\":" + std::to_string(curve) + ",\"z_axis\":[" + std::to_string(z_low) + "," + std::to_string(z_high) +
        "],\"a_axis\":[" + json_number(a_low, 6) + "," + json_number(a_high, 6) +
        "],\"saturated\":" + json_array(zones, [](const Interval& zone) {
          return "[" + json_number(std::max(zone.from, -1e3), 6) + "," + json_number(std::min(zone.to, 1e3), 6) + "]";
        });
    if (layer.learns_alpha) {
      text += ",\"alpha\":" +
              json_array(frames.frames, [l](const Frame& frame) { return json_number(frame.layers[l].alpha, 6); });
    }
    text += "}";
  }
  return text + "]";
}

std::string metric_of(const CsvTexts& history) {
  for (const std::string& column : history.columns) {
    if (column.starts_with("train_") && column != "train_loss") return column.substr(6);
  }
  return {};
}

std::string run_json(const RunFiles& run, Curves& curves) {
  const Frames& frames = run.frames;
  return "{\"metric\":" + json_text(metric_of(run.history)) + ",\"columns\":" + json_texts(frames.columns) +
         ",\"targets\":" + json_texts(frames.targets) + ",\"classes\":" + json_texts(frames.classes) +
         ",\"epochs\":" + json_array(frames.frames, [](const Frame& f) { return std::to_string(f.epoch); }) +
         ",\"layers\":" + layers_json(frames, curves) + ",\n\"history\":" + history_json(run) +
         ",\n\"curves\":" + curves_json(run.history) + ",\n\"flow\":" + flow_json(run) +
         ",\n\"split\":" + split_json(run) + ",\n\"histograms\":" + histograms_json(frames) +
         ",\n\"dead\":" + dead_json(frames) + ",\n\"picture\":" + picture_json(frames) + "}";
}

// The string under section.key of the config, "" if there is none.
std::string config_text(const toml::Table& config, std::string_view section, std::string_view key) {
  const toml::Entry* const entry = config.find(section);
  if (entry == nullptr) return {};
  const auto* const table = std::get_if<toml::Table>(&entry->value.data);
  const toml::Entry* const found = table == nullptr ? nullptr : table->find(key);
  const auto* const text = found == nullptr ? nullptr : std::get_if<std::string>(&found->value.data);
  return text == nullptr ? std::string() : *text;
}

struct Title {
  std::string name, summary;
};
Title title_of(const RunFiles& run) {
  const toml::Table config = toml::parse(run.config, "config.toml");
  const std::string generator = config_text(config, "data", "generator");
  const std::string file = config_text(config, "data", "file");
  std::string shape = std::to_string(run.frames.layers.front().inputs);
  for (std::size_t l = 0; l < run.frames.layers.size();) {
    const Frames::Layer& layer = run.frames.layers[l];
    std::size_t alike = 1;
    while (l + alike < run.frames.layers.size() && run.frames.layers[l + alike].units == layer.units &&
           run.frames.layers[l + alike].activation == layer.activation) {
      ++alike;
    }
    shape +=
        " → " + (alike > 1 ? std::to_string(alike) + " × " : "") + std::to_string(layer.units) + " " + layer.activation;
    l += alike;
  }
  return {generator.empty() ? std::filesystem::path(file).stem().string() : generator,
          shape + " · " + config_text(config, "train", "loss") + " · " + config_text(config, "train", "optimizer")};
}

// Loss and metric of the last epoch on the rows that count most: test, else validation, else training.
std::string final_scores(const CsvTexts& history) {
  if (history.rows.empty()) return {};
  const std::size_t last = history.rows.size() - 1;
  const std::string metric = metric_of(history);
  std::string cards = "<dl class=\"final\">";
  for (const char* const set : {"train", "validation", "test"}) {
    for (const std::string& quantity : {std::string("loss"), metric}) {
      const std::string& cell = history.cell(last, std::string(set) + "_" + quantity);
      if (cell.empty()) continue;
      cards += "<div><dt>" + escaped(std::string(set) + " " + (quantity == "r2" ? "R²" : quantity)) +
               "</dt><dd title=\"" + escaped(cell) + "\">" + escaped(json_number(to_number(cell), 4)) + "</dd></div>";
    }
  }
  return cards + "</dl>\n";
}

std::string warning_list(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return {};
  std::string list = "<div class=\"warnings\"><b>The config’s check warns</b><ul>";
  for (const std::string& warning : warnings) list += "<li>" + escaped(warning) + "</li>";
  return list + "</ul></div>\n";
}

std::string lines_escaped(const std::string& text) {
  std::string safe;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    safe += escaped(std::string_view(text).substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return safe;
}

std::string curve_definitions(const Curves& curves) {
  std::string text = "<svg class=\"defs\" xmlns=\"http://www.w3.org/2000/svg\" aria-hidden=\"true\"><defs>\n";
  for (std::size_t i = 0; i < curves.points.size(); ++i) {
    const std::string name = escaped(curves.activations[i]);
    text += "<path id=\"sigma-" + std::to_string(i) + "\" data-activation=\"" + name + "\" d=\"" +
            path_of(curves.points[i], &CurvePoint::a) + "\"/>\n<path id=\"slope-" + std::to_string(i) +
            "\" data-activation=\"" + name + "\" d=\"" + path_of(curves.points[i], &CurvePoint::derivative) + "\"/>\n";
  }
  return text + "</defs></svg>\n";
}

const char* const player = R"(<section class="player" aria-label="epoch">
<div class="row"><button id="play" type="button" aria-label="play">▶</button>
<input id="slider" type="range" min="0" max="0" value="0" step="1" aria-label="epoch"/>
<output>epoch <span id="epoch"></span></output></div>
<dl id="numbers"></dl>
</section>
)";

const char* const flow_part = R"(<h2>Gradient flow</h2>
<p class="lead">On its way from the last hidden layer H down to layer 1 the gradient is multiplied, layer by layer, by the slopes σ′(z) and by the weights. The ratio says what is left of it; the two parts say who took it.</p>
<div id="split"></div>
<div class="tiles"><div class="stack"><article class="card"><div class="plot" id="bars-0"></div></article><article class="card"><div class="plot" id="heat-0"></div></article></div>
<div class="stack"><article class="card"><div class="plot" id="bars-1"></div></article><article class="card"><div class="plot" id="heat-1"></div></article></div>
<div class="stack"><article class="card"><div class="plot" id="bars-2"></div></article><article class="card"><div class="plot" id="heat-2"></div></article></div></div>
)";

const char* const layers_part = R"(<h2>Where the neurons sit on σ</h2>
<p class="lead">Each curve maps z to a = σ(z)<span class="sample-line"></span>; the dashed one is the slope σ′(z)<span class="sample-line dashed"></span> that backprop multiplies by. The bars count this layer’s z<span class="sample-box"></span>; where the ground is shaded<span class="sample-box shade"></span>, |σ′| is below 5 % of its greatest value and the gradient vanishes.</p>
<div class="tiles" id="layers"></div>
)";

const char* const dead_part = R"(<h2>Dead and revived units</h2>
<p class="lead">A unit is dead in an epoch<span class="sample-box dead"></span> if σ′ was exactly 0 on every sample observed; it is revived<span class="sample-box revived"></span> if it was dead in the epoch shown before and is not now.</p>
<div class="tiles" id="dead"></div>
)";

std::string flow_table_part(const CsvTexts& flow) {
  std::string head;
  for (const std::string& column : flow.columns) head += "<th>" + escaped(column) + "</th>";
  return "<h2>The numbers of this epoch</h2>\n<p class=\"lead\">As they stand in flow.csv.</p>\n"
         "<div class=\"card scroll\"><table><thead><tr>" +
         head + "</tr></thead><tbody id=\"flow-rows\"></tbody></table></div>\n";
}

std::string learning_part(const RunFiles& run) {
  std::string text =
      "<h2>Learning</h2>\n<div class=\"wide\">\n<div class=\"stack\"><article class=\"card\"><div class=\"plot\" "
      "id=\"loss\"></div></article><article class=\"card\"><div class=\"plot\" id=\"metric\"></div></article></div>\n";
  if (run.frames.picture != Picture::none) {
    text += "<article class=\"card\"><div class=\"plot\" id=\"picture\"></div></article>\n";
  }
  return text + "</div>\n";
}

std::string body_of(const RunFiles& run, const Title& title) {
  const bool flow = !run.flow.rows.empty();
  return "<header><h1>" + escaped(title.name) + "</h1><p class=\"quiet\">" + escaped(title.summary) +
         "</p><button id=\"theme\" type=\"button\">light / dark</button></header>\n<main>\n" +
         final_scores(run.history) + warning_list(run.frames.warnings) + player + learning_part(run) +
         (flow ? flow_part : "") + layers_part + (flow ? dead_part + flow_table_part(run.flow) : "") +
         "<h2>Config</h2>\n<div class=\"card\"><pre>" + lines_escaped(run.config) +
         "</pre></div>\n</main>\n<footer><p class=\"keys\">Keys: ← and → step through the epochs, Home and End go to "
         "the "
         "first and last, space plays. A click on a chart goes to that epoch.</p></footer>\n"
         "<noscript><p>The charts are drawn by the script in this page; allow it to run to see them.</p></noscript>\n"
         "<div id=\"tip\" hidden=\"hidden\"></div>\n";
}

}  // namespace

const std::string& CsvTexts::cell(std::size_t row, std::string_view column) const {
  static const std::string none;
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? none : rows[row][static_cast<std::size_t>(found - columns.begin())];
}

RunFiles read_run(const std::string& folder) {
  return {read_input(folder + "/config.toml", most_config_bytes), read_texts(folder + "/history.csv"),
          read_texts(folder + "/flow.csv"), read_frames(folder + "/frames.safetensors")};
}

std::string report_html(const RunFiles& run) {
  const Title title = title_of(run);
  Curves curves;
  const std::string data = run_json(run, curves);
  // CDATA in comments: for XML it hides the script's < and &, for HTML it is a comment.
  const std::string script = std::string("//<![CDATA[\n") + report_script + "//]]>";
  const std::string style = report_style;
  return "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta "
         "charset=\"utf-8\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-" +
         sha256_base64(script) + "'; style-src 'sha256-" + sha256_base64(style) +
         "'; base-uri 'none'; form-action 'none'\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         escaped(title.name) + " – primer</title>\n<style>" + style + "</style>\n</head>\n<body>\n" +
         body_of(run, title) + curve_definitions(curves) + "<script type=\"application/json\" id=\"run\">" + data +
         "</script>\n<script>" + script + "</script>\n</body>\n</html>\n";
}

void write_report(const std::string& folder) {
  write_file_atomically(folder + "/report.html", report_html(read_run(folder)));
}

}  // namespace primer
