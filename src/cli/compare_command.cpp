// primer compare: shows runs side by side, as a table, as CSV or as a page.
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "primer/cli/commands.hpp"
#include "primer/formats/atomic_file.hpp"
#include "primer/formats/csv.hpp"
#include "primer/report/comparison.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

// Returns the comparison of the runs as a table with a column for each run.
std::string turned(const Comparison& comparison) {
  std::vector<std::vector<std::string>> lines;
  for (std::size_t c = 0; c < comparison[0].size(); ++c) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const std::vector<std::string>& row : comparison) line.push_back(shown_cell(comparison[0][c], row[c]));
  }
  return table(lines, 1, output_width());
}

int run(const Arguments& arguments) {
  std::vector<std::string> folders = arguments.operands;
  for (std::string& folder : folders) {
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  }
  const Comparison comparison = compare(folders);
  if (const auto file = arguments.value("--html")) {
    refuse_foreign_file(*file, "primer</title>", "--html file");
    write_file_atomically(*file, comparison_page(folders));
    std::printf("%s\n", printable(*file).c_str());
  } else if (arguments.has("--csv")) {
    for (const std::vector<std::string>& row : comparison) std::fputs(csv_row(row).c_str(), stdout);
  } else {
    std::fputs(turned(comparison).c_str(), stdout);
  }
  return 0;
}

constexpr std::array<Option, 2> options{
    {{"--csv", "", "print CSV: one row for each run, and numbers with all digits"},
     {"--html", "FILE", "write a page: losses of all runs, neurons of the first two runs"}}};

}  // namespace

const Command compare_command{"compare",
                              "RUN_DIR RUN_DIR [RUN_DIR...]",
                              "Shows runs side by side.",
                              "It shows the keys of the config that differ, the scores of the last epoch, the\n"
                              "lowest loss (on the validation rows if there are any) and the signatures. With\n"
                              "--csv, the keys that a sweep has changed are columns.\n\n"
                              "  primer compare runs/spirals runs/deep\n"
                              "  primer compare runs/spirals runs/deep --html both.html\n"
                              "  primer compare runs/sweep/* --csv > sweep.csv\n",
                              options,
                              run};

}  // namespace primer
