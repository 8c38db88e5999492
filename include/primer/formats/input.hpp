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

// Returns all bytes of the file at `path`. Throws UserError if the file cannot be opened, or has more than `limit`
// bytes. Throws RuntimeError if reading fails.
std::string read_input(const std::string& path, std::size_t limit);

// Reads standard input from the current position: a shell may already have read the first lines. This class replaces
// std::cin, because std::cin needs a static initialiser. Reading throws RuntimeError if the descriptor is closed or
// cannot be read. An std::istream rethrows this exception only if its exceptions() include badbit.
class StandardInput : public std::streambuf {
 private:
  int_type underflow() override;
  std::array<char, 1 << 16> bytes_;
};

}  // namespace primer
