// primer claims, run as a user runs it, on claims that are small.
#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {

using program::Folder;
using program::Result;
using program::slurp;
using program::spill;

const std::string shipped = std::string(PRIMER_SOURCE_DIR) + "/configs/claims";

Result claims(const std::string& arguments, const Folder& here) {
  return program::shell("'" + std::string(PRIMER_BINARY) + "' claims " + arguments, here.path);
}

// The float build refuses.
const bool in_double = sizeof(primer::real) == sizeof(double);

}  // namespace

TEST_CASE("the shipped claims that are quick stay in their bands" * doctest::skip(!in_double)) {
  const Folder folder;
  const Result result = claims(
      "--dir '" + shipped + "' --seeds 12 flow_sigmoid_vanishes collapse_affine gelu_range numeric_clip", folder);
  CAPTURE(result.out);
  CHECK(result.code == 0);
  CHECK(result.err.find(": vanishing: ") != std::string::npos);  // the run to look at warns as primer train does
  CHECK(result.out.find("flow_sigmoid_vanishes: holds") != std::string::npos);
  CHECK(result.out.find("4 of 4 claims as expected") != std::string::npos);
  // The run to look at is a run's folder.
  CHECK(slurp(folder / "runs/claims/flow_sigmoid_vanishes/flow.csv").size() > 500);
  CHECK(slurp(folder / "runs/claims/flow_sigmoid_vanishes/report.html").size() > 5000);
  CHECK(slurp(folder / "runs/claims/flow_sigmoid_vanishes/config.toml").find("repeat") == std::string::npos);
}

TEST_CASE("a band that leaves out its value makes primer claims fail" * doctest::skip(!in_double)) {
  const Folder folder;
  std::string text = slurp(shipped + "/gelu_range.toml");
  const std::string band = "band = [-0.171, -0.169]";
  REQUIRE(text.find(band) != std::string::npos);
  spill(folder / "gelu_range.toml", text);
  CHECK(claims("--dir .", folder).code == 0);
  spill(folder / "gelu_range.toml", text.replace(text.find(band), band.size(), "band = [-0.16, -0.15]"));
  const Result result = claims("--dir .", folder);
  CHECK(result.code == 1);
  CHECK(result.out.find("gelu_range: OUTSIDE THE EXPECTED INTERVAL") != std::string::npos);
  CHECK(result.out.find("MISSED\n") != std::string::npos);
  CHECK(result.out.find("0 of 1 claims as expected") != std::string::npos);
}

TEST_CASE("mistakes of primer claims are one line" * doctest::skip(!in_double)) {
  const Folder folder;
  const std::string dir = "--dir '" + shipped + "' ";
  CHECK(claims("", folder).error(2) ==
        "primer: configs/claims: there are no claims in this folder; give another folder with --dir\n");
  const Result unknown = claims(dir + "gelu_rang", folder);
  CHECK(unknown.code == 2);
  CHECK(unknown.err == "primer: there is no claim 'gelu_rang' in folder " + shipped + "; did you mean 'gelu_range'?\n");
  const Result one = claims(dir + "--seeds 0", folder);
  CHECK(one.code == 2);
  CHECK(one.err == "primer: --seeds: must be a whole number from 1 to 1000000, not '0'\n");
}

