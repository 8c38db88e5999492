#include "primer/formats/input.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "primer/formats/error.hpp"

using namespace primer;

TEST_CASE("a missing file and a folder are refused by name") {
  CHECK_THROWS_WITH_AS(open_input("no/such.csv"), "no/such.csv: cannot be opened: No such file or directory",
                       UserError);
  CHECK_THROWS_WITH_AS(open_input(PRIMER_TEST_DATA), PRIMER_TEST_DATA ": is a folder; name a file", UserError);
}

TEST_CASE("a file is read up to the limit and refused beyond it") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("primer_test_input_" + std::to_string(getpid()))).string();
  std::ofstream(path, std::ios::binary) << std::string(200'000, 'x');
  CHECK(read_input(path, 200'000) == std::string(200'000, 'x'));
  CHECK_THROWS_WITH_AS(read_input(path, 199'999),
                       (path + ": is larger than 199999 bytes; is it the right file?").c_str(), UserError);
  std::filesystem::remove(path);
}
