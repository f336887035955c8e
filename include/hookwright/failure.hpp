#pragma once

#include <cstdint>
#include <string_view>

#include "hookwright/delivery.hpp"
#include "hookwright/export.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// What the owner of an endpoint may be told of an attempt: one of these words, and nothing else of
// what went wrong. Fault, address and detail are for the operator: whoever may choose URLs would
// learn from them what answers inside the host's network. (Ours.)
//
//   "delivered"    a 2xx came in time
//   "answered"     another status did; it may be told as well
//   "timeout"      nothing came in time
//   "unreachable"  no connection, whatever the reason: the name is unknown, the address is not
//                  allowed, nobody listens, nothing leads there
//   "insecure"     TLS could not be agreed upon, or the certificate is not valid for the name
//   "broken"       a connection, and no HTTP answer
//   "postponed"    a fault of ours: it costs nothing and is tried again
//
// A pure function of these two; `status` counts where there is no fault.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view tenant_word(Fault fault, int status);

// An attempt, or a dead letter's last one, as a tenant may see it: all of it, so that nothing else
// needs to be shown. An Attempt itself is for the operator; of what a receiver said (its excerpt)
// nothing is here, since where a policy opens parts of a network those are its answers.
//
// The times don't tell more than the word does. How long an attempt took is said where somebody
// answered; a blocked address fails sooner than a closed port, a closed port sooner than a silent
// one. `at` is in whole seconds, and the pauses between attempts are the schedule's with its
// jitter, whatever they failed of; so is the breaker's pace.
struct TenantView {
  std::uint32_t number = 0;  // 1 for the first attempt
  TimePoint at{};            // when it started, in whole seconds; a dead letter's: when it died
  AttemptResult result{};
  std::string_view word{};
  int status = 0;      // where the word is "delivered" or "answered"
  Duration elapsed{};  // likewise; not known of a dead letter
  friend bool operator==(const TenantView&, const TenantView&) = default;
};
[[nodiscard]] HOOKWRIGHT_EXPORT TenantView tenant_view(const Attempt& attempt);
[[nodiscard]] HOOKWRIGHT_EXPORT TenantView tenant_view(const DeadLetter& dead);

}  // namespace hookwright
