#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "crash/points.hpp"

namespace hookwright::crash {

// What kills the process: the n-th time that a point is passed. Any thread.
class Fuse {
 public:
  Fuse(Point point, std::uint64_t nth) : point_(point), left_(nth) {}

  [[nodiscard]] bool armed_for(Point point) const { return point == point_; }

  void pass(Point point) {
    if (point != point_ || left_.fetch_sub(1) != 1) return;
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();  // the other threads are gone in a moment
  }

 private:
  Point point_;
  std::atomic<std::uint64_t> left_;
};

// What the store is at while a call of it runs; the store's thread sets it around the call, and
// what lies inside the call reads it there.
struct Doing {
  bool opening = false;
  bool events = false;    // a commit that carries events
  bool outcomes = false;  // ... what attempts meant
  bool stops = false;     // ... of these one that changes an endpoint
  bool rotates = false;   // ... a caller's change to an endpoint
  bool purging = false;
  bool closing = false;
};

}  // namespace hookwright::crash
