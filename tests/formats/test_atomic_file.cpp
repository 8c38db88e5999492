#include "primer/formats/atomic_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"

using namespace primer;
namespace fs = std::filesystem;

namespace {

// An empty folder for one test.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("primer_atomic_file_" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() {
    fs::permissions(path, fs::perms::owner_all);
    fs::remove_all(path);
  }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::ptrdiff_t entries() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
};

std::string complaint(const std::string& path, const std::string& bytes) {
  try {
    write_file_atomically(path, bytes);
  } catch (const RuntimeError& failure) {
    return failure.what();
  }
  return "written";
}

}  // namespace

TEST_CASE("a file is written and replaced as a whole, and no other file remains beside it") {
  const Folder folder;
  const std::string bytes(3'000'000, 'x');
  write_file_atomically(folder / "a", bytes);
  CHECK(read_input(folder / "a", bytes.size()) == bytes);
  write_file_atomically(folder / "a", "");
  CHECK(read_input(folder / "a", 10).empty());
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk leaves the old file unchanged and no temporary file") {
  const Folder folder;
  write_file_atomically(folder / "a", "old");
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{100'000, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string text = complaint(folder / "a", std::string(200'000, 'x'));
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, previous);
  CHECK(text == (folder / "a") + ": cannot be written: File too large");
  CHECK(read_input(folder / "a", 10) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a folder that is read-only or missing is refused by name") {
  const Folder folder;
  CHECK(complaint(folder / "b/a", "x") == (folder / "b/a") + ": cannot be written: No such file or directory");
  fs::permissions(folder.path,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  const bool is_root = geteuid() == 0;  // root may write anywhere
  if (is_root) REQUIRE(seteuid(65534) == 0);
  const std::string text = complaint(folder / "a", "x");
  if (is_root) REQUIRE(seteuid(0) == 0);
  CHECK(text == (folder / "a") + ": cannot be written: Permission denied");
}

TEST_CASE("a symbolic link is replaced, and its target stays unchanged") {
  const Folder folder;
  write_file_atomically(folder / "target", "old");
  fs::create_symlink(folder / "target", folder / "link");
  fs::create_symlink(folder / "nothing", folder / "stale");
  write_file_atomically(folder / "link", "new");
  write_file_atomically(folder / "stale", "new");
  CHECK(read_input(folder / "target", 10) == "old");
  CHECK_FALSE(fs::is_symlink(folder / "link"));
  CHECK(read_input(folder / "link", 10) == "new");
  CHECK(read_input(folder / "stale", 10) == "new");
  CHECK_FALSE(fs::exists(folder / "nothing"));
}

TEST_CASE("a folder or a device with this name is refused and stays") {
  const Folder folder;
  fs::create_directory(folder / "a");
  CHECK(complaint(folder / "a", "x") == (folder / "a") + ": cannot be written: a folder has this name");
  CHECK(fs::is_directory(folder / "a"));
  CHECK(complaint("/dev/null", "x") == "/dev/null: cannot be written: a device has this name");
}

TEST_CASE("a temporary file of a killed process with the same number is replaced") {
  const Folder folder;
  const std::string temporary = folder / ("a." + std::to_string(getpid()) + ".tmp");
  write_file_atomically(folder / "target", "old");
  fs::create_symlink(folder / "target", temporary);
  write_file_atomically(folder / "a", "new");
  CHECK(read_input(folder / "a", 10) == "new");
  CHECK(read_input(folder / "target", 10) == "old");
  CHECK_FALSE(fs::is_symlink(temporary));
}

TEST_CASE("only an absent file, an empty one or one with the mark of primer may be replaced, through links, too") {
  const Folder folder;
  const auto refused = [&](const char* name) {
    try {
      refuse_foreign_file(folder / name, "by primer", "--out file");
      return std::string();
    } catch (const UserError& e) {
      return std::string(e.what()).substr((folder / name).size());
    }
  };
  write_file_atomically(folder / "own", "<!-- drawn by primer -->");
  write_file_atomically(folder / "foreign", "seed = 1");
  write_file_atomically(folder / "late", std::string(1 << 14, ' ') + "by primer");
  write_file_atomically(folder / "empty", "");
  fs::create_symlink("foreign", folder / "link");
  for (const char* const name : {"absent", "own", "empty"}) CHECK(refused(name).empty());
  for (const char* const name : {"foreign", "late", "link"}) {
    CHECK(refused(name) == ": was not written by primer, so it is not overwritten; choose another --out file");
  }
}
