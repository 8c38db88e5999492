// Files that are whole or absent: whatever happens to the process or the disk, no partial file stands under a final
// name and a file that stood there before is intact until the new one replaces it.
#pragma once

#include <string>
#include <string_view>

namespace primer {

// Writes `bytes` to PATH.PID.tmp in the same folder, forces them to the disk and renames the file to `path`. A symbolic
// link there is replaced, not followed; a folder or a device there is refused. Throws RuntimeError "PATH: …" and
// removes the temporary; only a killed process leaves one behind. Where a limit on file sizes can be met (ulimit -f),
// the program must ignore SIGXFSZ.
void write_file_atomically(const std::string& path, std::string_view bytes);

}  // namespace primer
