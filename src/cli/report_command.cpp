// primer report: draws the report of a run again.
#include <cstdio>
#include <span>

#include "primer/cli/commands.hpp"
#include "primer/formats/error.hpp"
#include "primer/report/page.hpp"

namespace primer {
namespace {

int run(const Arguments& arguments) {
  const std::string& folder = arguments.operands.front();
  write_report(folder);
  std::printf("%s/report.html\n", printable(folder).c_str());
  return 0;
}

}  // namespace

const Command report_command{"report",
                             "RUN_DIR",
                             "Draws report.html of a run again.",
                             "It needs only the files in the folder of the run. The page is one file and loads\n"
                             "nothing from the internet; open it in any browser.\n\n"
                             "  primer report runs/spirals\n",
                             {},
                             run};

}  // namespace primer
