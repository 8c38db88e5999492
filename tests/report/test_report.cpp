// report.html: well-formed, harmless, the same bytes every time, and its numbers are those of the run's files.
#include "primer/report/report.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "../program.hpp"
#include "curves.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/report/frames_file.hpp"
#include "primer/report/sha256.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/run.hpp"
#include "xml.hpp"

using namespace primer;
using program::Folder;

namespace {

// Trains on a config into a folder of the run's name, as `primer train` does.
void train(const std::string& config, const std::string& path) {
  const Experiment experiment = load_experiment(config, {});
  RunFolder folder(path);
  Network network = experiment.network();
  folder.start(experiment);
  const TrainOptions& options = experiment.config.train;
  Training training(network, experiment.data, options, experiment.config.seed, experiment.config.diagnostics.every);
  FrameRecorder recorder(network, experiment.data, options);
  const Flow* const flow = experiment.config.diagnostics.every > 0 ? &training.flow : nullptr;
  Training::Hooks hooks;
  hooks.started = [&](const std::vector<FlowRow>& rows) {
    folder.add(rows);
    recorder.epoch_done(0, training.done(), flow);
  };
  hooks.epoch_done = [&](const EpochRecord& record, const std::vector<FlowRow>& rows) {
    folder.add(record);
    folder.add(rows);
    recorder.epoch_done(record.epoch, training.done(), flow);
  };
  training.run(hooks);
  folder.write_model(network, experiment);
  write_frames(folder.file("frames.safetensors"), recorder.frames());
}

const char* const three_layers = R"toml(
[[layer]]
units = 6
activation = "leaky_relu(0.2)"
[[layer]]
units = 5
activation = "prelu"
[[layer]]
units = 5
activation = "tanh"
[[layer]]
activation = "softmax"
[train]
loss = "cross_entropy"
optimizer = "adam"
epochs = 3
batch_size = 8
)toml";

// A run on rows whose columns and classes have names that would like to be markup.
std::string nasty_run(const Folder& folder) {
  program::spill(folder / "data.csv",
                 "\"<img src=x onerror=alert(1)>\",\"b\"\"]]>&\",what\n"
                 "0,1,</script><b>\n1,0,<!--\n0.5,1,</script><b>\n1,0.25,<!--\n0,0.75,</script><b>\n1,1,<!--\n");
  program::spill(folder / "nasty.toml", "[data]\nfile = \"data.csv\"\n" + std::string(three_layers));
  train(folder / "nasty.toml", folder / "run");
  return folder / "run";
}

std::string spirals_run(const Folder& folder, const std::string& more = "") {
  program::spill(folder / "spirals.toml",
                 "[data]\ngenerator = \"spirals\"\npoints = 60\nvalidation_fraction = 0.2\n" + (three_layers + more));
  train(folder / "spirals.toml", folder / "run");
  return folder / "run";
}

using json::Value;
const Value& member(const Value& object, const std::string& key) {
  for (const auto& [name, value] : std::get<json::Object>(object.data)) {
    if (name == key) return value;
  }
  throw std::runtime_error("no member " + key);
}
const json::Array& items(const Value& value) { return std::get<json::Array>(value.data); }
std::vector<std::string> strings(const Value& value) {
  std::vector<std::string> texts;
  for (const Value& item : items(value)) texts.push_back(std::get<std::string>(item.data));
  return texts;
}

