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

// The same with a SIGINT to `command`, which must end in an exec, once a line of `file` begins with `begin`, or after
// half a minute. Who waits for that line is gone when the command is.
inline Result interrupted(const std::string& file, const std::string& begin, const std::string& command,
                          const std::string& folder) {
  spill(folder + "/command.sh", "echo $$ >pid\n" + command + "\n");
  return shell("(for i in $(seq 3000); do grep -q '^" + begin + "' " + file +
                   " && break; sleep 0.01; done; kill -INT $(cat pid)) 2>/dev/null & waiting=$!; sh command.sh; "
                   "code=$?; kill $waiting 2>/dev/null; exit $code",
               folder);
}

}  // namespace program
