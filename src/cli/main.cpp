// Checks that this CPU has all instructions that the library uses, and then calls the library. This file itself runs on
// every CPU. The library has no static initialisers, because these would run before the check.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "primer/cli/built_for.hpp"
#include "primer/cli/command_line.hpp"

#ifdef PRIMER_PORTABLE
namespace primer_v3 {
extern const primer::InstructionSet built_for[];
int run_command_line(int argc, char** argv);
}  // namespace primer_v3
namespace primer_v4 {
extern const primer::InstructionSet built_for[];
int run_command_line(int argc, char** argv);
}  // namespace primer_v4
#endif

namespace {

int refuse(const char* instructions) {
  std::fprintf(stderr,
               "primer: this program needs instructions that this CPU does not have: %s; build the program on this "
               "computer with `make`, or build it for all CPUs with `make PORTABLE=1`\n",
               instructions);
  return 2;
}

#if defined(__x86_64__) || defined(__i386__)
// Returns the first instruction set that the build uses and this CPU lacks; nullptr if this CPU has every used set.
const char* missing(const primer::InstructionSet* built_for) {
#define HERE(name, macro) __builtin_cpu_supports(name) != 0,
  const bool here[] = {PRIMER_X86_INSTRUCTION_SETS(HERE)};
  for (int i = 0; built_for[i].name != nullptr; ++i) {
    if (built_for[i].used && !here[i]) return built_for[i].name;
  }
  return nullptr;
}
#endif

}  // namespace

int main(int argc, char** argv) {
#ifdef PRIMER_PORTABLE
  if (missing(primer_v4::built_for) == nullptr) return primer_v4::run_command_line(argc, argv);
  if (missing(primer_v3::built_for) == nullptr) return primer_v3::run_command_line(argc, argv);
#endif
#if defined(__x86_64__) || defined(__i386__)
  if (const char* instructions = missing(primer::built_for)) return refuse(instructions);
#else
  // Only an x86 CPU is checked. On another CPU, a missing instruction raises SIGILL; then the handler prints the error.
  std::signal(SIGILL, [](int) { std::_Exit(refuse("an instruction raised SIGILL")); });
#endif
  return primer::run_command_line(argc, argv);
}
