// The reader of NumPy's .npz files. The files in tests/fuzz/npz were written by NumPy 1.24.
#include "primer/formats/npz.hpp"

#include <doctest/doctest.h>
#include <cmath>

#include "../program.hpp"

using namespace primer;

namespace {

std::string fixture(const std::string& name) { return program::slurp(PRIMER_TEST_DATA "/fuzz/npz/" + name); }

std::string refusal(const std::string& bytes) {
  try {
    read_npz(bytes, "mine.npz");
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("arrays that numpy.savez wrote are read, in C and in Fortran order, as f8 and as f4") {
  const Safetensors contents = read_npz(fixture("both_orders.npz"), "f");
  REQUIRE(contents.tensors.size() == 4);
  const NamedTensor& z = *contents.tensor("1.z");
  CHECK(z.shape == std::vector<std::size_t>{2, 3});
  CHECK(z.values == std::vector<double>{1.5, -2.25, 3, 4, 5, -6.125});
  CHECK(contents.tensor("1.x")->values == std::vector<double>{1, 2, 3, 4, 5, 6.5});
  CHECK(contents.tensor("loss")->shape.empty());
  CHECK(contents.tensor("loss")->values == std::vector<double>{0.25});
  CHECK(contents.tensor("1.a")->values == std::vector<double>{1, 2, INFINITY});
  CHECK(read_npz(fixture("version_2.npz"), "f").tensor("1.b")->values == std::vector<double>{7, 8});
}

TEST_CASE("a file that the reader does not take is refused with the remedy") {
  CHECK(refusal(fixture("compressed.npz")) ==
        "mine.npz: \"z\": is compressed; write the file with numpy.savez, not with savez_compressed");
  CHECK(refusal(fixture("integers.npz")) ==
        "mine.npz: \"y\": has numbers of type '<i8'; convert them: y.astype('<f8')");
  CHECK(refusal("") == "mine.npz: is not an .npz file; write it with numpy.savez");
  CHECK(refusal("\x93NUMPY\1 and so on") == "mine.npz: is a single .npy array; write all arrays with numpy.savez");
}

TEST_CASE("a damaged file gives one line, wherever a byte is changed or the end is cut off") {
  const std::string whole = fixture("both_orders.npz");
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(refusal(whole.substr(0, i)).starts_with("mine.npz: "));
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    const std::string text = refusal(changed);
    CHECK(text.find('\n') == std::string::npos);
    refused += text.starts_with("mine.npz: ") ? 1 : 0;
  }
  CHECK(refused > whole.size() / 2);  // dates and padding may change
}
