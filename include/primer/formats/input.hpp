// Opens the files that the user names, and reads standard input.
#pragma once

#include <array>
#include <cstddef>
#include <fstream>
#include <streambuf>
#include <string>

namespace primer {

// Opens the file at `path` to read bytes. Throws UserError if the file does not exist, is a folder or cannot be opened.
std::ifstream open_input(const std::string& path);

// All bytes of the file at `path`. Throws UserError if open_input() does, or if the file has more than `limit` bytes.
// Throws RuntimeError if reading fails.
std::string read_input(const std::string& path, std::size_t limit);

// Reads standard input from its current position, because a shell may have read the first lines of the input. This
// class replaces std::cin, which needs a static initialiser. Reading throws RuntimeError if the descriptor is closed or
// cannot be read. An std::istream rethrows this exception only if its exceptions() include badbit.
class StandardInput : public std::streambuf {
 private:
  int_type underflow() override;
  std::array<char, 1 << 16> bytes_;
};

}  // namespace primer
