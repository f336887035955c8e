// Retry-After: whatever it says, the hold is positive and a day at most, and the verdict bounded.

#include <chrono>

#include "fuzz/fuzz.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/retry.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  constexpr Duration day = std::chrono::hours(24);
  for (const std::int64_t seconds : {0LL, 784'111'777LL, 1'790'000'000LL, 253'402'300'799LL}) {
    const TimePoint now{std::chrono::seconds(seconds)};
    const std::optional<Duration> hold = parse_retry_after(text, now);
    fuzz::require(!hold || (*hold > Duration::zero() && *hold <= day), "a hold is bounded");
    const Verdict meaning =
        verdict(profiles::hypersnap().policy, {.status = 503, .retry_after = text}, {}, now, 0.5);
    fuzz::require(meaning.delay > Duration::zero() && meaning.delay <= day, "a delay is bounded");
    fuzz::require(meaning.throttle.has_value(), "an overloaded endpoint gets a rest");
  }
  return 0;
}
