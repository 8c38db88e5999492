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
  CHECK(items(history[0]).empty());  // history.csv begins with epoch 1
  for (std::size_t k = 0; k < 4; ++k) {
    if (k > 0) CHECK(strings(items(history[k])[0]) == files.history.rows[k - 1]);
    for (std::size_t l = 0; l < 4; ++l) {
      CHECK(strings(items(flow[k])[l]) == files.flow.rows[4 * k + l]);
      CHECK(files.flow.cell(4 * k + l, "epoch") == std::to_string(k));
    }
  }
}

TEST_CASE("the curves keep the test scores of the best epoch of early stopping") {
  RunTable history{{"epoch", "train_loss", "validation_loss", "test_loss"}, {}, {}};
  for (std::uint64_t epoch = 1; epoch <= 2500; ++epoch) {  // thinned: 834 of these rows and the best one remain
    history.epochs.push_back(epoch);
    history.rows.push_back({std::to_string(epoch), "0.5", "", epoch == 1235 ? "0.25" : ""});
  }
  const Value curves = json::parse(curves_json(history), Location{"curves"});
  CHECK(std::get<json::Object>(curves.data).size() == 3);  // no validation_loss
  const json::Array& epochs = items(member(curves, "epoch"));
  const json::Array& test = items(member(curves, "test_loss"));
  REQUIRE(epochs.size() == 835);
  REQUIRE(test.size() == 835);
  for (std::size_t i = 0; i < 835; ++i) {
    const bool best = std::get<std::int64_t>(epochs[i].data) == 1235;
    CHECK(best == (i == 412));
    CHECK(std::holds_alternative<double>(test[i].data) == best);
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
  for (const auto& [picture, kind] :
       {std::pair{Picture::none, "none"}, std::pair{Picture::field, "field"}, std::pair{Picture::curve, "curve"}}) {
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

TEST_CASE(
    "pixels and weights are written as 64 levels, and a prediction as its class and the level of its probability") {
  const Folder folder;
  RunFiles files = read_run(runs::spirals_run(folder));
  Frames& frames = files.frames;
  frames.image = {1, 2};
  frames.images = {0, 16, 8, 4};
  frames.labels = {1, 0};
  for (Frame& frame : frames.frames) {
    frame.predictions = {1, 1.5F};
    frame.weights = {-0.5F, 0.25F};
  }
  const Value run = data_of(files);
  const Value& images = member(run, "images");
  const auto text = [](const Value& value) { return std::get<std::string>(value.data); };
  CHECK(text(member(images, "rows")) == "validation");
  CHECK(text(member(images, "pixels")) == "A_gQ");           // 0, 63, 31.5 → 32, 15.75 → 16
  CHECK(text(items(member(images, "weights"))[0]) == "Av");  // −½ of ½ is level 0, ¼ is 0.75 · 63 = 47.25
  CHECK(std::get<double>(items(member(images, "reach"))[0].data) == 0.5);
  // Three classes have 1365 levels each: class 1 with p = 0 is 1365 = 21 · 64 + 21, with p = 1 it is 2729 = 42 · 64
  // + 41.
  CHECK(text(items(member(images, "predictions"))[0]) == "VVqp");
  const json::Array& sets = items(member(run, "confusion"));
  REQUIRE(sets.size() == 2);
  CHECK(text(member(sets[0], "name")) == "validation");
  CHECK(std::get<std::int64_t>(member(sets[1], "rows").data) == 48);
  CHECK(std::get<std::int64_t>(member(sets[1], "counted").data) == 48);
}
