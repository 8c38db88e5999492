// Finds the command that the command line names, runs it, and turns every exception into one line and an exit code.
#include "primer/cli/command_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "primer/cli/commands.hpp"
#include "primer/formats/error.hpp"
#include "primer/runs/samples.hpp"

namespace primer {
namespace {

constexpr std::array commands{&train_command,  &watch_command,       &eval_command,   &predict_command,
                              &config_command, &check_command,       &report_command, &compare_command,
                              &doctor_command, &trace_command,       &verify_command, &gradcheck_command,
                              &play_command,   &activations_command, &data_command,   &claims_command};

std::string overview() {
  std::string text =
      "usage: primer COMMAND ...\n\n"
      "Trains small neural networks and shows how gradients flow through σ′(z).\n\n";
  for (const Command* command : commands) {
    const std::string call = std::string(command->name) + " " + std::string(command->operands);
    text +=
        "  " + call + std::string(call.size() < 26 ? 26 - call.size() : 1, ' ') + std::string(command->summary) + "\n";
  }
  return text + "\nSee `primer COMMAND --help` for each command, and `primer --version`.\n";
}

int fail(int code, const std::string& text) {
  std::fprintf(stderr, "primer: %s\n", text.c_str());
  return code;
}

const Command& find_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command* command : commands) names.push_back(command->name);
  check_name("command", name, names, "; `primer --help` lists the commands");
  return **std::ranges::find(commands, name, &Command::name);
}

// `program` is the first word of the command line, such as build/primer.
int dispatch(const char* program, std::span<char* const> words) {
  if (words.empty()) {
    std::fputs(overview().c_str(), stderr);
    return 2;
  }
  const std::string_view first = words[0];
  if (first == "help" && words.size() > 1) {
    std::fputs(help(find_command(words[1])).c_str(), stdout);
    return 0;
  }
  if (first == "--help" || first == "-h" || first == "help") {
    std::fputs(overview().c_str(), stdout);
    return 0;
  }
  if (first == "--version") {
    std::puts("primer " PRIMER_VERSION);
    return 0;
  }
  const Command& command = find_command(first);
  for (const std::string_view word : words.subspan(1)) {
    if (word == "--help" || word == "-h") {
      std::fputs(help(command).c_str(), stdout);
      return 0;
    }
  }
  Arguments arguments = parse_arguments(command, words.subspan(1));
  arguments.program = program;
  return command.run(arguments);
}

}  // namespace

void show_progress(const std::string& text) {
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K%s", text.c_str());
}

int run_command_line(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // SIGXFSZ (a file is too large) would end the program; if ignored, the write fails
  watch_reading([](const std::string& text) { show_progress(text.empty() ? "" : "reading " + text); });
  try {
    const int code = dispatch(argc > 0 ? argv[0] : "primer",
                              std::span(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0));
    if (std::fflush(stdout) != 0) return fail(1, "cannot write to standard output");
    return code;
  } catch (const UserError& e) {
    return fail(2, e.what());
  } catch (const std::bad_alloc&) {
    return fail(1, "out of memory");
  } catch (const std::exception& e) {
    return fail(1, e.what());
  }
}

}  // namespace primer
