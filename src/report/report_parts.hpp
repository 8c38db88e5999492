// The fixed parts of report.html, kept in files of their own so that they read as what they are.
#pragma once

namespace primer {

extern const char* const report_style;   // CSS
extern const char* const report_script;  // JavaScript

}  // namespace primer
