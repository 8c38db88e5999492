// Ctrl-C asks the program to stop, so that it can save its work; a second Ctrl-C kills it.
#pragma once

namespace primer {

// While an object lives, the first SIGINT sets the flag that interrupt_requested() reads. The destructor restores the
// earlier handler of SIGINT. If SIGINT is ignored, as under nohup, it stays ignored. Objects nest: the outermost one
// installs the handler and clears the flag, so a command that runs another command shares one Ctrl-C with it.
class InterruptHandler {
 public:
  InterruptHandler();
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
};

bool interrupt_requested();

}  // namespace primer
