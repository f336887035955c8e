#pragma once

#include <memory>

#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// Where the dispatcher gets its time from.
//
// Threads: both calls come from any thread, several at once. Ownership: shared with whoever else
// holds it. Errors: none; must not throw. Time and re-entrancy: steady() never goes back; wall()
// may jump either way, which moves timestamps but neither loses nor repeats a delivery. What
// hookwright promises: it asks nobody else for the time, but for how long its own threads wait: a
// clock that stands still must not stop a shutdown.
class HOOKWRIGHT_EXPORT Clock {
 public:
  virtual ~Clock();
  virtual TimePoint wall() = 0;     // when things are due, and what is written on the wire
  virtual SteadyTime steady() = 0;  // deadlines and elapsed times
};

// The operating system's clocks.
[[nodiscard]] HOOKWRIGHT_EXPORT std::shared_ptr<Clock> make_system_clock();

}  // namespace hookwright
