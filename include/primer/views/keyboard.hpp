// Reads single key presses from a terminal while a view is on the screen.
#pragma once

#include <string>

namespace primer {

// While a Keyboard exists and standard input is a terminal, each key reaches the program immediately, without Enter,
// and is not shown. The destructor, or a signal that ends the program, restores the modes of the terminal.
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

// Restores the modes of the terminal that a Keyboard has changed. A signal handler may call this function.
void restore_keyboard();

}  // namespace primer
