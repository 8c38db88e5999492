// report.html: well-formed, harmless, and the same bytes every time.
#include "primer/report/page.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "../program.hpp"
#include "primer/report/run_json.hpp"
#include "runs.hpp"
#include "xml.hpp"

using namespace primer;
using program::Folder;
using runs::nasty_run;
using runs::spirals_run;

namespace {

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
  const std::string page = report_page(with_warning);
  const xml::Document document = xml::parse(page);
  CHECK(document.error == "");
  CHECK(count(page, "{{") == 0);
  CHECK(count(page, "</script>") == 2);  // the data's and the script's own
  CHECK(count(page, "<img") == 0);
  CHECK(count(page, "<!--") == 0);
  CHECK(count(page, "W1: &lt;script&gt;alert(1)&lt;/script&gt; &amp; more") == 1);
  REQUIRE(document.by_id("run") != nullptr);
  std::string data = document.by_id("run")->text;
  for (const auto& [escape, character] : {std::pair{"\\u003c", "<"}, {"\\u003e", ">"}, {"\\u0026", "&"}}) {
    for (std::size_t at = data.find(escape); at != data.npos; at = data.find(escape)) data.replace(at, 6, character);
  }
  const bool same = data == run_json(with_warning);
  CHECK(same);
}

TEST_CASE("the report names no address and has no style or script from elsewhere") {
  const Folder folder;
  const std::string page = report_page(read_run(spirals_run(folder)));
  CHECK(page.size() < 2000000);
  CHECK(count(page, "http") - count(page, "http-equiv") == count(page, "http://www.w3.org/"));
  CHECK(count(page, "src=") == 0);
  CHECK(count(page, "<a ") + count(page, "<link") + count(page, "<img") == 0);
  CHECK(count(page, " style=\"") == 0);
}

TEST_CASE("a copied run folder draws the same bytes") {
  const Folder folder;
  const std::string run = spirals_run(folder);
  write_report(run);
  std::filesystem::create_directories(folder / "elsewhere/deeper");
  std::filesystem::copy(run, folder / "elsewhere/deeper/run", std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder / "elsewhere/deeper/run/report.html");
  write_report(folder / "elsewhere/deeper/run");
  CHECK(program::slurp(run + "/report.html") == program::slurp(folder / "elsewhere/deeper/run/report.html"));
}

TEST_CASE("a run without flow, and one without an epoch, have a report") {
  const Folder folder;
  const std::string off = report_page(read_run(spirals_run(folder, "[diagnostics]\nevery = 0\n")));
  CHECK(xml::parse(off).error == "");
  CHECK(count(off, "id=\"heat-0\"") == 0);
  const Folder other;
  program::spill(other / "c.toml",
                 "[data]\ngenerator = \"sine\"\n[[layer]]\nunits = 3\nactivation = \"tanh\"\n"
                 "[[layer]]\nactivation = \"identity\"\n[train]\nloss = \"mse\"\nepochs = 0\n");
  runs::train(other / "c.toml", other / "run");
  const std::string none = report_page(read_run(other / "run"));
  CHECK(xml::parse(none).error == "");
}

TEST_CASE("a run without a picture has no place for one, and warnings are listed only if there are any") {
  const Folder folder;
  RunFiles run = read_run(spirals_run(folder));
  CHECK(count(report_page(run), "id=\"picture\"") == 1);
  CHECK(count(report_page(run), "class=\"warnings\"") == 0);
  run.frames.picture = Picture::none;
  run.frames.warnings = {"W1: one", "W2: two"};
  const std::string page = report_page(run);
  CHECK(xml::parse(page).error == "");
  CHECK(count(page, "id=\"picture\"") == 0);
  CHECK(count(page, "<ul><li>W1: one</li><li>W2: two</li></ul>") == 1);
}

TEST_CASE("the page contains the title, the shape, the final scores and the config") {
  const Folder folder;
  RunFiles run = read_run(spirals_run(folder));
  run.name = "a & b";
  run.frames.changes = {"seed = 2", "train.epochs = 3"};
  run.frames.command = "primer train x.toml --set seed=2";
  run.frames.version = "1.2.3";
  run.frames.data = "907CE90B1CD109AF";
  run.frames.layers = {{2, 5, "tanh", false}, {5, 5, "tanh", false}, {5, 5, "relu", false}, {5, 3, "softmax", false}};
  for (Frame& frame : run.frames.frames) frame.layers.resize(4);
  run.history.columns = {"epoch", "train_loss", "train_accuracy", "test_accuracy"};
  run.history.rows = {{"1", "0.5", "0.25", ""}, {"3", "0.123456", "1", "0.75"}};
  run.history.epochs = {1, 3};
  const std::string page = report_page(run);
  CHECK(count(page, "<title>a &amp; b: seed = 2, train.epochs = 3 – primer</title>") == 1);
  CHECK(count(page, "<h1>a &amp; b</h1><ul class=\"changes\"><li>seed = 2</li><li>train.epochs = 3</li></ul>") == 1);
  CHECK(count(page,
              "<p class=\"quiet\">2 → 2 × 5 tanh → 5 relu → 3 softmax · cross_entropy · adam · "
              "generator = &quot;spirals&quot; · points = 60 · validation_fraction = 0.2 · epochs = 3 · batch_size = "
              "8</p>") == 1);
  CHECK(count(page, "<pre class=\"command\">primer train x.toml --set seed=2</pre>") == 1);
  CHECK(count(page, "primer <b>1.2.3</b>") == 1);
  CHECK(count(page, "seed <b>1</b>") == 1);
  CHECK(count(page, "hash of the data <b>907CE90B1CD109AF</b>") == 1);
  CHECK(count(page,
              "<div><dt>train loss</dt><dd title=\"0.123456\">0.1235</dd></div>"
              "<div><dt>train accuracy</dt><dd title=\"1\">1</dd></div>"
              "<div><dt>test accuracy</dt><dd title=\"0.75\">0.75</dd></div></dl>") == 1);
  CHECK(count(page, "<pre>seed = 1\n\n[data]\ngenerator = &quot;spirals&quot;\n") == 1);
}
