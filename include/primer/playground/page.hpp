// Writes the playground: one page that contains primer's engine as WebAssembly, a config and its data, and trains.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace primer {

// The two modules, compressed by gzip.
struct PlaygroundModules {
  std::string fused, exact;
};

// The modules beside the program, in PROGRAM_FOLDER/playground or PROGRAM_FOLDER/../share/primer/playground. Throws
// UserError, which says how to build them, if they are missing.
PlaygroundModules read_playground_modules(const std::string& program_folder);

// The page for a config. `files` are the files that the config names, with their bytes.
std::string playground_page(const std::string& title, const std::string& config,
                            const std::vector<std::pair<std::string, std::string>>& files,
                            const PlaygroundModules& modules);

}  // namespace primer