TEST_CASE("Ctrl-C stops primer claims at once, in a claim and in the run to look at" * doctest::skip(!in_double)) {
  const Folder folder;
  const auto claim = [&](const std::string& name, const std::string& epochs) {
    spill(folder / (name + ".toml"),
          "claim = \"c\"\nnotes = \"n\"\nverdict = \"holds\"\nexplanation = \"e\"\nconfig = \"" + shipped +
              "/base/xor.toml\"\nseeds = 8\n[[arm]]\nname = \"one\"\nset = [\"train.epochs=" + epochs +
              "\"]\n[[finding]]\nmeasure = \"diverged\"\narm = \"one\"\nband = [0, 0]\n");
  };
  claim("quick", "3");
  claim("endless", "1000000000");
  const auto interrupted = [&](const std::string& file, const std::string& begin, const std::string& names) {
    return program::interrupted(file, begin, "exec '" PRIMER_BINARY "' claims --dir . " + names + " >out.txt",
                                folder.path);
  };
  // Within the trials of the second claim.
  const Result within = interrupted("out.txt", "quick: holds", "quick endless quick");
  CHECK(within.code == 130);
  CHECK(within.err.ends_with("primer: interrupted; 1 of 3 claims were judged\n"));
  // In the run to look at, which primer train does: the exit code of that command is not lost. This run is longer than
  // the trials because it observes the flow and saves a checkpoint after every epoch.
  spill(folder / "slow.toml", "claim = \"c\"\nnotes = \"n\"\nverdict = \"holds\"\nexplanation = \"e\"\nconfig = \"" +
                                  shipped + "/base/spiral.toml\"\nseeds = 8\n[[arm]]\nname = \"one\"\nset = " +
                                  "[\"train.epochs=500\", \"train.checkpoint_every=1\", \"data.points=20\"]\n" +
                                  "[[finding]]\nmeasure = \"diverged\"\narm = \"one\"\nband = [0, 0]\n");
  const Result in_run = interrupted("runs/claims/slow/history.csv", "1,", "slow quick");
  CHECK(in_run.code == 130);
  CHECK(in_run.err.find("primer: interrupted in epoch ") != std::string::npos);
  CHECK(in_run.err.ends_with("primer: interrupted; 1 of 2 claims were judged\n"));
  CHECK(slurp(folder / "out.txt").find("quick: holds") == std::string::npos);
}

TEST_CASE("threads, more seeds and calibration of primer claims" * doctest::skip(!in_double)) {
  const Folder folder;
  const std::string one = "claim = \"c\"\nnotes = \"n\"\nverdict = \"holds\"\nexplanation = \"e\"\nconfig = \"" +
                          shipped +
                          "/base/xor.toml\"\nseeds = 8\n[[arm]]\nname = \"one\"\nset = [\"train.epochs=3\"]\n" +
                          "[[finding]]\nmeasure = \"history.train_loss\"\narm = \"one\"\nband = ";
  spill(folder / "wide.toml", one + "[0, 9]\n");
  spill(folder / "narrow.toml", one + "[0.69, 0.7]\n");
  const Result alone = claims("--dir . --seeds 40", folder);
  CHECK(alone.code == 1);  // of narrow.toml
  const Result threads = claims("--dir . --seeds 40 --jobs 3", folder);
  CHECK(threads.code == 1);
  CHECK(threads.out == alone.out);
  CHECK(alone.out.find("wide: holds\n") != std::string::npos);
  CHECK(alone.out.find("narrow: UNDECIDED, give more --seeds\n") != std::string::npos);
  CHECK(alone.out.find("with only the first 8 seeds)") != std::string::npos);
  CHECK(alone.out.find("1 of 2 claims as expected, 1 undecided, 0 outside the expected interval\n") !=
        std::string::npos);
  const Result few = claims("--dir . --seeds 7", folder);
  CHECK(few.code == 1);
  CHECK(few.out.find("wide: UNDECIDED") != std::string::npos);
  CHECK(few.out.find("7 seeds; the confidence interval of a median needs at least 8 seeds") != std::string::npos);
  const std::string calibration = claims("--dir . --calibrate wide", folder).out;
  CHECK(calibration.starts_with("wide: seeds 1001 … 1024\n"));
  CHECK(calibration.find(", 0 seeds without a value; expected: band = [0.") != std::string::npos);
  CHECK(claims("--dir . --jobs 0", folder).error(2) ==
        "primer: --jobs: must be a whole number from 1 to 1000000, not '0'\n");
}
