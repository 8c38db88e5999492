// The reader of NumPy's .npz files. The files in tests/fuzz/npz were written by NumPy 1.24.
#include "primer/formats/npz.hpp"

#include <doctest/doctest.h>
#include <bit>
#include <cmath>
#include <cstdint>

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

namespace {

std::string little(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t k = 0; k < bytes; ++k) text += static_cast<char>(value >> 8 * k & 0xFF);
  return text;
}

// The checksum of zip, ISO 3309.
std::uint32_t checksum(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  return crc ^ 0xFFFFFFFF;
}

std::string npy(const std::string& type, const std::string& order, const std::string& shape, const std::string& numbers,
                const std::string& version = std::string("\1\0", 2)) {
  const std::string header = "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  return "\x93NUMPY" + version + little(header.size(), 2) + header + numbers;
}
std::string doubles(std::initializer_list<double> values) {
  std::string bytes;
  for (const double v : values) bytes += little(std::bit_cast<std::uint64_t>(v), 8);
  return bytes;
}

struct Zip {
  bool sizes_in_64_bits = false;  // in a field of the directory, after a field of another kind
  std::string note{}, comment{};  // of each member, of the file
  std::uint16_t method = 0;

  std::string of(const std::vector<std::pair<std::string, std::string>>& members) const {
    std::string file, directory;
    for (const auto& [name, data] : members) {
      const std::uint64_t begin = file.size(), size = data.size();
      const std::string facts = little(0, 4) + little(checksum(data), 4);  // time, date, checksum
      file += "PK\3\4" + little(45, 2) + little(0, 2) + little(method, 2) + facts + little(size, 4) + little(size, 4) +
              little(name.size(), 2) + little(3, 2) + name + "xyz" + data;
      const bool wide = sizes_in_64_bits;
      const std::string extra = wide ? little(0x5455, 2) + little(5, 2) + "abcde" + little(1, 2) + little(24, 2) +
                                           little(size, 8) + little(size, 8) + little(begin, 8)
                                     : "";
      const std::uint64_t unknown = 0xFFFFFFFF;
      directory += "PK\1\2" + little(45, 2) + little(45, 2) + little(0, 2) + little(method, 2) + facts +
                   little(wide ? unknown : size, 4) + little(wide ? unknown : size, 4) + little(name.size(), 2) +
                   little(extra.size(), 2) + little(note.size(), 2) + little(0, 8) + little(wide ? unknown : begin, 4) +
                   name + extra + note;
    }
    return file + directory + "PK\5\6" + little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
           little(directory.size(), 4) + little(file.size(), 4) + little(comment.size(), 2) + comment;
  }
};

}  // namespace

TEST_CASE("sizes in 64 bits, notes, comments and fields of another kind are part of a zip") {
  CHECK(checksum("123456789") == 0xCBF43926);  // the check value of this checksum
  const std::string a = npy("<f8", "False", "(2,)", doubles({1.5, -2})), b = npy("<f8", "False", "()", doubles({3}));
  for (const bool wide : {false, true}) {
    for (const char* text : {"", "a note"}) {
      const Zip zip{.sizes_in_64_bits = wide, .note = text, .comment = text};
      const Safetensors contents = read_npz(zip.of({{"1.z.npy", a}, {"loss.npy", b}}), "f");
      REQUIRE(contents.tensors.size() == 2);
      CHECK(contents.tensor("1.z")->values == std::vector<double>{1.5, -2});
      CHECK(contents.tensor("loss")->values == std::vector<double>{3});
    }
  }
}

TEST_CASE("the numbers of three indices in Fortran order come into C order") {
  const std::string cube = npy("<f8", "True", "(2, 1, 3)", doubles({0, 10, 1, 11, 2, 12}));
  const Safetensors contents = read_npz(Zip().of({{"c.npy", cube}}), "f");
  CHECK(contents.tensor("c")->values == std::vector<double>{0, 1, 2, 10, 11, 12});
}

TEST_CASE("the header must fit the numbers, and the directory must fit the member") {
  const auto told = [](const std::string& data) { return refusal(Zip().of({{"z.npy", data}})); };
  const std::string two = doubles({1, 2});
  CHECK(told(npy("<f8", "False", "(3,)", two)) == "mine.npz: \"z\": the shape needs 24 bytes, but the array has 16");
  CHECK(told(npy("<f8", "False", "(1,)", two)) == "mine.npz: \"z\": the shape needs 8 bytes, but the array has 16");
  CHECK(told(npy("<f4", "False", "(2,)", two)) == "mine.npz: \"z\": the shape needs 8 bytes, but the array has 16");
  CHECK(told(npy("<f8", "False", "(2147483648, 2147483648, 4)", two)) == "mine.npz: \"z\": the shape is too large");
  CHECK(told(npy("<f8", "False", "(2147483648, 8589934592)", "")) == "mine.npz: \"z\": the shape is too large");
  CHECK(told(npy("<f8", "False", "(99999999999999999999,)", two)) ==
        "mine.npz: \"z\": the header's shape or fortran_order is wrong");
  CHECK(told(npy("<f8", "False", "(-2,)", two)) == "mine.npz: \"z\": the header's shape or fortran_order is wrong");
  CHECK(told(npy("<f8", "Perhaps", "(2,)", two)) == "mine.npz: \"z\": the header's shape or fortran_order is wrong");
  CHECK(told(npy(">f8", "False", "(2,)", two)) ==
        "mine.npz: \"z\": has numbers of type '>f8'; convert them: z.astype('<f8')");
  CHECK(told(npy("<f8", "False", "(2,)", two, std::string("\3\0", 2))) ==
        "mine.npz: \"z\": has .npy version 3; primer reads 1 and 2");
  CHECK(told(npy("<f8", "False", "(2,)", two, std::string("\0\1", 2))) ==
        "mine.npz: \"z\": has .npy version 0; primer reads 1 and 2");
  CHECK(told("not an array") == "mine.npz: \"z\": is not an .npy array");
  const std::string good = npy("<f8", "False", "(2,)", two);
  CHECK(refusal(Zip().of({{"z.npy", good}, {"z.npy", good}})) == "mine.npz: \"z\": is in the file twice");
  CHECK(refusal(Zip{.method = 12}.of({{"z.npy", good}})) ==
        "mine.npz: \"z\": is compressed; write the file with numpy.savez, not with savez_compressed");
  std::string damaged = Zip().of({{"z.npy", good}});
  damaged[damaged.find("PK\1\2") - 1] ^= 1;  // the last byte of the numbers
  CHECK(refusal(damaged) == "mine.npz: \"z\": the file is damaged");
  std::string many = Zip().of({{"z.npy", good}});
  many.replace(many.size() - 12, 2, "\xFF\xFF");
  CHECK(refusal(many) == "mine.npz: cannot be read: over 4 GiB or 65534 arrays; save fewer arrays");
  std::string far = Zip().of({{"z.npy", good}});
  far.replace(far.size() - 6, 4, "\xFF\xFF\xFF\xFF");
  CHECK(refusal(far) == "mine.npz: cannot be read: over 4 GiB or 65534 arrays; save fewer arrays");
}
