// The texts of the web files in src/report. The build embeds them, so that the program needs no file beside it.
#pragma once

namespace primer::web {

extern const char* const report_html;   // the page, with {{placeholders}} that report_page() fills
extern const char* const compare_html;  // the page of `primer compare`, likewise
extern const char* const report_css;    // the style of both
extern const char* const charts_js;     // the charts that every page shares
extern const char* const run_js;        // the charts of a run
extern const char* const report_js;     // the rest of the report's script
extern const char* const compare_js;

}  // namespace primer::web
