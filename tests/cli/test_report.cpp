#include <doctest/doctest.h>

#include "../program.hpp"

using program::Folder;
using program::slurp;

TEST_CASE("primer report on a copy of a run writes the same bytes as train, but for its name") {
  const Folder folder;
  const auto trained = program::primer(
      "train configs/spirals.toml --quiet --set layer.1.activation=sigmoid --set layer.1.repeat=10 --set "
      "train.epochs=3 "
      "--out '" +
      folder / "run" + "'");
  REQUIRE(trained.code == 0);
  REQUIRE(trained.err.find("vanishing: ") != std::string::npos);
  const std::string drawn = program::slurp_unnamed(folder / "run/report.html");
  CHECK(drawn.find("<li><b>vanishing</b> At the start, ") != std::string::npos);
  CHECK(drawn.find("<li>vanishing: ") == std::string::npos);  // the doctor says the same with measured numbers
  REQUIRE(program::shell("cp -r run copy && rm copy/report.html", folder.path).code == 0);
  const auto redrawn = program::primer("report copy", folder.path);
  CHECK(redrawn.code == 0);
  CHECK(redrawn.out == "copy/report.html\n");
  CHECK(program::slurp_unnamed(folder / "copy/report.html") == drawn);
  CHECK(slurp(folder / "copy/report.html").find("<h1>copy</h1>") != std::string::npos);
}

TEST_CASE("primer report refuses a folder that contains no run") {
  const Folder folder;
  const auto result = program::primer("report .", folder.path);
  CHECK(result.code == 2);
  CHECK(result.err == "primer: ./config.toml: cannot be opened: No such file or directory\n");
  CHECK(program::primer("report", folder.path).code == 2);
}

TEST_CASE("data.image must be a height and a width that fit the inputs") {
  const auto refusal = [](const std::string& image) {
    const auto result = program::primer("check configs/iris.toml --set 'data.image=" + image + "'");
    CHECK(result.code == 2);
    return result.err;
  };
  CHECK(refusal("[2, 3]") ==
        "primer: --set data.image: a picture of 2 × 3 pixels needs 6 inputs, but the data have 4\n");
  for (const char* const image : {"[4]", "[1, 2, 2]", "[2.5, 2]", "[0, 4]", "[-2, -2]", "[]", "[4, 1e9]"}) {
    CHECK(refusal(image) ==
          "primer: --set data.image: image: must be the height and the width of a picture, as in [8, 8]\n");
  }
  CHECK(program::primer("check configs/iris.toml --set 'data.image=[2, 2]'").code == 0);
}
