#include "primer/formats/safetensors.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "primer/formats/json.hpp"

using namespace primer;

namespace {

Safetensors read(const std::string& bytes, NonFinite non_finite = NonFinite::refused) {
  std::istringstream stream(bytes);
  return read_safetensors(stream, "f", non_finite);
}

// A file with this header, padded to 8 bytes, and `data` bytes of zeros.
std::string file(std::string header, std::size_t data) {
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string bytes;
  for (std::size_t k = 0; k < 8; ++k) bytes += static_cast<char>(header.size() >> 8 * k & 0xFF);
  return bytes + header + std::string(data, '\0');
}

std::string complaint_about_bytes(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

std::string complaint(const std::string& header, std::size_t data) { return complaint_about_bytes(file(header, data)); }

// The header of a file with the tensor t only.
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"t":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}}";
}

const Safetensors sample = {{{"w", {2, 3}, {0.1, -0.0, 3, 1e-310, 5e300, 6}}, {"b", {}, {7}}, {"none", {0, 4}, {}}},
                            {{"primer", "1"}, {"σ", "a \"b\"\n"}}};

}  // namespace

TEST_CASE("a written file reads back as the same names, shapes, bits and metadata") {
  const Safetensors back = read(safetensors_bytes(sample, Dtype::F64));
  REQUIRE(back.tensors.size() == 3);
  for (std::size_t t = 0; t < 3; ++t) {
    CHECK(back.tensors[t].name == sample.tensors[t].name);
    CHECK(back.tensors[t].shape == sample.tensors[t].shape);
    REQUIRE(back.tensors[t].values.size() == sample.tensors[t].values.size());
    for (std::size_t k = 0; k < back.tensors[t].values.size(); ++k) {
      CHECK(std::bit_cast<std::uint64_t>(back.tensors[t].values[k]) ==
            std::bit_cast<std::uint64_t>(sample.tensors[t].values[k]));
    }
  }
  CHECK(back.metadata == sample.metadata);
  CHECK(back.tensor("b")->values[0] == 7);
  CHECK(back.tensor("x") == nullptr);
  CHECK(*back.metadatum("primer") == "1");
  CHECK(back.metadatum("x") == nullptr);
}

TEST_CASE("the bytes are those of the format: header size, header in the given order, little-endian numbers") {
  const std::string bytes = safetensors_bytes({{{"w", {1, 2}, {1, -2}}, {"b", {1}, {0.5}}}, {{"k", "v"}}}, Dtype::F64);
  const std::string header = R"({"__metadata__":{"k":"v"},"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]},)"
                             R"("b":{"dtype":"F64","shape":[1],"data_offsets":[16,24]}})";
  using namespace std::string_literals;
  CHECK(bytes == file(header, 0) + "\0\0\0\0\0\0\xF0\x3F"s + "\0\0\0\0\0\0\0\xC0"s + "\0\0\0\0\0\0\xE0\x3F"s);
  const std::string single = safetensors_bytes({{{"w", {1}, {0.1}}}, {}}, Dtype::F32);
  CHECK(single == file(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 0) + "\xCD\xCC\xCC\x3D"s);
  CHECK(safetensors_bytes({}, Dtype::F64) == file("{}", 0));
}

TEST_CASE("a float's value survives F32") {
  const Safetensors back = read(safetensors_bytes({{{"w", {2}, {0.1f, 1e-45f}}}, {}}, Dtype::F32));
  CHECK(back.tensors[0].values == std::vector<double>{0.1f, 1e-45f});
}

TEST_CASE("F32 makes a value beyond the largest float infinite and keeps the largest float") {
  const double inf = std::numeric_limits<double>::infinity();
  const double largest = 0x1.fffffep127;
  const std::string bytes = safetensors_bytes({{{"w", {5}, {1e300, -1e300, largest, -largest, -inf}}}, {}}, Dtype::F32);
  CHECK(read(bytes, NonFinite::allowed).tensors[0].values == std::vector<double>{inf, -inf, largest, -largest, -inf});
}

