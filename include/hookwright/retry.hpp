#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hookwright/delivery.hpp"
#include "hookwright/export.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// How an attempt ended, as far as the decision goes.
struct Answer {
  Fault fault = Fault::none;
  int status = 0;                  // of the final header block; 0 if none arrived
  std::string_view retry_after{};  // as received
};

enum class Decision : std::uint8_t {
  delivered,  // a 2xx header block arrived in time, whatever the body did afterwards
  retry,      // failed; the next attempt is scheduled
  exhausted,  // failed, and it was the last attempt
  gone,       // 410, and the profile says that this ends the endpoint
  given_up,   // failed, and was the last by the delivery's own bounds: nothing follows from it for
              // the endpoint
  spare,      // the fault was ours: tried again soon, and not charged to the delivery
};

struct Verdict {
  Decision decision{};
  DeathReason death{};  // of the delivery (exhausted, gone, given_up)
  Duration delay{};     // to the next attempt, from the end of this one (retry, spare)
  std::optional<Duration> throttle{};  // nothing is sent to the endpoint for so long
};

// What an attempt means. A pure function: the same input, the same verdict.
//
// `delivery` is the row as it was before the attempt; `now` is the attempt's end; `jitter` is drawn
// from [0, 1). 2xx is success and nothing else is: redirects are failures (Standard Webhooks). A
// 4xx is retried, as HyperSnap promises. 429, 502, 503 and 504 throttle the endpoint as well
// (Standard Webhooks): for as long as Retry-After says, at most 24 h, or else for a second; the
// delay of the delivery is at least that long, and never shorter than scheduled. (Ours.) A fault of
// ours is tried again after 5 s; from 24 h of nothing else on it is charged all the same. (Ours.)
[[nodiscard]] HOOKWRIGHT_EXPORT Verdict verdict(const DeliveryPolicy& policy, const Answer& answer,
                                                const Delivery& delivery, TimePoint now,
                                                double jitter);

// Delay before retry `retry` (1 for the first) without jitter; the last one repeats for higher
// numbers.
[[nodiscard]] HOOKWRIGHT_EXPORT Duration retry_delay(const DeliveryPolicy& policy,
                                                     std::uint32_t retry);

// Attempts that a delivery gets in all.
[[nodiscard]] HOOKWRIGHT_EXPORT std::uint32_t attempts_max(const DeliveryPolicy& policy);

// A Retry-After header, in seconds or as an HTTP date (RFC 9110 10.2.3, IMF-fixdate only): how long
// from `now`, at most 24 h. Nothing if it is malformed or past.
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<Duration> parse_retry_after(std::string_view text,
                                                                          TimePoint now);

}  // namespace hookwright
