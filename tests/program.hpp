// Running the program as a user does, and folders that vanish with the test.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace program {

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void spill(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

// A folder of one's own, removed with all in it.
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

struct Result {
  int code;  // of exit; 128 + the signal if one ended it
  std::string out, err;
};

// `command` in a shell, standing in `folder`.
inline Result shell(const std::string& command, const std::string& folder) {
  const Folder streams;
  const std::string line =
      "cd '" + folder + "' && (" + command + ") >'" + streams / "out" + "' 2>'" + streams / "err" + "'";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), slurp(streams / "out"),
          slurp(streams / "err")};
}

// `primer ARGUMENTS`, standing in the source folder unless another is named.
inline Result primer(const std::string& arguments, const std::string& folder = PRIMER_SOURCE_DIR) {
  return shell(std::string("'") + PRIMER_BINARY + "' " + arguments, folder);
}

}  // namespace program
