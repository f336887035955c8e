#pragma once

#include <chrono>

namespace hookwright {

// A moment of wall-clock time in UTC, to the millisecond: when an event happened, when a delivery
// is due.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

// A span of time. Every option that holds one is in milliseconds because its type says so.
using Duration = std::chrono::milliseconds;

// A moment on a clock that is never set: deadlines and elapsed times.
using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace hookwright
