#pragma once

#include <algorithm>
#include <cstddef>

#include "hookwright/fault.hpp"
#include "hookwright/time.hpp"

namespace hookwright::engine {

// Keeps a lane from starting what is bound to fail: after a run of requests that nobody took or
// answered it opens, and lets one through at a time, each after a pause twice as long as the one
// before, until one is answered. What waits meanwhile is sent later and costs no attempt.
class Breaker {
 public:
  void limit(std::size_t after, Duration pause_max) {
    after_ = after;
    pause_max_ = pause_max;
  }

  // Requests are probes: one at a time, and none before this.
  [[nodiscard]] bool open() const { return after_ != 0 && run_ >= after_; }
  [[nodiscard]] SteadyTime until() const { return until_; }

  // The end of a request. `probe`: it was started while the breaker was open, so that those that
  // were under way when it opened count once and not each for a longer pause.
  void ended(Fault fault, bool probe, SteadyTime now) {
    if (is_ours(fault)) return;
    if (!counts(fault)) {
      reset();
      return;
    }
    const bool was_open = open();
    if (!was_open) ++run_;
    if (!open() || (was_open && !probe)) return;
    pause_ = was_open ? std::min(2 * pause_, pause_max_) : std::min(pause_first, pause_max_);
    until_ = now + pause_;
  }

  void reset() {
    run_ = 0;
    until_ = {};
  }

 private:
  // All that tenant_word() calls unreachable alike, lest the pace of attempts told them apart.
  static bool counts(Fault fault) {
    return fault == Fault::timeout || fault == Fault::refused || fault == Fault::blocked ||
           fault == Fault::name_not_resolved;
  }

  static constexpr Duration pause_first{1'000};

  std::size_t after_ = 0;
  Duration pause_max_{};
  std::size_t run_ = 0;
  Duration pause_{};
  SteadyTime until_{};
};

}  // namespace hookwright::engine
