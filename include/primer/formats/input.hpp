// Opening the files that the user names.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace primer {

// The file at `path`, opened for reading bytes; UserError "PATH: …" if it does not exist, is a folder or cannot be
// opened.
std::ifstream open_input(const std::string& path);

// All bytes of the file at `path`; UserError as above, or if there are more than `limit`; RuntimeError if reading
// fails.
std::string read_input(const std::string& path, std::size_t limit);

}  // namespace primer
