// Runs the program as a user does, in folders that are removed at the end of a test.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace program {

// Throws if the file cannot be opened: two files that are missing must not count as equal.
inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A report without its name, which is that of its folder; any other file as it is.
inline std::string slurp_unnamed(const std::string& path) {
  std::string text = slurp(path);
  if (!path.ends_with("/report.html")) return text;
  for (const auto& [begin, end] : {std::pair<const char*, const char*>{"<title>", "</title>"}, {"<h1>", "</h1>"}}) {
    const std::size_t at = text.find(begin);
    text.erase(at, text.find(end) - at);
  }
  return text;
}

inline void spill(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << text).flush()) throw std::runtime_error(path + ": cannot be written to");
}

// A new folder, which is removed with all its files.
struct Folder {
  std::string path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "primer-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

// The exit code of a command; 128 + the signal if a signal ended it. A test that does not read the code fails unless
// the code is 0: a program that crashes prints nothing, and a test may expect just that.
class ExitCode {
 public:
  ExitCode(int code, std::string command) : code_(code), command_(std::move(command)) {}
  ExitCode(ExitCode&& other) noexcept
      : code_(other.code_), command_(std::move(other.command_)), was_read_(std::exchange(other.was_read_, true)) {}
  ExitCode& operator=(ExitCode&&) = delete;
  ~ExitCode() {
    if (was_read_ || code_ == 0 || std::uncaught_exceptions() > 0) return;
    FAIL_CHECK("this test does not read the exit code, which was " << code_ << ", of: " << command_);
  }
  operator int() const {
    was_read_ = true;
    return code_;
  }
  friend doctest::String toString(const ExitCode& code) { return doctest::toString(code.code_); }

 private:
  int code_;
  std::string command_;
  mutable bool was_read_ = false;
};

struct Result {
  ExitCode code;
  std::string out, err;

  // Standard error of a command that must end with the exit code `expected`.
  std::string error(int expected) const {
    CHECK(code == expected);
    return err;
  }
};

// Runs `command` in a shell whose current folder is `folder`.
inline Result shell(const std::string& command, const std::string& folder) {
  const Folder streams;
  const std::string line =
      "cd '" + folder + "' && (" + command + ") >'" + streams / "out" + "' 2>'" + streams / "err" + "'";
  const int status = std::system(line.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {ExitCode(code, command), slurp(streams / "out"), slurp(streams / "err")};
}

// Runs `primer ARGUMENTS` in the source folder or in `folder`.
inline Result primer(const std::string& arguments, const std::string& folder = PRIMER_SOURCE_DIR) {
  return shell("'" PRIMER_BINARY "' " + arguments, folder);
}

// Runs `command`, which must end in an exec, and sends SIGINT to it once a line of `file` begins with `begin`, or after
// half a minute. The process that waits for that line ends with the command.
inline Result interrupted(const std::string& file, const std::string& begin, const std::string& command,
                          const std::string& folder) {
  spill(folder + "/command.sh", "echo $$ >pid\n" + command + "\n");
  return shell("(for i in $(seq 3000); do grep -q '^" + begin + "' " + file +
                   " && break; sleep 0.01; done; kill -INT $(cat pid)) 2>/dev/null & waiting=$!; sh command.sh; "
                   "code=$?; kill $waiting 2>/dev/null; exit $code",
               folder);
}

}  // namespace program
