// Reads single keys from a terminal, for a view that the user controls while it runs.
#pragma once

#include <string>

namespace primer {

// While a Keyboard exists and standard input is a terminal, keys arrive at once, without Enter, and are not shown. The
// destructor restores the terminal's modes. If a signal ends the program, the modes are restored first.
class Keyboard {
 public:
  Keyboard();
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  bool usable() const { return usable_; }

  // The bytes of the next key, such as "q", or "\033[D" for ←; "" if no key came within `seconds`. A signal such as
  // Ctrl-C counts as the key "q".
  std::string wait(double seconds);

 private:
  bool usable_ = false;
};

// Restores the modes that a Keyboard has changed. A signal handler may call it.
void restore_keyboard();

}  // namespace primer
