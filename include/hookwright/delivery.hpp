#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/id.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// Something that happened, as it is stored: once, whatever the number of its endpoints. `body` is
// what is signed and sent, byte for byte, on every attempt.
struct StoredEvent {
  EventId id{};
  std::string tenant{};
  std::string type{};
  std::string family{};
  TimePoint at{};
  std::string body{};
};

// Where a waiting delivery stands in its endpoint's lane: by due time, then in the order of
// commits.
struct LanePosition {
  TimePoint due{};
  std::uint64_t row = 0;  // given by the dispatcher, unique in the store, rising
  friend auto operator<=>(const LanePosition&, const LanePosition&) = default;
};

// One event on its way to one endpoint, waiting for its next attempt. The row is the queue entry:
// there is no other.
struct Delivery {
  DeliveryId id{};
  EventId event{};
  EndpointId endpoint{};
  LanePosition position{};
  std::uint32_t attempts = 0;  // made and charged so far; also the record's version
  TimePoint first_attempt{};   // start of the first one; the epoch if there was none
  // First of an unbroken run of faults of ours; the epoch if there is none.
  TimePoint spared_since{};
  TimePoint expires{};             // not sent from then on; the epoch: never expires
  std::uint32_t attempts_max = 0;  // of its own; 0: as its profile says
};

// A delivery with what it delivers.
struct Waiting {
  Delivery delivery{};
  std::shared_ptr<const StoredEvent> event{};
};

// What an attempt meant for its delivery.
enum class AttemptResult : std::uint8_t {
  delivered = 0,  // a 2xx arrived in time
  failed = 1,     // and will be retried
  exhausted = 2,  // and was the last one
  gone = 3,       // answered 410 where that ends the endpoint
};

// What a request was for.
enum class Purpose : std::uint8_t {
  delivery = 0,
  test = 1,  // a sample, sent by hand: never retried, without meaning for the endpoint's health
  handshake = 2,  // asked the receiver whether it wants to be one
};

// One request that was made, kept as history.
struct Attempt {
  std::uint64_t row = 0;  // unique in the store, rising
  DeliveryId delivery{};
  EventId event{};
  EndpointId endpoint{};
  std::string type{};  // the event's
  Purpose purpose{};
  std::uint32_t number = 0;  // 1 for the first
  TimePoint at{};            // when it started
  Duration elapsed{};
  AttemptResult result{};
  Fault fault{};
  int status = 0;  // 0 if none arrived
  // The beginning of a failed attempt's answer, at most 4 KiB: valid UTF-8, its control characters
  // and what was invalid as U+FFFD.
  std::string excerpt{};
};

// Why a delivery was given up.
enum class DeathReason : std::uint8_t {
  exhausted = 0,      // its retries were used up
  gone = 1,           // its endpoint answered 410, where that ends it
  deactivated = 2,    // its endpoint was disabled while it waited
  held_too_long = 3,  // its endpoint was paused for longer, or with more to hold, than it may
  expired = 4,        // it was not to be sent any more (PublishOptions::expires)
  not_retried = 5,  // it failed, and was to be tried that often only (PublishOptions::attempts_max)
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(AttemptResult result);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Purpose purpose);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(DeathReason reason);

// A delivery that was given up, kept whole so that it can be inspected and sent again.
struct DeadLetter {
  DeliveryId id{};
  EndpointId endpoint{};
  StoredEvent event{};
  DeathReason reason{};
  std::uint32_t attempts = 0;
  Fault fault{};   // of the last attempt
  int status = 0;  // of the last attempt
  TimePoint died{};
  TimePoint expires{};  // dropped after this
  std::uint64_t row = 0;
};

}  // namespace hookwright
