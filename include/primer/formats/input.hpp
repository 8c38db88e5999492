// Opens the files that the user names, and reads standard input.
#pragma once

#include <array>
#include <cstddef>
#include <fstream>
#include <streambuf>
#include <string>

namespace primer {

// The file at `path`, opened for reading bytes. Throws UserError "PATH: …" if it does not exist, is a folder or cannot
// be opened.
std::ifstream open_input(const std::string& path);

// All bytes of the file at `path`. Throws UserError like open_input, and if there are more than `limit` bytes; throws
// RuntimeError if reading fails.
std::string read_input(const std::string& path, std::size_t limit);

// Reads standard input from its current position, because a shell may have read its first lines. This class replaces
// std::cin, which needs a static initialiser. Reading throws RuntimeError if the descriptor is closed or cannot be
// read; an std::istream passes the exception on only if exceptions() of the stream includes badbit.
class StandardInput : public std::streambuf {
 private:
  int_type underflow() override;
  std::array<char, 1 << 16> bytes_;
};

}  // namespace primer
