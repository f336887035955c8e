#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/catalog.hpp"
#include "hookwright/event.hpp"
#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

// The events of HyperSnap, as its page "Event Types" lists them. link.click.registered has the
// fields of the page's example: sample() is the example's `data`, sample_event() its whole body.
// Its prose promises "device fingerprint, and geographic coordinates", which the example lacks:
// they are optional here, at the end of their objects. The page gives no body for the other three;
// theirs are Ours, from its prose.

namespace hookwright::hypersnap {

inline constexpr std::string_view family = "hypersnap";

// Where a visitor was.
struct Geo {
  std::string country{};  // ISO 3166, "US"
  std::string city{};
  std::optional<double> lat{};  // Ours: degrees, north positive
  std::optional<double> lon{};  // Ours: degrees, east positive

  void fields(auto& f) const {
    f("country", country);
    f("city", city);
    f("lat", lat);
    f("lon", lon);
  }
};

struct HOOKWRIGHT_EXPORT LinkClickRegistered {
  static constexpr std::string_view event_type = "link.click.registered";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Triggers immediately when a visitor resolves a short URL.";

  std::string short_url{};
  std::string destination{};
  std::string user_agent{};
  std::string ip_hash{};
  Geo geo{};
  std::string referrer{};
  std::optional<std::string> device_fingerprint{};  // Ours: the name; the prose promises the thing

  void fields(auto& f) const {
    f("short_url", short_url);
    f("destination", destination);
    f("user_agent", user_agent);
    f("ip_hash", ip_hash);
    f("geo", geo);
    f("referrer", referrer);
    f("device_fingerprint", device_fingerprint);
  }
  static LinkClickRegistered sample();
  static EncodedEvent sample_event();
};

// Ours: the campaign parameters of the landing page's address, without their prefix "utm_".
struct Utm {
  std::string source{};
  std::string medium{};
  std::string campaign{};
  std::optional<std::string> term{};
  std::optional<std::string> content{};

  void fields(auto& f) const {
    f("source", source);
    f("medium", medium);
    f("campaign", campaign);
    f("term", term);
    f("content", content);
  }
};

// Ours: which of the two ways of the prose it was.
enum class ConvertedBy { utm, pixel };
[[nodiscard]] constexpr std::string_view to_string(ConvertedBy way) noexcept {
  return way == ConvertedBy::utm ? "utm" : "pixel";
}

// Ours. For ROI attribution: which click it was, and what made it a conversion.
struct HOOKWRIGHT_EXPORT LinkClickConverted {
  static constexpr std::string_view event_type = "link.click.converted";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fires when a click matches a predefined UTM pattern or passes through a "
      "pixel-tagged landing page.";

  std::string short_url{};
  std::string destination{};
  ConvertedBy converted_by{};
  std::optional<Utm> utm{};               // what matched, where a pattern did
  std::optional<std::string> pixel_id{};  // whose page it was, where a pixel told
  std::string ip_hash{};                  // as in the click that it converts
  TimePoint clicked_at{};

  void fields(auto& f) const {
    f("short_url", short_url);
    f("destination", destination);
    f("converted_by", converted_by);
    f("utm", utm);
    f("pixel_id", pixel_id);
    f("ip_hash", ip_hash);
    f("clicked_at", clicked_at);
  }
  static LinkClickConverted sample();
  static EncodedEvent sample_event();
};

// Ours. The two steps of the prose, and when a workflow must expect a new certificate.
struct HOOKWRIGHT_EXPORT DomainVerificationComplete {
  static constexpr std::string_view event_type = "domain.verification.complete";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Signals that a custom domain has passed DNS TXT record validation and SSL provisioning.";

  std::string domain{};
  TimePoint dns_verified_at{};
  TimePoint ssl_provisioned_at{};
  std::optional<TimePoint> certificate_expires_at{};

  void fields(auto& f) const {
    f("domain", domain);
    f("dns_verified_at", dns_verified_at);
    f("ssl_provisioned_at", ssl_provisioned_at);
    f("certificate_expires_at", certificate_expires_at);
  }
  static DomainVerificationComplete sample();
  static EncodedEvent sample_event();
};

// Ours.
struct HOOKWRIGHT_EXPORT CampaignThresholdMet {
  static constexpr std::string_view event_type = "campaign.threshold.met";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Dispatched when a link group exceeds a configured click quota (e.g., 10,000 impressions).";

  std::string campaign_id{};
  std::string campaign{};                    // its name
  std::int64_t threshold = 0;                // the quota
  std::int64_t clicks = 0;                   // the count that exceeds it
  std::optional<std::string> alert_route{};  // where the alert should go ("dynamic alert routing")

  void fields(auto& f) const {
    f("campaign_id", campaign_id);
    f("campaign", campaign);
    f("threshold", threshold);
    f("clicks", clicks);
    f("alert_route", alert_route);
  }
  static CampaignThresholdMet sample();
  static EncodedEvent sample_event();
};

// All four.
[[nodiscard]] HOOKWRIGHT_EXPORT Catalog catalog();

}  // namespace hookwright::hypersnap
