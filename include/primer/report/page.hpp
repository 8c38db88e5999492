// Writes report.html, which shows a run on one page.
#pragma once

#include <string>

#include "primer/report/run_files.hpp"

namespace primer {

// The page is HTML that is also well-formed XML. It needs no other file, and its content security policy forbids every
// request. The same run gives the same page in any folder, except for the folder's name in title and heading.
std::string report_page(const RunFiles& run);

// Writes report.html into `folder`, the folder of a run. The report shows only what the other files of the run contain.
void write_report(const std::string& folder);

}  // namespace primer
