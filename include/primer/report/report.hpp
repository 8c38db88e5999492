// report.html: a run as one page to look at, drawn from the files in its folder and from nothing else.
#pragma once

#include <string>
#include <vector>

#include "primer/report/frame_recorder.hpp"

namespace primer {

// A CSV file as it is written: what the report shows as a number is the text that stands there.
struct CsvTexts {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  // The cell under `column`, "" where there is no such column.
  const std::string& cell(std::size_t row, std::string_view column) const;
};

struct RunFiles {
  std::string config;  // config.toml
  CsvTexts history, flow;
  Frames frames;
};

// Throws UserError for a folder that lacks one of them or holds something else under its name.
RunFiles read_run(const std::string& folder);

// The page: HTML that is also well-formed XML, self-contained, under a policy that forbids every request. The same run
// gives the same bytes, wherever it lies.
std::string report_html(const RunFiles& run);

// Draws the run in `folder` into its report.html.
void write_report(const std::string& folder);

}  // namespace primer
