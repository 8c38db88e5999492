// The header gives the type, the shape and the range of bytes of every tensor. These ranges count from the end of the
// header, and the tensors fill the rest of the file without gaps or overlaps.
#include "primer/formats/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <istream>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "primer/formats/atomic_file.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"

namespace primer {

namespace {

constexpr std::uint64_t largest_header = 1 << 24;
constexpr std::string_view metadata_key = "__metadata__";

template <class Unsigned>
void append_little_endian(std::string& bytes, Unsigned value) {
  std::array<char, sizeof value> little;
  for (char& byte : little) {
    byte = static_cast<char>(value & 0xFF);
    value >>= 8;
  }
  bytes.append(little.data(), little.size());
}

template <class Unsigned>
Unsigned little_endian(const char* bytes) {
  Unsigned value = 0;
  for (std::size_t k = 0; k < sizeof value; ++k) value |= Unsigned{static_cast<unsigned char>(bytes[k])} << 8 * k;
  return value;
}

template <class Float, class Unsigned>
void append_values(std::string& bytes, const std::vector<double>& values) {
  constexpr auto largest = static_cast<double>(std::numeric_limits<Float>::max());
  for (const double value : values) {
    const double kept = std::abs(value) > largest ? std::copysign(INFINITY, value) : value;
    append_little_endian(bytes, std::bit_cast<Unsigned>(static_cast<Float>(kept)));
  }
}

template <class Float, class Unsigned>
std::vector<double> values_of(const std::string& bytes) {
  std::vector<double> values(bytes.size() / sizeof(Float));
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = std::bit_cast<Float>(little_endian<Unsigned>(bytes.data() + k * sizeof(Float)));
  }
  return values;
}

struct Description {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t width = 0;  // bytes of a number
  std::uint64_t begin = 0, end = 0;
};

class HeaderReader {
 public:
  HeaderReader(const std::string& file, std::uint64_t data_size) : location_{file}, data_size_(data_size) {}

  // Puts the metadata into `contents`. Returns the tensors in the order in which their bytes are in the file.
  std::vector<Description> read(std::string_view text, Safetensors& contents) const {
    if (!text.starts_with('{'))
      throw UserError(location_, "the header is not a JSON object; is it a safetensors file?");
    const json::Value header = json::parse(text, location_);
    std::vector<Description> tensors;
    for (const auto& [name, value] : std::get<json::Object>(header.data)) {
      if (name == metadata_key) {
        contents.metadata = metadata(value);
      } else {
        tensors.push_back(description(name, value));
      }
    }
    check_layout(tensors);
    return tensors;
  }

 private:
  [[noreturn]] void fail(const std::string& name, std::string_view text) const {
    throw UserError(location_, "tensor ", in_quotes(name), ": ", text);
  }

  template <typename T>
  const T& as(const json::Value& value, const std::string& what, std::string_view wanted) const {
    if (const auto* const held = std::get_if<T>(&value.data)) return *held;
    throw UserError(location_, what, " must be ", wanted);
  }

  std::vector<std::pair<std::string, std::string>> metadata(const json::Value& value) const {
    std::vector<std::pair<std::string, std::string>> strings;
    for (const auto& [key, text] : as<json::Object>(value, "__metadata__", "a JSON object")) {
      strings.emplace_back(key, as<std::string>(text, "the metadata " + in_quotes(key), "a string"));
    }
    return strings;
  }

