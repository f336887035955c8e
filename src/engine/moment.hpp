#pragma once

#include <algorithm>
#include <chrono>

#include "hookwright/time.hpp"

namespace hookwright::engine {

// One reading of the time, in the three forms that the engine needs.
struct Moment {
  TimePoint now{};      // the timeline: when things are due
  TimePoint wall{};     // the wall clock: what is written on the wire
  SteadyTime steady{};  // deadlines, rates
};

// Wall-clock time that never goes back. It follows the wall clock forward; where that is set back
// by more than a second, it goes on by the steady clock instead, so that a delay of a minute stays
// a minute and nothing stands still for a day. A smaller step back (a clock being slewed) is waited
// out, lest the two drift apart for ever.
class Timeline {
 public:
  Moment at(TimePoint wall, SteadyTime steady) {
    if (!started_) {
      started_ = true;
      set(wall, steady);
      return {now_, wall, steady};
    }
    const Duration elapsed = std::chrono::floor<Duration>(steady - anchor_);
    if (wall >= now_) {
      set(wall, steady);
    } else if (now_ + elapsed - wall > std::chrono::seconds(1)) {
      now_ += elapsed;
      anchor_ += elapsed;
    } else {
      anchor_ = steady;
    }
    return {now_, wall, steady};
  }

 private:
  void set(TimePoint now, SteadyTime steady) {
    now_ = now;
    anchor_ = steady;
  }

  bool started_ = false;
  TimePoint now_{};
  SteadyTime anchor_{};  // the steady time of now_
};

}  // namespace hookwright::engine
