// The files of a playground page, from src/playground and src/report. CMake embeds their texts in the program.
#pragma once

namespace primer::web {

struct WebFile {
  const char* name;
  const char* text;
};
extern const char* const playground_html;  // the page with {{placeholders}} for scripts, styles and data
extern const WebFile playground_files[];   // the files that replace {{placeholders}}; the array ends with a null name

}  // namespace primer::web