  Description description(const std::string& name, const json::Value& value) const {
    const std::string tensor = "tensor " + in_quotes(name);
    const json::Value* parts[3] = {};
    for (const auto& [key, part] : as<json::Object>(value, tensor + ": the description", "a JSON object")) {
      const int k = key == "dtype" ? 0 : key == "shape" ? 1 : key == "data_offsets" ? 2 : -1;
      if (k < 0) fail(name, concat("the key ", in_quotes(key), " is unknown"));
      parts[k] = &part;
    }
    if (!parts[0] || !parts[1] || !parts[2]) fail(name, "the description needs dtype, shape and data_offsets");
    const auto& dtype = as<std::string>(*parts[0], tensor + ": the dtype", "a string");
    if (dtype != "F64" && dtype != "F32") {
      fail(name, concat("dtype ", in_quotes(dtype), " is not supported; convert the tensor to F64 or F32"));
    }
    Description result{name, {}, dtype == "F64" ? sizeof(double) : sizeof(float)};
    for (const std::uint64_t extent : sizes(tensor + ": shape", *parts[1])) result.shape.push_back(extent);
    const std::vector<std::uint64_t> offsets = sizes(tensor + ": data_offsets", *parts[2]);
    if (offsets.size() != 2) fail(name, "data_offsets must be two numbers");
    result.begin = offsets[0];
    result.end = offsets[1];
    check_size(result);
    return result;
  }

  std::vector<std::uint64_t> sizes(const std::string& what, const json::Value& value) const {
    std::vector<std::uint64_t> result;
    constexpr std::string_view wanted = "an array of integers from 0 on";
    for (const json::Value& element : as<json::Array>(value, what, wanted)) {
      const std::int64_t size = as<std::int64_t>(element, what, wanted);
      if (size < 0) throw UserError(location_, what, " must be ", wanted);
      result.push_back(static_cast<std::uint64_t>(size));
    }
    return result;
  }

  void check_size(const Description& tensor) const {
    std::uint64_t bytes = tensor.width;
    for (const std::uint64_t extent : tensor.shape) {
      if (extent > 0 && bytes > std::numeric_limits<std::uint64_t>::max() / extent)
        fail(tensor.name, "the shape is too large");
      bytes *= extent;
    }
    if (tensor.end < tensor.begin || tensor.end - tensor.begin != bytes) {
      fail(tensor.name,
           concat("the shape needs ", bytes, " bytes, but data_offsets are ", tensor.begin, " to ", tensor.end));
    }
    if (tensor.end > data_size_) {
      fail(tensor.name, concat("ends at byte ", tensor.end, " of the data, but the data has only ", data_size_,
                               " bytes; the file is cut short"));
    }
  }

  // Sorts the tensors by their position in the file, and refuses overlaps and gaps.
  void check_layout(std::vector<Description>& tensors) const {
    std::ranges::stable_sort(tensors, {}, [](const Description& t) { return std::pair(t.begin, t.end); });
    std::uint64_t end = 0;
    for (const Description& tensor : tensors) {
      if (tensor.begin < end) fail(tensor.name, "its bytes overlap those of another tensor");
      if (tensor.begin > end) fail(tensor.name, "the bytes before it do not belong to a tensor");
      end = tensor.end;
    }
    if (end < data_size_) {
      throw UserError(location_, data_size_ - end, " bytes at the end do not belong to a tensor");
    }
  }

  Location location_;
  std::uint64_t data_size_;
};

void refuse_non_finite(const NamedTensor& tensor, const std::string& file) {
  const auto found = std::ranges::find_if_not(tensor.values, [](double v) { return std::isfinite(v); });
  if (found == tensor.values.end()) return;
  const auto at = static_cast<std::size_t>(found - tensor.values.begin());
  throw UserError({file}, "tensor ", in_quotes(tensor.name), ": number ", at + 1, " of ", tensor.values.size(), " is ",
                  number(*found));
}

std::string read_bytes(std::istream& stream, std::uint64_t count, const std::string& file) {
  std::string bytes(count, '\0');
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(count))) {
    throw RuntimeError({file}, "cannot be read");
  }
  return bytes;
}

std::uint64_t size_of(std::istream& stream, const std::string& file) {
  const auto end = stream.seekg(0, std::ios::end).tellg();
  if (end < 0 || !stream.seekg(0)) throw UserError({file}, "is not a regular file");
  return static_cast<std::uint64_t>(end);
}

