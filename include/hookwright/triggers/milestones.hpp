#pragma once

#include <cstdint>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/latch.hpp"

// Milestones that are reached once, whoever notices, whatever is restarted in between: latches for
// PublishOptions::latch, whose header says what holds.

namespace hookwright::triggers {

// "Exceeds a configured click quota" (HyperSnap): more than it, not as many.
[[nodiscard]] constexpr bool threshold_met(std::uint64_t count, std::uint64_t quota) noexcept {
  return count > quota;
}

// For campaign.threshold.met. Publish it at the first count that meets the threshold, and at any
// later one of which you can't tell whether it is the first: one event comes of it.
//
//   if (threshold_met(count, quota))
//     dispatcher.publish(tenant, CampaignThresholdMet{...},
//                        {.latch = threshold_crossing("summer", quota)});
//
// `campaign`: 1 to 128 bytes. Another quota is another crossing. A count that starts anew each
// month is another campaign to this latch: put the month into its name. Throws ConfigError
// ("threshold.campaign").
[[nodiscard]] HOOKWRIGHT_EXPORT Latch threshold_crossing(std::string_view campaign,
                                                         std::uint64_t quota);

enum class DomainStep : std::uint8_t {
  dns_validated = 1,            // the TXT record was found
  certificate_provisioned = 2,  // "SSL provisioning" is done
};

// For domain.verification.complete. Publish the event at each of the two steps, with this latch:
// the one that comes second stores it.
//
// `verification`: 1 to 200 bytes, the domain, or the host's name for this verification of it if a
// domain may be verified again. Throws ConfigError ("domain.verification").
[[nodiscard]] HOOKWRIGHT_EXPORT Latch domain_verified(std::string_view verification,
                                                      DomainStep step);

}  // namespace hookwright::triggers
