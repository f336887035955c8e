#include <csignal>
#include <utility>

#include "dispatcher/core.hpp"

namespace hookwright {

// A new thread inherits the mask: SIGPIPE can't end the host through a socket of ours, and the
// host's own signals go to the host's own threads.
std::thread start_quiet_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } restore{before};
  return std::thread(std::move(body));
}

}  // namespace hookwright
