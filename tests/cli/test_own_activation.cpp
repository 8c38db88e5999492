// The README's example of an activation of one's own: the very text is compiled, named in a config and trained.
#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/core/real.hpp"

TEST_CASE("the README shows the example that is compiled here") {
  const std::string readme = program::slurp(PRIMER_SOURCE_DIR "/README.md");
  const std::string example = program::slurp(PRIMER_SOURCE_DIR "/tests/own_activation/main.cpp");
  REQUIRE(example.size() > 300);
  CHECK(readme.find("```cpp\n" + example + "```\n") != std::string::npos);
}

TEST_CASE("a registered activation is named in a config, passes the gradient check and trains") {
  const program::Folder folder;
  const std::string own = std::string("'") + PRIMER_OWN_ACTIVATION + "' ";
  const std::string config = PRIMER_SOURCE_DIR "/configs/spirals.toml --set layer.1.activation=bent_identity ";
  const program::Result result = program::shell(own + "train " + config + "--quiet --out run", folder.path);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(result.out.find("1      bent_identity") != std::string::npos);
  const std::string history = program::slurp(folder / "run/history.csv");
  CHECK(history.size() > 1000);
  CHECK(program::shell(own + "gradcheck " + config, folder.path).code == (sizeof(primer::real) == 8 ? 0 : 2));
  const program::Result plain = program::primer("train " + config + "--quiet --out " + folder / "other");
  CHECK(plain.code == 2);  // the plain program does not know it
  CHECK(plain.err.find("unknown activation 'bent_identity'") != std::string::npos);
}
