// The web files in src/report as texts. The build embeds them, so the program needs no other file for a report.
#pragma once

namespace primer::web {

extern const char* const report_html;   // the page of a run, with {{placeholders}} that report_page() fills
extern const char* const compare_html;  // the page of `primer compare`, with {{placeholders}}, too
extern const char* const report_css;    // the style sheet of both pages
extern const char* const charts_js;     // the charts that every page shares
extern const char* const run_js;        // the charts of a run
extern const char* const report_js;     // the rest of the report's script
extern const char* const compare_js;

}  // namespace primer::web
