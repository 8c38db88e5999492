// Opening the files that the user names.
#include "primer/formats/input.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "primer/formats/error.hpp"

namespace primer {

std::ifstream open_input(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw UserError({path}, "is a folder; name a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError({path}, "cannot be opened: " + std::generic_category().message(errno));
  return file;
}

std::string read_input(const std::string& path, std::size_t limit) {
  std::ifstream file = open_input(path);
  std::string bytes;
  std::string chunk(1 << 16, '\0');
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    bytes.append(chunk, 0, static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > limit) {
      throw UserError({path}, "is larger than " + std::to_string(limit) + " bytes; is it the right file?");
    }
  }
  if (file.bad()) throw RuntimeError(to_string(Location{path}) + ": cannot be read");
  return bytes;
}

}  // namespace primer
