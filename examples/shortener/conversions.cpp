#include "conversions.hpp"

#include <chrono>
#include <vector>

#include "links.hpp"
#include "visitor.hpp"
#include "webhooks.hpp"

namespace hypersnap = hookwright::hypersnap;
namespace triggers = hookwright::triggers;

namespace {

constexpr std::int64_t quota = 3;  // small, so that a demo reaches it
constexpr hookwright::Duration lifetime = std::chrono::hours(24);

// What this shortener's customer counts as a conversion.
const triggers::UtmPattern conversion_pattern{.medium = "email", .campaign = "summer-*"};

}  // namespace

// A real shortener keeps the secret, so that tokens outlive a restart.
Conversions::Conversions(hookwright::Dispatcher& dispatcher)
    : dispatcher_(dispatcher), tokens_({hookwright::Secret::generate()}, {.lifetime = lifetime}) {}

std::string Conversions::destination(const Link& link, std::int64_t clicks) const {
  const hookwright::TimePoint at = now();
  const std::string click = link.alias + '.' + std::to_string(clicks) + '.' +
                            std::to_string(at.time_since_epoch().count());
  return triggers::tag(link.target, tokens_.issue(click, at));
}

void Conversions::clicked(const Link& link, std::string_view short_url, const Visitor& visitor,
                          std::int64_t clicks) {
  if (const auto utm = triggers::read_utm(link.target);
      utm && triggers::matches(conversion_pattern, *utm)) {
    dispatcher_.publish(tenant,
                        hypersnap::LinkClickConverted{.short_url = std::string(short_url),
                                                      .destination = link.target,
                                                      .converted_by = hypersnap::ConvertedBy::utm,
                                                      .utm = utm,
                                                      .ip_hash = visitor.ip_hash(),
                                                      .clicked_at = now()});
  }
  // Counts here begin anew with the process, and the crossing is the first one's.
  if (clicks != quota + 1) return;
  dispatcher_.publish(
      tenant,
      hypersnap::CampaignThresholdMet{.campaign_id = std::to_string(link.id),
                                      .campaign = link.alias,
                                      .threshold = quota,
                                      .clicks = clicks},
      {.latch = triggers::threshold_crossing(link.alias, static_cast<std::uint64_t>(quota))});
}

void Conversions::shown(std::string_view token, const Visitor& visitor) {
  const auto click = tokens_.check(token, now());
  if (!click) return;
  dispatcher_.publish(tenant,
                      hypersnap::LinkClickConverted{.converted_by = hypersnap::ConvertedBy::pixel,
                                                    .pixel_id = click->click,
                                                    .ip_hash = visitor.ip_hash(),
                                                    .clicked_at = click->expires - lifetime},
                      {.latch = triggers::once_per_click(*click, now())});
}

void Conversions::domain_step(const std::string& domain, triggers::DomainStep step) {
  hypersnap::DomainVerificationComplete complete{.domain = domain};
  {
    const std::lock_guard lock(mutex_);
    Steps& steps = domains_[domain];
    (step == triggers::DomainStep::dns_validated ? steps.dns : steps.certificate) = now();
    complete.dns_verified_at = steps.dns;
    complete.ssl_provisioned_at = steps.certificate;
  }
  dispatcher_.publish(tenant, complete, {.latch = triggers::domain_verified(domain, step)});
}