TEST_CASE("tensors are read in the order of their bytes, whatever the header's order and spaces") {
  const Safetensors back = read(
      file("{ \"b\": {\"data_offsets\": [4, 12], \"shape\": [1], \"dtype\": \"F64\"},\n \"a\": {\"dtype\": \"F32\", "
           "\"shape\": [1], \"data_offsets\": [0, 4]}}",
           12));
  REQUIRE(back.tensors.size() == 2);
  CHECK(back.tensors[0].name == "a");
  CHECK(back.tensors[1].name == "b");
}

TEST_CASE("a file that is cut short or is not a safetensors file is refused") {
  CHECK(complaint_about_bytes("") == "f: is not a safetensors file, because it has only 0 bytes");
  CHECK(complaint_about_bytes("a,b\n1,2\n1,2\n") ==
        "f: is text and not a safetensors file; check the order of the arguments");
  CHECK(complaint_about_bytes(std::string("\0\0\0\2\0\0\0\0{}", 10)) ==  // 2²⁵
        "f: the header has 33554432 bytes, more than the limit of 16777216; is it a safetensors file?");
  const std::string bytes = safetensors_bytes(sample, Dtype::F64);
  CHECK(complaint_about_bytes(bytes.substr(0, 20)) == "f: ends within its header; the file is cut short");
  CHECK(complaint_about_bytes(bytes.substr(0, bytes.size() - 1)) ==
        "f: tensor \"b\": ends at byte 56 of the data, but the data has only 55 bytes; the file is cut short");
  CHECK(complaint_about_bytes(bytes + "x") == "f: 1 bytes at the end do not belong to a tensor");
  CHECK(complaint("[]", 0) == "f: the header is not a JSON object; is it a safetensors file?");
  CHECK(complaint("", 0) == "f: the header is not a JSON object; is it a safetensors file?");
  CHECK(complaint("{\"t\":", 0) == "f: not JSON at byte 9: expected a value");
  CHECK(complaint(R"({"a":{},"a":{}})", 0) == "f: the key \"a\" occurs twice");
}

TEST_CASE("the description of a tensor in the header is checked, and errors name the tensor") {
  CHECK(complaint(one("F64", "2", "0,16"), 16) == "accepted");
  CHECK(complaint(R"({"t":1})", 0) == "f: tensor \"t\": the description must be a JSON object");
  CHECK(complaint(R"({"t":{"dtype":"F64","shape":[]}})", 0) ==
        "f: tensor \"t\": the description needs dtype, shape and data_offsets");
  CHECK(complaint(R"({"t":{"kind":"F64"}})", 0) == "f: tensor \"t\": the key \"kind\" is unknown");
  CHECK(complaint(R"({"t":{"dtype":1,"shape":[],"data_offsets":[0,8]}})", 8) ==
        "f: tensor \"t\": the dtype must be a string");
  CHECK(complaint(one("BF16", "4", "0,8"), 8) ==
        "f: tensor \"t\": dtype \"BF16\" is not supported; convert the tensor to F64 or F32");
  CHECK(complaint(R"({"t":{"dtype":"F64","shape":1,"data_offsets":[0,8]}})", 8) ==
        "f: tensor \"t\": shape must be an array of integers from 0 on");
  CHECK(complaint(one("F64", "-1", "0,8"), 8) == "f: tensor \"t\": shape must be an array of integers from 0 on");
  CHECK(complaint(one("F64", "1.5", "0,8"), 8) == "f: tensor \"t\": shape must be an array of integers from 0 on");
  CHECK(complaint(one("F64", "1", "0"), 8) == "f: tensor \"t\": data_offsets must be two numbers");
  CHECK(complaint(one("F64", "4294967296,4294967296", "0,0"), 0) == "f: tensor \"t\": the shape is too large");
  CHECK(complaint(one("F64", "2", "0,8"), 8) ==
        "f: tensor \"t\": the shape needs 16 bytes, but data_offsets are 0 to 8");
  CHECK(complaint(one("F64", "1", "8,0"), 8) ==
        "f: tensor \"t\": the shape needs 8 bytes, but data_offsets are 8 to 0");
  CHECK(
      complaint(one("F64", "1000000000000", "0,8000000000000"), 8) ==
      "f: tensor \"t\": ends at byte 8000000000000 of the data, but the data has only 8 bytes; the file is cut short");
}

