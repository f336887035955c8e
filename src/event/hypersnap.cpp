#include "hookwright/events/hypersnap.hpp"

#include "event/utc.hpp"

namespace hookwright::hypersnap {

using event::utc;

namespace {
constexpr TimePoint example_time = utc(2024, 6, 15, 8, 32, 11);
}

LinkClickRegistered LinkClickRegistered::sample() {
  return {.short_url = "https://hs.app/cx92m",
          .destination = "https://acme-corp.io/summer-sale",
          .user_agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
          .ip_hash = "a1b2c3d4e5f6",
          .geo = {.country = "US", .city = "Denver"},
          .referrer = "https://twitter.com/"};
}

LinkClickConverted LinkClickConverted::sample() {
  return {.short_url = "https://hs.app/cx92m",
          .destination = "https://acme-corp.io/summer-sale",
          .converted_by = ConvertedBy::utm,
          .utm = Utm{.source = "twitter", .medium = "social", .campaign = "summer-sale"},
          .ip_hash = "a1b2c3d4e5f6",
          .clicked_at = example_time};
}

DomainVerificationComplete DomainVerificationComplete::sample() {
  return {.domain = "go.acme-corp.io",
          .dns_verified_at = utc(2024, 6, 15, 8, 30, 0),
          .ssl_provisioned_at = example_time,
          .certificate_expires_at = utc(2024, 9, 13, 8, 32, 11)};
}

CampaignThresholdMet CampaignThresholdMet::sample() {
  return {.campaign_id = "cmp_7f3k",
          .campaign = "Summer Sale",
          .threshold = 10000,
          .clicks = 10001,
          .alert_route = "marketing"};
}

EncodedEvent LinkClickRegistered::sample_event() {
  return encode(sample(), example_time);
}
EncodedEvent LinkClickConverted::sample_event() {
  return encode(sample(), example_time);
}
EncodedEvent DomainVerificationComplete::sample_event() {
  return encode(sample(), example_time);
}
EncodedEvent CampaignThresholdMet::sample_event() {
  return encode(sample(), example_time);
}

Catalog catalog() {
  return Catalog::of<LinkClickRegistered, LinkClickConverted, DomainVerificationComplete,
                     CampaignThresholdMet>();
}

}  // namespace hookwright::hypersnap
