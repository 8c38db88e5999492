// Writes a temporary file, calls fsync(file), renames the file, and calls fsync(folder). With this order, POSIX leaves
// either the whole new file or the whole old file after a crash.
#include "primer/formats/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"

namespace primer {

namespace {

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw RuntimeError({path}, "cannot be written: ", why);
}

[[noreturn]] void fail(const std::string& path, int error) { fail(path, std::generic_category().message(error)); }

void refuse_folder_or_device(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode)) return;  // `path` is a file or unused: allowed
  fail(path, S_ISDIR(found.st_mode) ? "a folder has this name" : "a device has this name");
}

// The temporary file; the destructor removes it unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const std::string& path) : final_(path), path_(path + '.' + std::to_string(getpid()) + ".tmp") {
    unlink(path_.c_str());
    file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file_ < 0) fail(final_, errno);
  }
  ~Temporary() {
    if (file_ >= 0) close(file_);
    if (!path_.empty()) unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(final_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to_final() {
    if (fsync(file_) != 0) fail(final_, errno);
    const int file = file_;
    file_ = -1;
    if (close(file) != 0) fail(final_, errno);
    if (std::rename(path_.c_str(), final_.c_str()) != 0) fail(final_, errno);
    path_.clear();
  }

 private:
  std::string final_;
  std::string path_;
  int file_ = -1;
};

// Forces the folder to the disk, so that the new name of the renamed file survives a power cut. Errors are ignored:
// some file systems cannot force a folder to the disk, and the bytes of the file are already there.
void sync_folder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  fsync(file);
  close(file);
}

}  // namespace

void write_file_atomically(const std::string& path, std::string_view bytes) {
  refuse_folder_or_device(path);
  Temporary temporary(path);
  temporary.write(bytes);
  temporary.rename_to_final();
  sync_folder(path);
}

void refuse_foreign_file(const std::string& path, std::string_view mark, const char* what) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return;
  std::ifstream file = open_input(path);
  std::string begin(1 << 14, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(file.gcount()));
  if (begin.empty() || begin.find(mark) != begin.npos) return;
  throw UserError({path}, "was not written by primer, so it is not overwritten; choose another ", what);
}

}  // namespace primer
