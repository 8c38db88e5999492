// Reads single key presses from a terminal while a view is on the screen.
#pragma once

#include <string>

namespace primer {

// While a Keyboard exists and standard input is a terminal, each key reaches the program immediately, without Enter,
// and is not shown. The destructor, or a fatal signal such as SIGTERM, restores the modes of the terminal.
class Keyboard {
 public:
  Keyboard();
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  bool usable() const { return usable_; }

  // Waits at most `seconds` for a key press. Returns the bytes of the key, such as "q", or "\033[D" for ←. Returns ""
  // if no key was pressed, and "q" if a signal, such as Ctrl-C, interrupts the wait or if the terminal was closed.
  std::string wait(double seconds);

 private:
  bool usable_ = false;
};

// Restores the modes of the terminal that a Keyboard has changed. A signal handler may call this function.
void restore_keyboard();

}  // namespace primer
