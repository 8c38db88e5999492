// The web files in src/report as texts. The build embeds them, so the program needs no other file for a report.
#pragma once

namespace primer::web {

extern const char* const report_html;   // the page of a run; report_page() fills its {{placeholders}}
extern const char* const compare_html;  // the page of `primer compare`; comparison_page() fills its {{placeholders}}
extern const char* const report_css;    // the style sheet of the report and of the page of `primer compare`
extern const char* const charts_js;     // the functions for charts that every page of primer uses
extern const char* const run_js;        // the charts of one run, for the report and for `primer compare`
extern const char* const report_js;     // the script that draws report.html with the functions in charts_js and run_js
extern const char* const compare_js;

}  // namespace primer::web