TEST_CASE("gaps, overlaps and trailing bytes are refused") {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[)" + a +
           R"(]},"b":{"dtype":"F64","shape":[1],"data_offsets":[)" + b + "]}}";
  };
  CHECK(complaint(two("8,16", "0,8"), 16) == "accepted");
  CHECK(complaint(two("0,8", "4,12"), 16) == "f: tensor \"b\": its bytes overlap those of another tensor");
  CHECK(complaint(two("0,8", "0,8"), 8) == "f: tensor \"b\": its bytes overlap those of another tensor");
  CHECK(complaint(two("0,8", "16,24"), 24) == "f: tensor \"b\": the bytes before it do not belong to a tensor");
  CHECK(complaint(two("0,8", "8,16"), 24) == "f: 8 bytes at the end do not belong to a tensor");
  CHECK(complaint("{}", 8) == "f: 8 bytes at the end do not belong to a tensor");
}

TEST_CASE("metadata must be strings") {
  CHECK(complaint(R"({"__metadata__":[]})", 0) == "f: __metadata__ must be a JSON object");
  CHECK(complaint(R"({"__metadata__":{"k":1}})", 0) == "f: the metadata \"k\" must be a string");
}

TEST_CASE("numbers that are not finite are refused by name unless they are allowed") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::string bytes = safetensors_bytes({{{"w", {3}, {1, -inf, std::nan("")}}}, {}}, Dtype::F64);
  CHECK(complaint_about_bytes(bytes) == "f: tensor \"w\": number 2 of 3 is -inf");
  const Safetensors back = read(bytes, NonFinite::allowed);
  CHECK(back.tensors[0].values[1] == -inf);
  CHECK(std::isnan(back.tensors[0].values[2]));
}

TEST_CASE("values that do not fill the shape are an error of the program") {
  CHECK_THROWS_AS(safetensors_bytes({{{"w", {2, 2}, {1, 2, 3}}}, {}}, Dtype::F64), std::logic_error);
}

TEST_CASE("a file on disk is written and read, and a missing one is named") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("primer_test_" + std::to_string(getpid()) + ".safetensors")).string();
  write_safetensors(path, sample, Dtype::F64);
  CHECK(read_safetensors(path).metadata == sample.metadata);
  std::filesystem::remove(path);
  CHECK_THROWS_WITH_AS(read_safetensors(path), (path + ": cannot be opened: No such file or directory").c_str(),
                       UserError);
}

TEST_CASE("a header of 16 MiB is allowed, and the claim of a larger one is refused before it is read") {
  const auto claimed = [](std::uint64_t size, std::size_t rest) {
    std::string bytes;
    for (std::size_t k = 0; k < 8; ++k) bytes += static_cast<char>(size >> 8 * k & 0xFF);
    return complaint_about_bytes(bytes + std::string(rest, ' '));
  };
  CHECK(claimed(16'777'217, 0).find("16777216") != std::string::npos);
  CHECK(claimed(16'777'216, 0).find("cut short") != std::string::npos);
  CHECK(claimed(8, 7).find("cut short") != std::string::npos);
  CHECK(claimed(8, 8).find("JSON object") != std::string::npos);
  const std::string header = "{}" + std::string(16'777'214, ' ');
  CHECK(complaint(header, 0) == "accepted");
}

TEST_CASE("sizes are checked without overflow, and an extent of 0 makes a tensor of no bytes") {
  CHECK(complaint(one("F64", "0", "0,0"), 0) == "accepted");
  CHECK(complaint(one("F64", "0,3", "0,0"), 0) == "accepted");
  CHECK(complaint(one("F64", "0,3", "0,8"), 8) != "accepted");
  CHECK(complaint(one("F32", "3", "0,12"), 12) == "accepted");
  CHECK(complaint(one("F32", "3", "0,24"), 24) != "accepted");
  CHECK(complaint(one("F64", "2,3", "0,48"), 48) == "accepted");
  CHECK(complaint(one("F64", "2,3", "0,40"), 40) != "accepted");
  CHECK(complaint(one("F64", "1152921504606846976,2", "0,0"), 0).find("too large") != std::string::npos);
  CHECK(complaint(one("F64", "2", "0,16"), 15) != "accepted");
  CHECK(complaint(one("F64", "1", "0,8,16"), 16) != "accepted");
}

