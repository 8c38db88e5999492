// Changes the modes of the terminal. Restores them when the program ends, also after one of the fatal_signals.
#include "primer/views/keyboard.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>

namespace primer {
namespace {

termios modes_before;
volatile std::sig_atomic_t modes_changed = 0;

constexpr std::array fatal_signals{SIGHUP, SIGQUIT, SIGTERM, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
std::array<struct sigaction, fatal_signals.size()> actions_before;

void restore_and_die(int signal) {
  restore_keyboard();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

Keyboard::Keyboard() {
  if (modes_changed != 0 || isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &modes_before) != 0) return;
  termios modes = modes_before;
  modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  modes.c_cc[VMIN] = 0;
  modes.c_cc[VTIME] = 0;
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    struct sigaction action {};
    action.sa_handler = restore_and_die;
    sigaction(fatal_signals[i], &action, &actions_before[i]);
  }
  usable_ = tcsetattr(STDIN_FILENO, TCSANOW, &modes) == 0;
  modes_changed = 1;
}

Keyboard::~Keyboard() {
  if (!usable_) return;
  restore_keyboard();
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) sigaction(fatal_signals[i], &actions_before[i], nullptr);
}

std::string Keyboard::wait(double seconds) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const int ready = poll(&input, 1, static_cast<int>(std::lround(std::clamp(seconds, 0.0, 1e3) * 1e3)));
  if (ready < 0 && errno == EINTR) return "q";
  if (ready <= 0) return "";
  std::string key(1, '\0');
  if (read(STDIN_FILENO, key.data(), 1) <= 0) return "q";  // read() gets no byte after the terminal was closed
  if (key[0] != '\033') return key;
  std::array<char, 2> rest;  // the two bytes that an arrow key sends after ESC (\033)
  const ssize_t size = read(STDIN_FILENO, rest.data(), rest.size());
  return key.append(rest.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

void restore_keyboard() {
  if (modes_changed == 0) return;
  tcsetattr(STDIN_FILENO, TCSANOW, &modes_before);
  modes_changed = 0;
}

}  // namespace primer
