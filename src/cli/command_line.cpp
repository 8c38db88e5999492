// Takes the command line apart and calls the verb it names.
#include "primer/cli/command_line.hpp"

#include <cstdio>
#include <string_view>

namespace primer {

int run_command_line(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts("primer " PRIMER_VERSION);
    return 0;
  }
  std::fputs("usage: primer VERB ...\n", stderr);
  return 2;
}

}  // namespace primer
