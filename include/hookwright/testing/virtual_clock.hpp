#pragma once

#include <chrono>
#include <mutex>

#include "hookwright/clock.hpp"
#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright::testing {

// A clock that stands still until the test moves it, so that a retry chain of 27 hours takes
// milliseconds and always the same ones. Every call may come from any thread.
class HOOKWRIGHT_EXPORT VirtualClock final : public Clock {
 public:
  // 2025-01-01T00:00:00Z on the wall unless given; steady time starts at one hour, so that earlier
  // moments can be named.
  explicit VirtualClock(TimePoint wall = TimePoint{std::chrono::seconds{1'735'689'600}});
  ~VirtualClock() override;

  TimePoint wall() override;
  SteadyTime steady() override;

  // Moves both clocks on.
  void advance(Duration by);

  // Moves both clocks on, to where steady() is `to`; does nothing if that has passed already. Wall
  // time shows whole milliseconds of it.
  void advance_to(SteadyTime to);

  // Sets the wall clock alone, forward or back, as an operator or NTP would.
  void set_wall(TimePoint wall);

 private:
  std::mutex mutex_;
  TimePoint wall_origin_;
  SteadyTime steady_origin_;
  SteadyTime steady_;
};

}  // namespace hookwright::testing
