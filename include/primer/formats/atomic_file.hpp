// Writes a file completely or not at all: if the process or the disk fails, no partial file gets the final name, and an
// earlier file of this name stays intact.
#pragma once

#include <string>
#include <string_view>

namespace primer {

// Writes `bytes` to PATH.PID.tmp in the same folder, forces the bytes to the disk and renames the file to `path`.
// Replaces a symbolic link at `path` without following it; refuses a folder or a device. If writing fails, removes the
// temporary file and throws RuntimeError "PATH: …"; only a killed process leaves the temporary file behind. The program
// must ignore SIGXFSZ if file sizes may be limited (ulimit -f).
void write_file_atomically(const std::string& path, std::string_view bytes);

// Protects the files of other programs. Throws UserError if the file at `path` is not empty and the text `mark` is not
// in its first 16 KiB. The error message ends with "choose another " and the text `what`, such as "--out file".
void refuse_foreign_file(const std::string& path, std::string_view mark, const char* what);

}  // namespace primer
