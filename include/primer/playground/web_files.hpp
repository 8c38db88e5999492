// The files of a playground page, from src/playground and src/report. CMake embeds their texts in the program.
#pragma once

namespace primer::web {

struct WebFile {
  const char* name;  // the placeholder {{name}} in the page
  const char* text;  // the text that replaces the placeholder {{name}}
};
extern const char* const playground_html;  // the page with {{placeholders}} for scripts, styles and data
extern const WebFile playground_files[];   // the last element of the array has a null name

}  // namespace primer::web
