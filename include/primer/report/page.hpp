// report.html: a run as one page to look at.
#pragma once

#include <string>

#include "primer/report/run_files.hpp"

namespace primer {

// The page: HTML that is also well-formed XML. It needs no other file, and its policy forbids every request. The same
// run gives the same bytes in any folder, except that the title and the heading contain the folder's name.
std::string report_page(const RunFiles& run);

// Draws the run in `folder` into its report.html, from the other files there alone.
void write_report(const std::string& folder);

}  // namespace primer
