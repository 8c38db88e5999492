// primer doctor as a user runs it.
#include <doctest/doctest.h>

#include <regex>

#include "../program.hpp"

using program::Folder;
using program::primer;
using program::Result;
using program::slurp;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("train ends with the diagnoses, doctor repeats them, and --try shows that the remedy helps") {
  const Folder run;
  const std::string sick =
      " --set layer.1.activation=sigmoid --set layer.1.repeat=8 --set train.epochs=30 --set data.points=300";
  const Result train = primer("train configs/spirals.toml --quiet --out '" + run.path + "'" + sick);
  const std::string diagnosis = train.out.substr(train.out.find("vanishing (epoch 0): At the start, "));
  const std::string paragraph = diagnosis.substr(0, diagnosis.find("--set layer.1.activation=tanh\n"));
  CHECK(paragraph.size() < 400);
  CHECK(contains(diagnosis, "\nrun        "));

  const std::string history = slurp(run / "history.csv");
  const Result doctor = primer("doctor '" + run.path + "' --try");
  CHECK(doctor.code == 0);
  const auto unwrapped = [](const std::string& text) { return std::regex_replace(text, std::regex("\n  "), " "); };
  CHECK(unwrapped(doctor.out)  // the config of the run has 9 layers
            .starts_with(unwrapped(paragraph) + "--set layer.1-8.activation=tanh\n"));
  std::istringstream rows(doctor.out.substr(doctor.out.find("\nthis run ")));
  std::string word;
  double before = 0;
  double after = 1;
  rows >> word >> word >> before;
  std::getline(rows, word);
  rows >> word >> word >> after;
  CHECK(word == "layer.1-8.activation=tanh");
  CHECK(after < before / 1.5);
  CHECK(primer("doctor '" + run.path + "'")
            .out.ends_with(" train " + run.path + "/config.toml --set layer.1-8.activation=tanh\n"));
  CHECK(slurp(run / "history.csv") == history);
}

TEST_CASE("the doctor is silent at the end of a healthy run") {
  const Folder run;
  const Result train = primer("train configs/spirals.toml --quiet --set train.epochs=30 --out '" + run.path + "'");
  CHECK(train.code == 0);
  CHECK_FALSE(contains(train.out, "Try"));
  CHECK(primer("doctor '" + run.path + "'").out == "The doctor finds nothing in " + run.path + ".\n");
}

TEST_CASE("Ctrl-C stops the doctor while it tries a remedy") {
  const Folder run;
  CHECK(primer("train configs/spirals.toml --quiet --set layer.1.activation=sigmoid --set layer.1.repeat=8 "
               "--set train.epochs=1 --set data.points=30 --out '" +
               run.path + "'")
            .code == 0);
  std::string config = program::slurp(run / "config.toml");
  const std::size_t at = config.find("epochs = 1\n");
  REQUIRE(at != std::string::npos);
  program::spill(run / "config.toml", config.insert(at + 10, "000000000"));
  const Result doctor =
      program::interrupted("out.txt", "vanishing", "exec '" PRIMER_BINARY "' doctor . --try >out.txt", run.path);
  CHECK(doctor.code == 130);
  CHECK(doctor.err == "primer: interrupted\n");
}

TEST_CASE("the doctor needs the folder of a run") {
  CHECK(primer("doctor /nowhere").error(2) ==
        "primer: /nowhere/config.toml: cannot be opened: No such file or directory\n");
}
