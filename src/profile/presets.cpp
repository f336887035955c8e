#include <algorithm>
#include <chrono>
#include <string>

#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "model/ascii.hpp"

namespace hookwright::profiles {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t product_bytes_max = 32;

bool lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool valid_product(std::string_view product) {
  if (product.empty() || product.size() > product_bytes_max) return false;
  if (product.front() == '-' || product.back() == '-') return false;
  return std::all_of(product.begin(), product.end(),
                     [](char c) { return c == '-' || lower_or_digit(ascii_lower(c)); });
}

}  // namespace

Profile hypersnap() {
  Profile profile;
  profile.name = "hypersnap";
  profile.family = "hypersnap";
  profile.wire.signature_header = "x-hypersnap-signature";
  profile.policy.deadline = seconds(3);
  profile.policy.retries = {seconds(30), minutes(2), minutes(10), hours(1), hours(6)};
  profile.policy.on_exhausted = OnExhausted::pause;
  profile.policy.rate_per_minute = 1200;
  profile.active_endpoints_max = 15;
  profile.handshake = true;
  return profile;
}

Profile snipy() {
  Profile profile;
  profile.name = "snipy";
  profile.family = "snipy";
  profile.wire.signature_header = "X-Snipy-Signature";
  profile.wire.event_header = "X-Snipy-Event";
  profile.wire.delivery_header = "X-Snipy-Delivery";
  profile.policy.deadline = seconds(10);
  profile.policy.retries = {minutes(1), minutes(5), minutes(30), hours(2), hours(24)};
  profile.policy.on_exhausted = OnExhausted::disable;
  return profile;
}

Profile snapglyph() {
  Profile profile;
  profile.name = "snapglyph";
  profile.family = "snapglyph";
  profile.wire.signature_header = "X-Snapglyph-Signature";
  profile.wire.signature_prefix = "sha256=";
  profile.wire.event_header = "X-Snapglyph-Event";
  profile.wire.delivery_header = "X-Snapglyph-Delivery";
  profile.policy.deadline = seconds(30);
  profile.policy.retries = {minutes(1), minutes(5), minutes(30), hours(2), hours(24)};
  profile.policy.on_exhausted = OnExhausted::mark_failing;
  return profile;
}

Profile standard_webhooks() {
  Profile profile;
  profile.name = "standard_webhooks";
  profile.wire.signature_header = "webhook-signature";
  profile.wire.signature_prefix = "v1,";
  profile.wire.ed25519_prefix = "v1a,";
  profile.wire.encoding = SignatureEncoding::base64;
  profile.wire.content = SignedContent::id_timestamp_body;
  profile.wire.key = KeyRule::base64;
  profile.wire.several_signatures = true;
  profile.wire.id_header = "webhook-id";
  profile.wire.timestamp_header = "webhook-timestamp";
  profile.policy.deadline = seconds(15);
  profile.policy.retries = {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
                            hours(10),  hours(14),  hours(20),   hours(24)};
  profile.policy.on_exhausted = OnExhausted::disable_after_window;
  profile.policy.gone_disables = true;
  return profile;
}

Profile branded(std::string_view product) {
  if (!valid_product(product)) {
    throw ConfigError("product", "must be 1 to 32 letters, digits and inner hyphens", product);
  }
  const std::string headers = "X-" + std::string(product) + "-";
  Profile profile = standard_webhooks();
  profile.name = ascii_lower(product);
  profile.wire = WireFormat();
  profile.wire.signature_header = headers + "Signature";
  profile.wire.signature_prefix = "sha256=";
  profile.wire.event_header = headers + "Event";
  profile.wire.delivery_header = headers + "Delivery";
  check(profile);  // "Forwarded" would make a header that proxies act on
  return profile;
}

}  // namespace hookwright::profiles
