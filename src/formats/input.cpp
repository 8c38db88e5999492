// Opens and reads files. If this fails, the error message names the file and the reason.
#include "primer/formats/input.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "primer/formats/error.hpp"

namespace primer {

std::ifstream open_input(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw UserError({path}, "is a folder; name a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError({path}, "cannot be opened: ", std::generic_category().message(errno));
  return file;
}

std::string read_input(const std::string& path, std::size_t limit) {
  std::ifstream file = open_input(path);
  std::string bytes;
  std::string chunk(1 << 16, '\0');
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    bytes.append(chunk, 0, static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > limit) {
      throw UserError({path}, "is larger than ", limit, " bytes; is it the right file?");
    }
  }
  if (file.bad()) throw RuntimeError({path}, "cannot be read");
  return bytes;
}

StandardInput::int_type StandardInput::underflow() {
  ssize_t size = 0;
  do {
    size = read(STDIN_FILENO, bytes_.data(), bytes_.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) throw RuntimeError({"standard input"}, "cannot be read: ", std::generic_category().message(errno));
  setg(bytes_.data(), bytes_.data(), bytes_.data() + size);
  return size == 0 ? traits_type::eof() : traits_type::to_int_type(bytes_[0]);
}

}  // namespace primer
