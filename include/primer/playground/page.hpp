// Writes the playground: one web page that trains a config. It contains primer's engine as WebAssembly, and the data.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace primer {

// The two WebAssembly modules of the engine (see fma.hpp), compressed by gzip.
struct PlaygroundModules {
  std::string fused, exact;
};

// Reads the modules from PROGRAM_FOLDER/playground or PROGRAM_FOLDER/../share/primer/playground. If they are missing,
// throws UserError, which says how to build them.
PlaygroundModules read_playground_modules(const std::string& program_folder);

// Returns the playground for `config`, as HTML. `files` has the name and the bytes of each file that `config` names.
std::string playground_page(const std::string& title, const std::string& config,
                            const std::vector<std::pair<std::string, std::string>>& files,
                            const PlaygroundModules& modules);

}  // namespace primer
