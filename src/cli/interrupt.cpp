// The first Ctrl-C sets a flag. The second Ctrl-C ends the program at once, as if SIGINT had no handler.
#include "primer/cli/interrupt.hpp"

#include <atomic>
#include <csignal>

#include "primer/views/keyboard.hpp"

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
  action.sa_handler = [](int signal) {
    if (!requested.exchange(true)) return;
    restore_keyboard();
    std::signal(signal, SIG_DFL);
    raise(signal);
  };
  sigaction(SIGINT, &action, nullptr);
}

InterruptHandler::~InterruptHandler() {
  if (--living_objects == 0) sigaction(SIGINT, &action_before, nullptr);
}

bool interrupt_requested() { return requested; }

}  // namespace primer
