// The texts of the files in src/playground and src/report of which a page consists; CMake embeds them.
#pragma once

namespace primer::web {

struct WebFile {
  const char* name;
  const char* text;
};
extern const char* const playground_html;  // contains the marks {{NAME}} of the files and of the data of a page
extern const WebFile playground_files[];   // ends with an entry without a name

}  // namespace primer::web
