// A zip file ends with a directory: for each contained file, a record with its name, its sizes and the position of its
// bytes. In an .npz file, every contained file is an .npy file: a magic number, the length of the header, the header as
// a Python dictionary, the numbers. Formats: PKWARE's APPNOTE 4.3 and 4.5.3 (64-bit sizes); numpy.lib.format.
#include "primer/formats/npz.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>

#include "primer/formats/input.hpp"

namespace primer {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 31;
// If a size or an offset in a zip record is 0xFFFFFFFF, the extra field of the record has the real value in 64 bits.
constexpr std::uint32_t in_64_bits = 0xFFFFFFFF;

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

// Reads numbers and texts from a part of the file; at_ is the position of the next read.
class Bytes {
 public:
  Bytes(std::string_view bytes, Location location) : bytes_(bytes), location_(std::move(location)) {}

  std::string_view text(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail("the file is cut short or damaged");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  template <class Unsigned>
  Unsigned number() {
    Unsigned value = 0;
    const std::string_view little = text(sizeof value);
    for (std::size_t k = 0; k < sizeof value; ++k) {
      value = static_cast<Unsigned>(value | Unsigned{static_cast<unsigned char>(little[k])} << 8 * k);
    }
    return value;
  }
  Bytes part(std::uint64_t count) { return {text(count), location_}; }
  void go_to(std::uint64_t place) {
    if (place > bytes_.size()) fail("the file is cut short or damaged");
    at_ = place;
  }
  std::string_view rest() const { return bytes_.substr(at_); }
  template <typename... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw UserError(location_, parts...);
  }

