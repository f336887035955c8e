#pragma once

#include <chrono>

#include "hookwright/time.hpp"

namespace hookwright::event {

// A moment as the seeds' examples write it: utc(2026, 3, 4, 12, 5) is 2026-03-04T12:05:00Z.
constexpr TimePoint utc(int year, int month, int day, int hour, int minute, int second = 0) {
  return std::chrono::sys_days{std::chrono::year{year} / month / day} + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

}  // namespace hookwright::event