std::string header_text(const Safetensors& contents, Dtype dtype) {
  using Members = std::vector<std::pair<std::string, std::string>>;
  Members header;
  if (!contents.metadata.empty()) {
    Members strings;
    for (const auto& [key, value] : contents.metadata) strings.emplace_back(key, json::quote(value));
    header.emplace_back(metadata_key, json::object(strings));
  }
  const auto text_of = [](std::size_t size) { return std::to_string(size); };
  std::size_t offset = 0;
  for (const NamedTensor& tensor : contents.tensors) {
    const std::size_t count =
        std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::size_t{1}, std::multiplies<>());
    if (count != tensor.values.size())
      throw std::logic_error("cannot write tensor " + tensor.name + ": its shape needs more or fewer values");
    const std::size_t end = offset + count * (dtype == Dtype::F64 ? sizeof(double) : sizeof(float));
    const Members description{{"dtype", dtype == Dtype::F64 ? "\"F64\"" : "\"F32\""},
                              {"shape", json::array(tensor.shape, text_of)},
                              {"data_offsets", json::array(std::array{offset, end}, text_of)}};
    header.emplace_back(tensor.name, json::object(description));
    offset = end;
  }
  std::string text = json::object(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

const NamedTensor* Safetensors::tensor(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

const std::string* Safetensors::metadatum(std::string_view key) const {
  const auto found = std::ranges::find(metadata, key, &std::pair<std::string, std::string>::first);
  return found == metadata.end() ? nullptr : &found->second;
}

std::string safetensors_bytes(const Safetensors& contents, Dtype dtype) {
  const std::string header = header_text(contents, dtype);
  if (header.size() > largest_header)
    throw RuntimeError("the header is larger than 16 MiB; shorten metadata or tensor names");
  std::string bytes;
  append_little_endian(bytes, std::uint64_t{header.size()});
  bytes += header;
  for (const NamedTensor& tensor : contents.tensors) {
    if (dtype == Dtype::F64) append_values<double, std::uint64_t>(bytes, tensor.values);
    if (dtype == Dtype::F32) append_values<float, std::uint32_t>(bytes, tensor.values);
  }
  return bytes;
}

void write_safetensors(const std::string& path, const Safetensors& contents, Dtype dtype) {
  write_file_atomically(path, safetensors_bytes(contents, dtype));
}

Safetensors read_safetensors(const std::string& path, NonFinite non_finite) {
  std::ifstream file = open_input(path);
  return read_safetensors(file, path, non_finite);
}

Safetensors read_safetensors(std::istream& stream, const std::string& file, NonFinite non_finite) {
  const std::uint64_t size = size_of(stream, file);
  if (size < 8) throw UserError({file}, "is not a safetensors file, because it has only ", size, " bytes");
  const std::string first = read_bytes(stream, 8, file);
  const auto header_size = little_endian<std::uint64_t>(first.data());
  if (std::ranges::all_of(first,
                          [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; })) {
    throw UserError({file}, "is text and not a safetensors file; check the order of the arguments");
  }
  if (header_size > largest_header) {
    throw UserError({file}, "the header has ", header_size, " bytes, more than the limit of ", largest_header,
                    "; is it a safetensors file?");
  }
  if (header_size > size - 8) throw UserError({file}, "ends within its header; the file is cut short");
  const std::string header = read_bytes(stream, header_size, file);
  Safetensors contents;
  for (Description& tensor : HeaderReader(file, size - 8 - header_size).read(header, contents)) {
    const std::string bytes = read_bytes(stream, tensor.end - tensor.begin, file);
    std::vector<double> values = tensor.width == sizeof(double) ? values_of<double, std::uint64_t>(bytes)
                                                                : values_of<float, std::uint32_t>(bytes);
    contents.tensors.push_back({std::move(tensor.name), std::move(tensor.shape), std::move(values)});
    if (non_finite == NonFinite::refused) refuse_non_finite(contents.tensors.back(), file);
  }
  return contents;
}

}  // namespace primer
