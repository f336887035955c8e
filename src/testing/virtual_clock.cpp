#include "hookwright/testing/virtual_clock.hpp"

#include <algorithm>

namespace hookwright::testing {

VirtualClock::VirtualClock(TimePoint wall)
    : wall_origin_(wall), steady_origin_(std::chrono::hours{1}), steady_(steady_origin_) {}

VirtualClock::~VirtualClock() = default;

TimePoint VirtualClock::wall() {
  const std::lock_guard lock(mutex_);
  return wall_origin_ + std::chrono::floor<Duration>(steady_ - steady_origin_);
}

SteadyTime VirtualClock::steady() {
  const std::lock_guard lock(mutex_);
  return steady_;
}

void VirtualClock::advance(Duration by) {
  const std::lock_guard lock(mutex_);
  steady_ += std::max(by, Duration::zero());
}

void VirtualClock::advance_to(SteadyTime to) {
  const std::lock_guard lock(mutex_);
  steady_ = std::max(steady_, to);
}

void VirtualClock::set_wall(TimePoint wall) {
  const std::lock_guard lock(mutex_);
  wall_origin_ = wall;
  steady_origin_ = steady_;
}

}  // namespace hookwright::testing
