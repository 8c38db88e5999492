// The files in src/playground and src/report from which a playground page is made, as texts that CMake embeds.
#pragma once

namespace primer::web {

struct WebFile {
  const char* name;
  const char* text;
};
extern const char* const playground_html;  // the page with {{placeholders}} for scripts, styles and data
extern const WebFile playground_files[];   // the files for the {{placeholders}}; the name of the last entry is null

}  // namespace primer::web
