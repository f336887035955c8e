#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "hookwright/time.hpp"

namespace hookwright::transport::http1 {

// Waits for many sockets at once. For one thread, but for wake().
class Poller {
 public:
  virtual ~Poller() = default;

  // What happens on the socket is told to its owner, until forget(): that it is readable (or
  // closed, or broken), and with `writable` also that it is writable. Again for a change. False: no
  // memory.
  virtual bool watch(curl_socket_t socket, void* owner, bool writable) = 0;
  virtual void forget(curl_socket_t socket) = 0;

  // Waits for `max` at most, and appends the owners for whom something has happened. It returns
  // early at a wake(), too.
  virtual void wait(Duration max, std::vector<void*>& owners) = 0;

  // From any thread.
  virtual void wake() = 0;
};

// The best that the system has: epoll on Linux, elsewhere the portable one.
std::unique_ptr<Poller> make_poller();

// By libcurl's curl_multi_poll(): works everywhere, and costs more the more is watched.
std::unique_ptr<Poller> make_portable_poller();

}  // namespace hookwright::transport::http1
