#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "hookwright/profile.hpp"
#include "hookwright/time.hpp"

namespace hookwright::engine {

// The generic cell rate algorithm: one time stamp instead of a bucket. Sends are a minute divided
// by `rate_per_minute` apart; after a pause `rate_burst` of them may follow each other at once, so
// that a minute holds at most so many more than the rate.
class Rate {
 public:
  void limit(const DeliveryPolicy& policy) {
    if (policy.rate_per_minute == 0) {
      interval_ = {};
      return;
    }
    const std::size_t burst = std::clamp<std::size_t>(policy.rate_burst, 1, policy.rate_per_minute);
    const std::chrono::nanoseconds minute = std::chrono::minutes(1);
    const auto rate = static_cast<std::int64_t>(policy.rate_per_minute);
    interval_ = (minute + std::chrono::nanoseconds(rate - 1)) / rate;
    slack_ = interval_ * static_cast<std::int64_t>(burst - 1);
  }

  // Others may have sent meanwhile: the burst counts as used up.
  void forget() { theoretical_ = {}; }

  // When the next send may go: `now` or later. The first time it takes the burst as used up: by an
  // earlier process, or by another one that held the lane.
  [[nodiscard]] SteadyTime next(SteadyTime now) {
    if (interval_.count() == 0) return now;
    if (theoretical_ == SteadyTime{}) theoretical_ = now + slack_ + interval_;
    // On a whole millisecond, as everything else that is due.
    return std::max<SteadyTime>(
        now, std::chrono::ceil<std::chrono::milliseconds>(theoretical_ - slack_));
  }

  void take(SteadyTime now) {
    if (interval_.count() != 0) theoretical_ = std::max(theoretical_, now) + interval_;
  }

 private:
  std::chrono::nanoseconds interval_{};
  std::chrono::nanoseconds slack_{};
  SteadyTime theoretical_{};  // when the bucket is empty again
};

}  // namespace hookwright::engine
