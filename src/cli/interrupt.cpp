// Installs the handler with SA_RESETHAND, which is why a second Ctrl-C kills.
#include "primer/cli/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace primer {
namespace {

std::atomic<bool> requested = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may write only such an atomic");
int living_objects = 0;
struct sigaction action_before;

}  // namespace

InterruptHandler::InterruptHandler() {
  if (living_objects++ > 0) return;
  requested = false;
  sigaction(SIGINT, nullptr, &action_before);
  if (action_before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = [](int) { requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

InterruptHandler::~InterruptHandler() {
  if (--living_objects == 0) sigaction(SIGINT, &action_before, nullptr);
}

bool interrupt_requested() { return requested; }

}  // namespace primer
