// The run as data: names stay harmless, numbers are those of the run's files, and curves are the functions.
#include "primer/report/run_json.hpp"

#include <doctest/doctest.h>

#include "curves.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/training/properties.hpp"
#include "runs.hpp"

using namespace primer;
using program::Folder;

namespace {

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

Value data_of(const RunFiles& run) { return json::parse(run_json(run), Location{"run"}); }

}  // namespace

TEST_CASE("the names of columns and classes are those of the run") {
  const Folder folder;
  const Value run = data_of(read_run(runs::nasty_run(folder)));
  CHECK(strings(member(run, "classes")) == std::vector<std::string>{"<!--", "</script><b>"});
  CHECK(strings(member(run, "columns")) == std::vector<std::string>{"<img src=x onerror=alert(1)>", "b\"]]>&"});
}

TEST_CASE("the numbers of an epoch are the texts of history.csv and flow.csv") {
  const Folder folder;
  const RunFiles files = read_run(runs::spirals_run(folder));
  const Value run = data_of(files);
  REQUIRE(items(member(run, "epochs")).size() == 4);
  const json::Array& history = items(member(member(run, "history"), "rows"));
  const json::Array& flow = items(member(member(run, "flow"), "rows"));
  const json::Array& split = items(member(run, "split"));
  CHECK(items(history[0]).empty());  // history.csv begins with epoch 1
  for (std::size_t k = 0; k < 4; ++k) {
    if (k > 0) CHECK(strings(items(history[k])[0]) == files.history.rows[k - 1]);
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

TEST_CASE("σ and σ′ of each activation are drawn exactly, and each activation once") {
  const Folder folder;
  RunFiles files = read_run(runs::spirals_run(folder));
  files.frames.layers[2].activation = files.frames.layers[0].activation;
  const Value run = data_of(files);
  const json::Array& activations = items(member(run, "activations"));
  REQUIRE(activations.size() == 3);
  for (const Value& activation : activations) {
    const auto text = [&](const char* key) { return std::get<std::string>(member(activation, key).data); };
    CHECK(curves::check(text("sigma"), text("name"), false) >= 385);
    CHECK(curves::check(text("derivative"), text("name"), true) >= 385);
  }
  std::vector<std::int64_t> curves;
  for (const Value& layer : items(member(run, "layers"))) {
    curves.push_back(std::get<std::int64_t>(member(layer, "curve").data));
  }
  CHECK(curves == std::vector<std::int64_t>{0, 1, 0, 2});
}

TEST_CASE("the script shades by the threshold of flow.csv") {
  const Folder folder;
  const Value run = data_of(read_run(runs::spirals_run(folder)));
  CHECK(std::get<double>(member(run, "saturation").data) == saturation_threshold);
}

TEST_CASE("the picture names its kind") {
  const Folder folder;
  RunFiles files = read_run(runs::spirals_run(folder));
  for (const auto& [picture, kind] : {std::pair{Picture::none, "none"}, std::pair{Picture::field, "field"},
                                      std::pair{Picture::curve, "curve"}, std::pair{Picture::confusion, "confusion"}}) {
    files.frames.picture = picture;
    CHECK(std::get<std::string>(member(member(data_of(files), "picture"), "kind").data) == kind);
  }
}

TEST_CASE("an activation that this program does not know is refused by its name") {
  const Folder folder;
  RunFiles files = read_run(runs::spirals_run(folder));
  files.frames.layers[1].activation = "mine";
  CHECK_THROWS_WITH_AS(run_json(files), doctest::Contains("mine"), UserError);
  CHECK_THROWS_WITH_AS(run_json(files), doctest::Contains("; draw the report with the program that trained this run"),
                       UserError);
}
