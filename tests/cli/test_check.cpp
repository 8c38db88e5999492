// primer check, and the same warnings at the start of primer train.
#include <doctest/doctest.h>

#include <filesystem>

#include "../program.hpp"

using program::Folder;
using program::primer;
using program::Result;
using program::spill;

namespace {

constexpr const char* config =
    "[data]\ngenerator = \"xor\"\n[[layer]]\nunits = 4\nactivation = \"step\"\n[[layer]]\nactivation = "
    "\"sigmoid\"\n[train]\n"
    "loss = \"binary_cross_entropy\"\nepochs = 1\nrho = 0.5\n";

}  // namespace

TEST_CASE(
    "check prints a line for each warning and each forecast of the doctor, and exits with 0; train warns, then "
    "trains") {
  const Folder folder;
  spill(folder / "c.toml", config);
  const Result check = primer("check c.toml", folder.path);
  CHECK(check.code == 0);
  CHECK(check.err.empty());
  CHECK(check.out ==
        "c.toml:11:7: idle-key: train.rho does nothing with optimizer = \"sgd\"; remove it\n"
        "c.toml:5:14: zero-slope: σ′ of step is 0 everywhere, so layer 1 gets no gradient. Try --set "
        "layer.1.activation=tanh\n");
  CHECK_FALSE(std::filesystem::exists(folder / "runs"));
  const Result train = primer("train c.toml --quiet", folder.path);
  CHECK(train.code == 0);
  CHECK(train.err.starts_with("primer: warning: c.toml:5:14: zero-slope: "));
  CHECK(train.err.find("\nprimer: warning: c.toml:11:7: idle-key: ") != std::string::npos);
  const std::string report =
      program::slurp(folder / "runs/c/report.html");  // the doctor's sentence replaces the warning
  CHECK(report.find("<b>zero-slope</b> σ′ of step") != std::string::npos);
  CHECK(report.find("zero-slope: ") == std::string::npos);
  CHECK(report.find("<li>idle-key: ") != std::string::npos);
}

TEST_CASE("check prints nothing and exits with 0 for a config without warnings") {
  const Result check = primer("check configs/spirals.toml");
  CHECK(check.code == 0);
  CHECK(check.out.empty());
  CHECK(check.err.empty());
}

TEST_CASE("an error of train is the same error of check") {
  const Folder folder;
  spill(folder / "c.toml", config);
  const Result check = primer("check c.toml --set layer.2.activation=relu", folder.path);
  CHECK(check.code == 2);
  CHECK(check.out.empty());
  CHECK(primer("train c.toml --set layer.2.activation=relu", folder.path).error(2) == check.err);
  CHECK(check.err ==
        "primer: --set layer.2.activation: binary_cross_entropy needs probabilities at the output, but relu has values "
        "outside [0, "
        "1]; "
        "write activation = \"sigmoid\"\n");
}