TEST_CASE("single precision is read bit for bit, and the header is padded to eight bytes") {
  const std::vector<double> values{1.5, -0.0, 3.4028234663852886e38, 1e-45f, -2.25};
  const Safetensors back = read(safetensors_bytes({{{"a", {5}, values}, {"b", {2}, {7, 8}}}, {}}, Dtype::F32));
  CHECK(back.tensors[0].values == values);
  CHECK(std::signbit(back.tensors[0].values[1]));
  CHECK(back.tensors[1].values == std::vector<double>{7, 8});
  for (std::size_t n = 1; n < 20; ++n) {
    const std::string bytes = safetensors_bytes({{{std::string(n, 'x'), {1}, {1}}}, {}}, Dtype::F64);
    CHECK(static_cast<unsigned char>(bytes[0]) % 8 == 0);
    const std::size_t needed = n + std::string(R"({"":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})").size();
    CHECK(bytes.size() == 8 + (needed + 7) / 8 * 8 + 8);
  }
}

TEST_CASE("a description lacks any of its three parts") {
  const std::vector<std::string> parts{R"("dtype":"F64")", R"("shape":[1])", R"("data_offsets":[0,8])"};
  for (std::size_t left_out = 0; left_out < 3; ++left_out) {
    std::string header = R"({"t":{)", comma;
    for (std::size_t k = 0; k < 3; ++k) {
      if (k == left_out) continue;
      header += comma + parts[k];
      comma = ",";
    }
    CHECK(complaint(header + "}}", 8) == "f: tensor \"t\": the description needs dtype, shape and data_offsets");
  }
  CHECK(complaint(one("F64", "2305843009213693951", "0,0"), 0) ==  // 8 bytes each are almost 2⁶⁴
        "f: tensor \"t\": the shape needs 18446744073709551608 bytes, but data_offsets are 0 to 0");
  CHECK(complaint(one("F64", "2305843009213693952", "0,0"), 0) == "f: tensor \"t\": the shape is too large");
}

TEST_CASE("a file that begins with text is recognised by its first eight bytes") {
  const std::string text = "f: is text and not a safetensors file; check the order of the arguments";
  for (const std::string begin : {"ab cd ef", "~~~~~~~~", "a\nb\nc\nd\n", "a\r\rbbbbb", "a\tb\tc\td\t", "        "}) {
    CAPTURE(begin);
    CHECK(complaint_about_bytes(begin) == text);
    for (const char other : {'\x1F', '\x7F', '\x01', '\x80', '\xFF'}) {
      CHECK(complaint_about_bytes(begin.substr(0, 7) + other) != text);
    }
  }
  CHECK(complaint_about_bytes("abcdefgh\x01") == text);
  for (std::size_t size = 0; size < 8; ++size) {
    CHECK(complaint_about_bytes(std::string(size, 'a')) ==
          "f: is not a safetensors file, because it has only " + std::to_string(size) + " bytes");
  }
}

TEST_CASE("a stream that cannot go back is not a file") {
  struct Pipe : std::streambuf {
  } pipe;
  std::istream stream(&pipe);
  CHECK_THROWS_WITH_AS(read_safetensors(stream, "f", NonFinite::refused), "f: is not a regular file", UserError);
}

TEST_CASE("a header of exactly 16 MiB is written, and a larger one is refused") {
  constexpr std::size_t most = std::size_t{1} << 24;
  const std::size_t rest = std::string(R"({"__metadata__":{"k":""}})").size();
  const auto with = [](std::size_t size) { return Safetensors{{}, {{"k", std::string(size, 'x')}}}; };
  CHECK(safetensors_bytes(with(most - rest), Dtype::F64).size() == 8 + most);
  CHECK_THROWS_WITH_AS(safetensors_bytes(with(most - rest + 1), Dtype::F64),
                       "the header is larger than 16 MiB; shorten metadata or tensor names", RuntimeError);
}

TEST_CASE("a tensor without bytes comes before another tensor that begins at the same byte") {
  const Safetensors back = read(file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
                                     R"("none":{"dtype":"F64","shape":[0],"data_offsets":[4,4]},)"
                                     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                                     8));
  REQUIRE(back.tensors.size() == 3);
  CHECK(back.tensors[0].name + back.tensors[1].name + back.tensors[2].name == "bnonea");
}
