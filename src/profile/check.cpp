#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/header.hpp"
#include "hookwright/profile.hpp"
#include "policy/header.hpp"

namespace hookwright {
namespace {

constexpr std::size_t profile_name_bytes_max = 64;
constexpr std::size_t prefix_bytes_max = 32;
constexpr std::size_t retries_max = 100;
constexpr std::size_t rate_max = 6'000'000;
constexpr std::size_t held_bound = 1'000'000;
constexpr std::size_t in_flight_bound = 10'000;
constexpr Duration deadline_max = std::chrono::minutes(10);
constexpr Duration span_max = std::chrono::hours(24 * 366);  // sums of them stay far from overflow

[[noreturn]] void refuse(std::string_view field, std::string_view rule, std::string_view value) {
  throw ConfigError("profile." + std::string(field), rule, value);
}

void check_count(std::string_view field, std::size_t value, std::size_t min, std::size_t max) {
  if (value >= min && value <= max) return;
  refuse(field, "must be " + std::to_string(min) + " to " + std::to_string(max),
         std::to_string(value));
}

void check_span(std::string_view field, Duration value, Duration max) {
  if (value > Duration::zero() && value <= max) return;
  refuse(field, "must be positive and " + std::to_string(max.count()) + " ms at most",
         std::to_string(value.count()) + " ms");
}

void check_label(std::string_view field, std::string_view text) {
  const bool valid = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (valid && text.size() <= profile_name_bytes_max) return;
  refuse(field, "must be 64 bytes at most of a-z, 0-9, _ and -", text);
}

using NamedHeader = std::pair<std::string_view, std::string_view>;

void check_header_name(const NamedHeader& header, bool standard_headers_ride) {
  const auto& [field, name] = header;
  if (!valid_header_name(name)) refuse(field, "must be an HTTP token of 1 to 64 bytes", name);
  if (policy::reserved_header(name)) refuse(field, "must not be a header that HTTP uses", name);
  if (standard_headers_ride && policy::header_name_starts_with(name, "webhook-")) {
    refuse(field, "must not start with webhook- while wire.standard_headers_too is set", name);
  }
}

void check_prefix(std::string_view field, std::string_view prefix) {
  // A blank would separate signatures, and a receiver would see two where there is one.
  const bool visible =
      std::all_of(prefix.begin(), prefix.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!visible || prefix.size() > prefix_bytes_max) {
    refuse(field, "must be 32 bytes at most of visible ASCII without blanks", prefix);
  }
}

void check_ed25519(const WireFormat& wire) {
  const std::string_view prefix = wire.ed25519_prefix;
  if (prefix.empty()) {
    if (wire.generated != SecretKind::ed25519) return;
    refuse("wire.generated", "must be hmac where there is no wire.ed25519_prefix", "ed25519");
  }
  if (wire.key != KeyRule::base64) {
    refuse("wire.ed25519_prefix", "must be empty unless wire.key is base64", prefix);
  }
  if (prefix.starts_with(wire.signature_prefix) || wire.signature_prefix.starts_with(prefix)) {
    refuse("wire.ed25519_prefix", "must not begin like wire.signature_prefix, nor the other way",
           prefix);
  }
}

void check_wire(const WireFormat& wire) {
  if (wire.signature_header.empty()) {
    refuse("wire.signature_header", "must be given: every request is signed", {});
  }
  const std::array<NamedHeader, 5> headers = {{{"wire.signature_header", wire.signature_header},
                                               {"wire.event_header", wire.event_header},
                                               {"wire.delivery_header", wire.delivery_header},
                                               {"wire.id_header", wire.id_header},
                                               {"wire.timestamp_header", wire.timestamp_header}}};
  const bool ride = wire.standard_headers_too && wire.content == SignedContent::body;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].second.empty()) continue;
    check_header_name(headers[i], ride);
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      if (policy::same_header_name(headers[earlier].second, headers[i].second)) {
        refuse(headers[i].first, "must differ from " + std::string(headers[earlier].first),
               headers[i].second);
      }
    }
  }
  check_prefix("wire.signature_prefix", wire.signature_prefix);
  check_prefix("wire.ed25519_prefix", wire.ed25519_prefix);
  check_ed25519(wire);
  if (wire.content == SignedContent::id_timestamp_body) {
    constexpr std::string_view rule = "must be given: it is part of what is signed";
    if (wire.id_header.empty()) refuse("wire.id_header", rule, {});
    if (wire.timestamp_header.empty()) refuse("wire.timestamp_header", rule, {});
  }
}

void check_policy(const DeliveryPolicy& policy) {
  check_count("policy.retries", policy.retries.size(), 1, retries_max);
  for (std::size_t i = 0; i < policy.retries.size(); ++i) {
    check_span("policy.retries[" + std::to_string(i) + "]", policy.retries[i], span_max);
  }
  check_count("policy.exhausted_after", policy.exhausted_after, 0, policy.retries.size() + 1);
  if (!(policy.jitter_max >= 0.0 && policy.jitter_max <= 1.0)) {  // also false for NaN
    refuse("policy.jitter_max", "must be 0 to 1", std::to_string(policy.jitter_max));
  }
  check_span("policy.deadline", policy.deadline, deadline_max);
  if (policy.on_exhausted == OnExhausted::disable_after_window) {
    check_span("policy.failing_window", policy.failing_window, span_max);
  }
  check_count("policy.rate_per_minute", policy.rate_per_minute, 0, rate_max);
  if (policy.rate_per_minute != 0) check_count("policy.rate_burst", policy.rate_burst, 1, rate_max);
  check_count("policy.in_flight_max", policy.in_flight_max, 1, in_flight_bound);
  check_span("policy.dead_letter_retention", policy.dead_letter_retention, span_max);
  check_span("policy.held_age_max", policy.held_age_max, span_max);
  check_count("policy.held_max", policy.held_max, 1, held_bound);
}

}  // namespace

void check(const Profile& profile) {
  if (profile.name.empty()) refuse("name", "must be given: it is stored with every endpoint", {});
  check_label("name", profile.name);
  check_label("family", profile.family);
  check_wire(profile.wire);
  check_policy(profile.policy);
}

}  // namespace hookwright
