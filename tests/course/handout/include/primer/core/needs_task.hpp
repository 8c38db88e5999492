// Stands where a task is to be solved: says which, to whoever called and, through a file, to the tests.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace primer {

// `given` are the variables that a solution works with. Delete the call when you have written yours.
template <typename... Given>
[[noreturn]] void needs_task(const char* task, const Given&...) {
  if (const char* const reached = std::getenv("PRIMER_TASKS_REACHED")) {
    if (std::FILE* const file = std::fopen(reached, "a")) {
      std::fprintf(file, "%s\n", task);
      std::fclose(file);
    }
  }
  throw std::logic_error("needs task " + std::string(task));
}

}  // namespace primer