 private:
  std::string_view bytes_;
  Location location_;
  std::size_t at_ = 0;
};

// What the list at the end of a zip file says about one of the files in the zip.
struct Member {
  std::string name;
  std::uint16_t method;
  std::uint32_t crc;
  std::uint64_t packed, size, begin;
};

Member read_member(Bytes& zip) {
  if (zip.text(4) != "PK\1\2") zip.fail("the directory of the zip is damaged");
  zip.text(6);
  Member member{};
  member.method = zip.number<std::uint16_t>();
  zip.text(4);
  member.crc = zip.number<std::uint32_t>();
  member.packed = zip.number<std::uint32_t>();
  member.size = zip.number<std::uint32_t>();
  const auto name = zip.number<std::uint16_t>(), extra = zip.number<std::uint16_t>(),
             note = zip.number<std::uint16_t>();
  zip.text(8);
  member.begin = zip.number<std::uint32_t>();
  member.name = zip.text(name);
  Bytes fields = zip.part(extra);
  zip.text(note);
  while (fields.rest().size() >= 4) {
    const auto id = fields.number<std::uint16_t>(), length = fields.number<std::uint16_t>();
    Bytes field = fields.part(length);
    if (id != 1) continue;
    for (std::uint64_t* const size : {&member.size, &member.packed, &member.begin}) {
      if (*size == in_64_bits) *size = field.number<std::uint64_t>();
    }
  }
  return member;
}

std::vector<Member> read_directory(Bytes& zip, std::string_view bytes) {
  constexpr std::size_t length = 22;  // size of a zip file's last record (bytes); only a comment may follow this record
  const std::size_t end = bytes.size() < length ? std::string_view::npos : bytes.rfind("PK\5\6", bytes.size() - length);
  if (!bytes.starts_with("PK") || end == std::string_view::npos) {
    zip.fail(bytes.starts_with("\x93NUMPY") ? "is a single .npy array; write all arrays with numpy.savez"
                                            : "is not an .npz file; write it with numpy.savez");
  }
  zip.go_to(end + 10);
  std::uint64_t count = zip.number<std::uint16_t>();
  zip.text(4);
  std::uint64_t begin = zip.number<std::uint32_t>();
  if (begin == in_64_bits || count == 0xFFFF) zip.fail("cannot be read: over 4 GiB or 65534 arrays; save fewer arrays");
  zip.go_to(begin);
  std::vector<Member> members;
  while (count-- > 0) members.push_back(read_member(zip));
  return members;
}

// `header` is the text of a Python dictionary. Returns the text of the value of `key`, or "" if `key` is absent.
std::string_view entry(std::string_view header, std::string_view key) {
  const std::size_t at = header.find("'" + std::string(key) + "':");
  if (at == std::string_view::npos) return {};
  std::string_view value = header.substr(at + key.size() + 3);
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value.substr(0, value.starts_with('(') ? value.find(')') + 1 : value.find_first_of(",}"));
}

std::optional<std::vector<std::size_t>> shape_of(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return {};
  std::vector<std::size_t> shape;
  bool in_number = false;
  for (const char c : text.substr(1, text.size() - 2)) {
    if (c >= '0' && c <= '9') {
      if (!in_number) shape.push_back(0);
      if (shape.back() > largest_file) return {};
      shape.back() = shape.back() * 10 + static_cast<std::size_t>(c - '0');
    } else if (c != ',' && c != ' ') {
      return {};
    }
    in_number = c >= '0' && c <= '9';
  }
  return shape;
}

// The row-major index of the k-th number of an array in Fortran order, where the first index changes fastest.
std::size_t index_of(std::size_t k, const std::vector<std::size_t>& shape) {
  std::size_t index = 0;
  for (const std::size_t extent : shape) {
    index = index * extent + k % extent;
    k /= extent;
  }
  return index;
}

NamedTensor read_array(std::string name, Bytes npy) {
  if (npy.text(6) != "\x93NUMPY") npy.fail("is not an .npy array");
  const auto major = npy.number<std::uint8_t>();
  npy.text(1);
  if (major != 1 && major != 2) npy.fail("has .npy version ", std::uint64_t{major}, "; primer reads 1 and 2");
  const std::uint32_t length = major == 1 ? npy.number<std::uint16_t>() : npy.number<std::uint32_t>();
  const std::string_view header = npy.text(length);
  const std::string_view type = entry(header, "descr"), order = entry(header, "fortran_order");
  const auto shape = shape_of(entry(header, "shape"));
  if (type != "'<f8'" && type != "'<f4'") {
    npy.fail("has numbers of type ", printable(type), "; convert them: ", printable(name), ".astype('<f8')");
  }
  if (!shape || (order != "True" && order != "False")) npy.fail("the header's shape or fortran_order is wrong");
  const std::size_t width = type == "'<f8'" ? sizeof(double) : sizeof(float);
  std::uint64_t count = 1;
  for (const std::size_t extent : *shape) {
    if (extent > 0 && count > largest_file / extent) npy.fail("the shape is too large");
    count *= extent;
  }
  if (npy.rest().size() != count * width) {
    npy.fail("the shape needs ", count * width, " bytes, but the array has ", std::uint64_t{npy.rest().size()});
  }
  NamedTensor tensor{std::move(name), *shape, std::vector<double>(count)};
  for (std::size_t k = 0; k < count; ++k) {
    tensor.values[order == "True" ? index_of(k, *shape) : k] =
        width == sizeof(double) ? std::bit_cast<double>(npy.number<std::uint64_t>())
                                : static_cast<double>(std::bit_cast<float>(npy.number<std::uint32_t>()));
  }
  return tensor;
}

}  // namespace

Safetensors read_npz(const std::string& path) { return read_npz(read_input(path, largest_file), path); }

Safetensors read_npz(std::string_view bytes, const std::string& file) {
  Bytes zip(bytes, {file});
  Safetensors contents;
  for (Member& member : read_directory(zip, bytes)) {
    if (member.name.ends_with(".npy")) member.name.resize(member.name.size() - 4);
    const Location location{file + ": " + in_quotes(member.name)};
    if (member.method != 0) {
      throw UserError(location, "is compressed; write the file with numpy.savez, not with savez_compressed");
    }
    Bytes local(bytes, location);
    local.go_to(member.begin);
    if (local.text(4) != "PK\3\4") local.fail("is not at its place in the zip; the file is damaged");
    local.text(22);
    const auto name = local.number<std::uint16_t>(), extra = local.number<std::uint16_t>();
    local.text(std::uint64_t{name} + extra);
    const std::string_view data = local.text(member.size);
    if (member.packed != member.size || crc32(data) != member.crc) local.fail("the file is damaged");
    if (contents.tensor(member.name)) local.fail("is in the file twice");
    contents.tensors.push_back(read_array(member.name, Bytes(data, location)));
  }
  return contents;
}

}  // namespace primer
