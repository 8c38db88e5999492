#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/core/real.hpp"

namespace {
constexpr bool is_double = sizeof(primer::real) == sizeof(double);
}

TEST_CASE("the gradient check passes for every config, every activation and every loss" * doctest::skip(!is_double)) {
  std::size_t checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PRIMER_SOURCE_DIR "/configs")) {
    const std::string config = entry.path().string();
    if (!config.ends_with(".toml")) continue;
    const auto result = program::primer("gradcheck '" + config + "'");
    INFO(config, "\n", result.out, result.err);
    CHECK(result.code == 0);
    CHECK(result.out.starts_with("tensor,entries,excluded,max_abs,max_rel,worst_index,verdict\nlayers.1.weight,"));
    CHECK(result.out.find("\ninput,") != std::string::npos);
    CHECK(result.err.find("rounding changes n by up to ") != std::string::npos);
    ++checked;
  }
  CHECK(checked >= 7);
  for (const char* const sigma : {"identity", "step", "sigmoid", "tanh", "relu", "leaky_relu(0.2)", "prelu", "elu(2)",
                                  "selu", "softplus", "gelu", "gelu_tanh", "silu", "softmax"}) {
    for (const char* const loss : {"mse", "mae", "huber"}) {
      const auto result =
          program::primer(std::string("gradcheck configs/regression.toml --set 'layer.1.activation=") + sigma +
                          "' --set layer.1.batch_norm=true --set layer.1.units=5 --set train.loss=" + loss);
      INFO(sigma, " with ", loss, "\n", result.out, result.err);
      CHECK(result.code == 0);
    }
  }
}

TEST_CASE("wrong gradients end with exit code 1 and the names of their tensors" * doctest::skip(!is_double)) {
  const program::Folder folder;
  program::spill(folder / "rows.csv", "x,y\n1e200,1\n");  // its square is infinite, and no gradient is right
  program::spill(folder / "c.toml",
                 "[data]\nfile = \"rows.csv\"\n[[layer]]\nactivation = \"identity\"\n[train]\nloss = \"mse\"\n");
  const auto result = program::primer("gradcheck c.toml", folder.path);
  CHECK(result.code == 1);
  CHECK(result.out.find("layers.1.weight,1,0,nan,nan,0:0,mismatch\n") != std::string::npos);
  CHECK(result.err.find("primer: these gradients are wrong: layers.1.weight, layers.1.bias, input\n") !=
        std::string::npos);
}

TEST_CASE("the float build refuses to check gradients" * doctest::skip(is_double)) {
  const auto result = program::primer("gradcheck configs/xor.toml");
  CHECK(result.code == 2);
  CHECK(result.err ==
        "primer: gradcheck needs the double build, because a float has too few digits; build without "
        "PRECISION=float\n");
}

TEST_CASE("large targets do not cause a mismatch, and a difference that rounding hides is undecided" *
          doctest::skip(!is_double)) {
  const program::Folder folder;
  std::string csv = "a,b,price\n";
  for (int i = 0; i < 40; ++i) {
    csv += std::to_string(i % 7) + "," + std::to_string(i * i % 11) + "," + std::to_string(300 + i * 37 % 500) + "\n";
  }
  program::spill(folder / "d.csv", csv);
  program::spill(folder / "c.toml",
                 "[data]\nfile = \"d.csv\"\nstandardize = true\n[[layer]]\nunits = 4\nactivation = \"tanh\"\n"
                 "[[layer]]\n[train]\nloss = \"mse\"\n");
  CHECK(program::primer("gradcheck c.toml", folder.path).code == 0);
  std::string far = "a,y\n";
  for (int i = 0; i < 8; ++i) far += std::to_string(i % 3) + ",1e15\n";
  program::spill(folder / "d.csv", far);
  const auto hidden =
      program::primer("gradcheck c.toml --set train.loss=huber --set data.standardize=false", folder.path);
  CHECK(hidden.code == 1);
  CHECK(hidden.err.find("primer: rounding hides whether these gradients are right: ") != std::string::npos);
  CHECK(hidden.err.find("wrong") == std::string::npos);
}
