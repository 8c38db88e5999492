// The command line as a whole: the help and the exit codes of the program.
#include "primer/cli/command_line.hpp"

#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/views/table.hpp"

using program::Result;

TEST_CASE("a test that does not read the exit code of a program that failed is a failed test" *
          doctest::should_fail()) {
  CHECK(program::primer("trian").out.empty());
}

TEST_CASE("a test whose program was ended by a signal is a failed test" * doctest::should_fail()) {
  CHECK(program::shell("kill -SEGV $$", "/").out.empty());
}

TEST_CASE("a file that does not exist does not count as an empty file") {
  CHECK_THROWS_AS(program::slurp("/nowhere"), std::runtime_error);
  CHECK_THROWS_AS(program::spill("/nowhere/file", ""), std::runtime_error);
}

TEST_CASE("every help text names its command and fits into 80 columns") {
  std::istringstream overview(program::primer("--help").out);
  std::size_t commands = 0;
  for (std::string line; std::getline(overview, line);) {
    CAPTURE(line);
    CHECK(primer::display_width(line) <= 80);
    if (!line.starts_with("  ")) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const Result result = program::primer(name + " --help");
    CHECK(result.code == 0);
    CHECK(result.out.starts_with("usage: primer " + name + " "));
    CHECK(result.out.find("\n  primer " + name) != std::string::npos);  // an example
    std::istringstream help(result.out);
    for (std::string text; std::getline(help, text);) {
      CAPTURE(text);
      CHECK(primer::display_width(text) <= 80);
    }
    ++commands;
  }
  const std::string declared = program::slurp(PRIMER_SOURCE_DIR "/include/primer/cli/commands.hpp");
  std::size_t declarations = 0;
  for (std::size_t at = 0; (at = declared.find("extern const Command", at)) != declared.npos; ++at) ++declarations;
  CHECK(commands == declarations);
}

TEST_CASE("the program without arguments prints its help as an error") {
  const Result result = program::primer("");
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK(result.err == program::primer("--help").out);
  CHECK(result.err.starts_with("usage: primer COMMAND ...\n"));
}

TEST_CASE("the version is the version of the project") {
  const std::string cmake = program::slurp(PRIMER_SOURCE_DIR "/CMakeLists.txt");
  const std::size_t at = cmake.find("project(primer VERSION ");
  REQUIRE(at != std::string::npos);
  const std::string version = cmake.substr(at + 23, cmake.find(' ', at + 23) - at - 23);
  CHECK(program::primer("--version").out == "primer " + version + "\n");
}

TEST_CASE("an unknown command is an error that names the nearest command or the help") {
  const Result close = program::primer("trian");
  CHECK(close.code == 2);
  CHECK(close.out.empty());
  CHECK(close.err == "primer: unknown command 'trian'; did you mean 'train'?\n");
  const Result far = program::primer("frobnicate");
  CHECK(far.code == 2);
  CHECK(far.err == "primer: unknown command 'frobnicate'; `primer --help` lists the commands\n");
}

TEST_CASE("primer help COMMAND is primer COMMAND --help") {
  CHECK(program::primer("help train").out == program::primer("train --help").out);
  CHECK(program::primer("help").out == program::primer("--help").out);
  CHECK(program::primer("help tarin").error(2) == "primer: unknown command 'tarin'; did you mean 'train'?\n");
}
