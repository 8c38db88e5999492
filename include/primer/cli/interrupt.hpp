// Ctrl-C asks the program to stop, so that it can save its work; a second Ctrl-C kills it.
#pragma once

namespace primer {

// While an object lives, the first SIGINT sets the flag that interrupt_requested() reads. The destructor restores the
// earlier handler. If SIGINT is ignored, as under nohup, it stays ignored. Objects may nest: only the outermost object
// installs the handler and clears the flag, so a command and the commands that it runs stop at the same Ctrl-C.
class InterruptHandler {
 public:
  InterruptHandler();
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
};

bool interrupt_requested();

}  // namespace primer
