// primer verify as a user meets it.
#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/formats/safetensors.hpp"

using namespace primer;

TEST_CASE("verify agrees with primer's own trace, and says where a changed one departs") {
  const program::Folder folder;
  const std::string config = PRIMER_SOURCE_DIR "/configs/spirals.toml";
  REQUIRE(program::primer("trace '" + config + "' --out t.safetensors", folder.path).code == 0);
  const auto same = program::primer("verify t.safetensors '" + config + "'", folder.path);
  CHECK(same.code == 0);
  CHECK(same.out.find(" arrays agree: ") != std::string::npos);

  Safetensors trace = read_safetensors(folder / "t.safetensors", NonFinite::allowed);
  for (NamedTensor& tensor : trace.tensors) {
    for (double& v : tensor.values) v *= tensor.name == "2.dL_dW" ? -1 : 1;
  }
  write_safetensors(folder / "wrong.safetensors", trace, Dtype::F64);
  const auto wrong = program::primer("verify wrong.safetensors '" + config + "'", folder.path);
  CHECK(wrong.code == 1);
  CHECK(wrong.out.find("2.dL_dW is the first array that differs from primer's: at [0][0] it is ") != std::string::npos);
  CHECK(wrong.out.find("; δᵀ x gives ") != std::string::npos);
  CHECK(wrong.out.find(": the sign is wrong\n") != std::string::npos);
}

TEST_CASE("verify takes one row, and refuses what it cannot compare in one line") {
  const program::Folder folder;
  const std::string config = " '" PRIMER_SOURCE_DIR "/configs/xor.toml'";
  REQUIRE(program::primer("trace" + config + " --row 1 --out t.safetensors", folder.path).code == 0);
  CHECK(program::primer("verify t.safetensors" + config + " --row 1", folder.path).code == 0);
  CHECK(program::primer("verify t.safetensors" + config + " --row 2", folder.path).code == 1);
  const auto beyond = program::primer("verify t.safetensors" + config + " --row 9", folder.path);
  CHECK(beyond.code == 2);
  CHECK(beyond.err == "primer: --row: must be a whole number from 1 to 4, not '9'\n");
  const std::string npz = PRIMER_TEST_DATA "/fuzz/npz/";
  const auto unnamed = program::primer("verify '" + npz + "version_2.npz'" + config, folder.path);
  CHECK(unnamed.code == 2);
  CHECK(unnamed.err.find("no array has a name that `primer trace` uses") != std::string::npos);
  const auto compressed = program::primer("verify '" + npz + "compressed.npz'" + config, folder.path);
  CHECK(compressed.code == 2);
  CHECK(compressed.err.find("numpy.savez, not with savez_compressed") != std::string::npos);
}
