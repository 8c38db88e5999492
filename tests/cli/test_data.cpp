#include <doctest/doctest.h>

#include <algorithm>

#include "../program.hpp"

TEST_CASE("data prints a header and a row for each point, and the same rows for the same seed") {
  const program::Result a = program::primer("data spirals --points 30 --noise 0.2");
  CHECK(a.code == 0);
  CHECK(a.out.starts_with("x1,x2,class\n"));
  CHECK(std::count(a.out.begin(), a.out.end(), '\n') == 31);
  CHECK(program::primer("data spirals --points 30 --noise 0.2 --seed 1").out == a.out);
  CHECK(program::primer("data spirals --points 30 --noise 0.2 --seed 2").out != a.out);
  CHECK(program::primer("data xor").out == "x1,x2,class\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n");
}

TEST_CASE("train on the rows that data prints equals train on the generator") {
  const program::Folder folder;
  program::spill(
      folder / "generated.toml",
      "[data]\ngenerator = \"moons\"\npoints = 40\nnoise = 0.1\n[[layer]]\nunits = 4\nactivation = \"tanh\"\n"
      "[[layer]]\nactivation = \"sigmoid\"\n[train]\nloss = \"binary_cross_entropy\"\nepochs = 3\n");
  program::spill(folder / "read.toml",
                 "[data]\nfile = \"moons.csv\"\n[[layer]]\nunits = 4\nactivation = \"tanh\"\n"
                 "[[layer]]\nactivation = \"sigmoid\"\n[train]\nloss = \"binary_cross_entropy\"\nepochs = 3\n");
  CHECK(program::primer("data moons --points 40 --noise 0.1 > moons.csv", folder.path).code == 0);
  CHECK(program::primer("train generated.toml --quiet --out a", folder.path).code == 0);
  CHECK(program::primer("train read.toml --quiet --out b", folder.path).code == 0);
  const std::string history = program::slurp(folder / "a/history.csv");
  CHECK(history.size() > 100);
  CHECK(history == program::slurp(folder / "b/history.csv"));
  CHECK(program::slurp(folder / "a/flow.csv") == program::slurp(folder / "b/flow.csv"));
}

TEST_CASE("an error of data says which argument is wrong") {
  const auto refusal = [](const std::string& arguments) {
    const program::Result result = program::primer("data " + arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(refusal("spiral") == "primer: unknown generator 'spiral'; did you mean 'spirals'?\n");
  CHECK(refusal("cat") ==
        "primer: unknown generator 'cat'; choose xor, spirals, circles, moons, gaussians, sine or plane\n");
  CHECK(refusal("xor --points 0") == "primer: --points: must be a whole number from 1 to 100000000, not '0'\n");
  CHECK(refusal("xor --points 2.5") == "primer: --points: must be a whole number from 1 to 100000000, not '2.5'\n");
  CHECK(refusal("xor --noise loud") == "primer: --noise: must be a number from 0 to 1000000, not 'loud'\n");
}
