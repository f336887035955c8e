#include "hookwright/triggers/milestones.hpp"

#include <string>

#include "hookwright/error.hpp"

namespace hookwright::triggers {
namespace {

void check_name(std::string_view field, std::string_view name, std::size_t bytes_max) {
  if (!name.empty() && name.size() <= bytes_max) return;
  throw ConfigError(field, "must be 1 to " + std::to_string(bytes_max) + " bytes",
                    std::to_string(name.size()) + " bytes");
}

}  // namespace

Latch threshold_crossing(std::string_view campaign, std::uint64_t quota) {
  check_name("threshold.campaign", campaign, 128);
  // The number first: a name may hold anything.
  return {.key = "threshold/" + std::to_string(quota) + '/' + std::string(campaign)};
}

Latch domain_verified(std::string_view verification, DomainStep step) {
  check_name("domain.verification", verification, 200);
  constexpr auto both = static_cast<std::uint32_t>(DomainStep::dns_validated) |
                        static_cast<std::uint32_t>(DomainStep::certificate_provisioned);
  return {.key = "domain/" + std::string(verification),
          .part = static_cast<std::uint32_t>(step),
          .parts = both};
}

}  // namespace hookwright::triggers
