// Writes the playground: a web page that trains networks. The page contains a config, data and primer's engine.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace primer {

// The two WebAssembly modules of the engine (see fma.hpp), compressed by gzip.
struct PlaygroundModules {
  std::string fused, exact;
};

// Reads the WebAssembly modules from PROGRAM_FOLDER/playground or PROGRAM_FOLDER/../share/primer/playground. If the
// modules are missing, throws UserError with the command that builds them.
PlaygroundModules read_playground_modules(const std::string& program_folder);

// Returns the playground for `config`, as HTML. `files` has the name and the bytes of each file that `config` names.
std::string playground_page(const std::string& title, const std::string& config,
                            const std::vector<std::pair<std::string, std::string>>& files,
                            const PlaygroundModules& modules);

}  // namespace primer
