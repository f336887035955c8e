#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/conditions.hpp"
#include "hookwright/export.hpp"
#include "hookwright/header.hpp"
#include "hookwright/id.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// Whether an endpoint gets events.
//
//               new events   what waits for it
//   active      sent         sent, by the profile's schedule
//   paused      held         held: DeliveryPolicy::held_age_max and held_max bound how long and how
//                            much; beyond, the oldest become dead letters, `held_too_long`
//   disabled    skipped      becomes dead letters: `gone` after a 410, else `deactivated`
//   unverified  skipped      held, as if paused
//
// Held is sent, in order and at the endpoint's rate, once it is enabled. Skipped events stay in the
// store for Limits::event_retention, and dead letters for the profile's dead_letter_retention:
// Endpoints::recover() brings both back. Sending to an active endpoint may go on while it is marked
// as `failing`; the next success clears the mark.
//
// A request that is under way when the status changes ends as it does: a success counts, and what
// has failed waits as the table says.
enum class Status : std::uint8_t {
  active = 0,
  paused = 1,
  disabled = 2,
  unverified = 3,  // its receiver has not yet said that it wants events (Profile::handshake)
};

// Why an endpoint is not active.
enum class Reason : std::uint8_t {
  none = 0,
  by_user = 1,    // paused or disabled by a call
  exhausted = 2,  // a delivery's retries were used up, and its profile says so
  gone = 3,       // it answered 410, and its profile heeds that
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Status status);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Reason reason);

// What a caller says of an endpoint.
struct EndpointSpec {
  std::string url{};  // as the egress policy allows: https by default
  // What it subscribes to: "link.clicked", "link.*" or "*"; 1 to 256 of them.
  std::vector<std::string> events{};
  std::optional<Secret> secret{};  // at least 16 bytes; none: one of 32 random bytes is made
  // Of its own for the Standard Webhooks headers: "whsec_..." or "whsk_...".
  std::optional<Secret> standard_secret{};
  std::string profile{};      // name of its profile; empty: the dispatcher's default
  std::string uid{};          // the host's own name for it, unique in the tenant, at most 255 bytes
  std::string description{};  // for people; at most 1 KiB
  std::string notify{};       // whom to tell of it; empty: whom the tenant says; at most 255 bytes
  std::vector<Header> headers{};  // sent with every request; at most 20
  Conditions conditions{};        // on the payload: which of these events it gets
};

// A subscription: where a tenant's events of some types are sent, and how that goes.
struct Endpoint {
  EndpointId id{};
  std::uint64_t version = 0;  // one more with each change
  std::string tenant{};
  std::string url{};  // canonical
  std::vector<std::string> events{};
  std::vector<Secret> secrets{};             // newest first, at least one
  std::optional<TimePoint> overlap_until{};  // there are two secrets until then
  std::optional<Secret> standard_secret{};
  std::string profile{};
  std::string uid{};
  std::string description{};
  std::vector<Header> headers{};
  Conditions conditions{};
  std::string notify{};

  Status status = Status::active;
  Reason reason = Reason::none;
  bool failing = false;  // a delivery was exhausted, nothing succeeded since; sending goes on
  // When the first delivery since the last success was exhausted.
  std::optional<TimePoint> first_exhausted{};
  std::uint8_t warned = 0;  // steps of NoticeKind::endpoint_at_risk told since the last success
  bool verified = true;     // false: its receiver must pass the handshake first
  std::optional<TimePoint> stopped{};  // since when it is not active
  TimePoint subscribed{};              // since when it subscribes to just these events
  TimePoint created{};
  TimePoint updated{};
};

}  // namespace hookwright