// The data that the page's script reads.
Value data_of(const xml::Document& page) {
  const xml::Element* const element = page.by_id("run");
  REQUIRE(element != nullptr);
  return json::parse(element->text, Location{"run", 0, 0});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("the report is well-formed XML, whatever columns, classes and warnings are called") {
  const Folder folder;
  RunFiles with_warning = read_run(nasty_run(folder));
  with_warning.frames.warnings = {"W1: <script>alert(1)</script> & more"};
  const std::string page = report_html(with_warning);
  const xml::Document document = xml::parse(page);
  CHECK(document.error == "");
  CHECK(count(page, "</script>") == 2);  // the data's and the script's own
  CHECK(count(page, "<img") == 0);
  CHECK(count(page, "<!--") == 0);
  CHECK(count(page, "W1: &lt;script&gt;alert(1)&lt;/script&gt; &amp; more") == 1);
  const Value run = data_of(document);
  CHECK(strings(member(run, "classes")) == std::vector<std::string>{"<!--", "</script><b>"});
  CHECK(strings(member(run, "columns")) == std::vector<std::string>{"<img src=x onerror=alert(1)>", "b\"]]>&"});
}

TEST_CASE("the report names no address and its policy lets nothing in but its own script and style") {
  const Folder folder;
  const std::string page = report_html(read_run(spirals_run(folder)));
  CHECK(page.size() < 2000000);
  CHECK(count(page, "http") - count(page, "http-equiv") == count(page, "http://www.w3.org/"));
  CHECK(count(page, "src=") == 0);
  CHECK(count(page, "href") == 0);
  CHECK(count(page, " style=\"") == 0);
  std::string policy;
  std::string style;
  std::string script;
  for (const xml::Element& e : xml::parse(page).elements) {
    if (e.attributes.count("http-equiv") != 0) policy = e.attributes.at("content");
    if (e.name == "style") style = e.text;
  }
  const std::size_t begin = page.rfind("<script>") + 8;
  script = page.substr(begin, page.rfind("</script>") - begin);
  CHECK(policy == "default-src 'none'; script-src 'sha256-" + sha256_base64(script) + "'; style-src 'sha256-" +
                      sha256_base64(style) + "'; base-uri 'none'; form-action 'none'");
}

TEST_CASE("a copied run folder draws the same bytes") {
  const Folder folder;
  const std::string run = spirals_run(folder);
  write_report(run);
  std::filesystem::create_directories(folder / "elsewhere/deeper");
  std::filesystem::copy(run, folder / "elsewhere/deeper/run2", std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder / "elsewhere/deeper/run2/report.html");
  write_report(folder / "elsewhere/deeper/run2");
  CHECK(program::slurp(run + "/report.html") == program::slurp(folder / "elsewhere/deeper/run2/report.html"));
}

TEST_CASE("the report's numbers are the texts of history.csv and flow.csv") {
  const Folder folder;
  const RunFiles files = read_run(spirals_run(folder));
  const Value run = data_of(xml::parse(report_html(files)));
  REQUIRE(items(member(run, "epochs")).size() == 4);
  const json::Array& history = items(member(member(run, "history"), "rows"));
  const json::Array& flow = items(member(member(run, "flow"), "rows"));
  const json::Array& split = items(member(run, "split"));
  CHECK(std::holds_alternative<std::nullptr_t>(history[0].data));  // nothing was learnt before epoch 1
  for (std::size_t k = 0; k < 4; ++k) {
    if (k > 0) CHECK(strings(history[k]) == files.history.rows[k - 1]);
    double ratio = 1;
    for (std::size_t l = 0; l < 4; ++l) {
      CHECK(strings(items(flow[k])[l]) == files.flow.rows[4 * k + l]);
      CHECK(files.flow.cell(4 * k + l, "epoch") == std::to_string(k));
      const double norm = std::stod(files.flow.cell(4 * k + l, "dL_dz_norm"));
      if (l == 0) ratio = norm;
      if (l == 2) ratio /= norm;
    }
    const std::vector<std::string> parts = strings(split[k]);
    CHECK(std::stod(parts[0]) == doctest::Approx(ratio).epsilon(1e-12));
    CHECK(std::stod(parts[1]) * std::stod(parts[2]) == doctest::Approx(ratio).epsilon(1e-12));
  }
}

TEST_CASE("the report draws σ and σ′ of each activation exactly") {
  const Folder folder;
  std::size_t paths = 0;
  for (const xml::Element& e : xml::parse(report_html(read_run(spirals_run(folder)))).elements) {
    if (e.attributes.count("data-activation") == 0) continue;
    ++paths;
    CHECK(curves::check(e.attributes.at("d"), e.attributes.at("data-activation"), e.attributes.at("id")[1] == 'l') >=
          385);
  }
  CHECK(paths == 8);
}

TEST_CASE("a run without flow, and one without an epoch, have a report") {
  const Folder folder;
  const std::string off = report_html(read_run(spirals_run(folder, "[diagnostics]\nevery = 0\n")));
  CHECK(xml::parse(off).error == "");
  CHECK(count(off, "id=\"heat-0\"") == 0);
  const Folder other;
  program::spill(other / "c.toml",
                 "[data]\ngenerator = \"sine\"\n[[layer]]\nunits = 3\nactivation = \"tanh\"\n"
                 "[[layer]]\nactivation = \"identity\"\n[train]\nloss = \"mse\"\nepochs = 0\n");
  train(other / "c.toml", other / "run");
  const std::string none = report_html(read_run(other / "run"));
  CHECK(xml::parse(none).error == "");
  CHECK(items(member(data_of(xml::parse(none)), "epochs")).size() == 1);
}

TEST_CASE("a folder that holds no whole run is refused by the name of the file") {
  const Folder folder;
  const std::string run = spirals_run(folder);
  for (const std::string name : {"config.toml", "history.csv", "flow.csv", "frames.safetensors"}) {
    const std::string bytes = program::slurp(run + "/" + name);
    std::filesystem::remove(run + "/" + name);
    try {
      read_run(run);
      FAIL("read without " << name);
    } catch (const UserError& e) {
      CHECK(std::string(e.what()).find(name) != std::string::npos);
    }
    program::spill(run + "/" + name, bytes);
  }
}
