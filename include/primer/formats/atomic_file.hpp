// Writes files all or nothing: whatever happens to the process or the disk, a partial file never gets the final name,
// and an earlier file of that name stays intact until the new one replaces it.
#pragma once

#include <string>
#include <string_view>

namespace primer {

// Writes `bytes` to PATH.PID.tmp in the same folder, forces them to the disk and renames the file to `path`. Replaces a
// symbolic link at `path` without following it; refuses a folder or a device. On failure it removes the temporary file
// and throws RuntimeError "PATH: …"; only a killed process leaves the temporary file behind. The program must ignore
// SIGXFSZ if file sizes may be limited (ulimit -f).
void write_file_atomically(const std::string& path, std::string_view bytes);

// Throws UserError if `path` is a file that is not empty and does not have `mark` in its first 16 KiB. Then primer did
// not write it and must not replace it. `what` names the option that chooses another path, such as "--out file".
void refuse_foreign_file(const std::string& path, std::string_view mark, const char* what);

}  // namespace primer
