#include <doctest/doctest.h>

#include "../program.hpp"

using program::Folder;
using program::slurp;

TEST_CASE("primer report on a copy of a run writes the same bytes as train, with the warnings") {
  const Folder folder;
  const auto trained = program::primer(
      "train configs/spirals.toml --quiet --set layer.1.activation=sigmoid --set layer.1.repeat=10 --set "
      "train.epochs=3 "
      "--out '" +
      folder / "run" + "'");
  REQUIRE(trained.code == 0);
  REQUIRE(trained.err.find("vanishing: ") != std::string::npos);
  const std::string drawn = slurp(folder / "run/report.html");
  CHECK(drawn.find("<li>vanishing: ") != std::string::npos);
  REQUIRE(program::shell("cp -r run copy && rm copy/report.html", folder.path).code == 0);
  const auto redrawn = program::primer("report copy", folder.path);
  CHECK(redrawn.code == 0);
  CHECK(redrawn.out == "copy/report.html\n");
  CHECK(slurp(folder / "copy/report.html") == drawn);
}

TEST_CASE("primer report refuses a folder that contains no run") {
  const Folder folder;
  const auto result = program::primer("report .", folder.path);
  CHECK(result.code == 2);
  CHECK(result.err == "primer: ./config.toml: cannot be opened: No such file or directory\n");
  CHECK(program::primer("report", folder.path).code == 2);
}
