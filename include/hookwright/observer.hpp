#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hookwright/delivery.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/export.hpp"
#include "hookwright/id.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// One attempt, once its outcome is durable.
struct AttemptReport {
  std::string tenant{};
  std::string type{};  // the event's
  Attempt attempt{};
  std::optional<TimePoint> next_attempt{};  // if it will be retried
  std::string address{};                    // where it went; for the operator
  std::string detail{};                     // what happened; for the operator, never for the tenant
};

enum class NoticeKind : std::uint8_t {
  delivery_exhausted = 1,  // a delivery has become a dead letter: see `death`
  // By its profile, after an exhausted delivery: tell the tenant's admin (HyperSnap).
  endpoint_paused = 2,
  endpoint_disabled = 3,   // by its profile, after an exhausted delivery
  endpoint_failing = 4,    // marked as failing; sending goes on
  endpoint_recovered = 5,  // a success after endpoint_failing or endpoint_at_risk
  endpoint_gone = 6,       // disabled: it answered 410
  endpoint_at_risk = 7,    // it goes on failing, and will be paused, disabled or marked: see `step`
  held_too_long = 8,       // paused for so long that what it held becomes dead letters; once a day
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(NoticeKind kind);

// Something that a person should hear of. Written in the same commit as what it tells of, and told
// at least once, over restarts too.
struct Notice {
  NoticeKind kind{};
  std::string tenant{};
  EndpointId endpoint{};
  DeliveryId delivery{};  // the one that caused it, if one did
  std::string type{};     // its event's type
  Reason reason{};
  DeathReason death{};  // with delivery_exhausted and held_too_long
  TimePoint at{};

  // With endpoint_at_risk, once each until a success: 1 when half of the attempts of a delivery
  // have failed (half of the window has passed), 2 when all but one have (nine tenths).
  std::uint8_t step = 0;
  std::string address{};  // whom to tell: the endpoint's, else the tenant's; may be empty
};

// An event that was queued and could not be stored, or of which nobody knows: its receipt says
// which.
struct LostEvent {
  EventId event{};
  std::string tenant{};
  std::string type{};
  std::string why{};
};

// What the host wants to hear. Override what you need.
//
// Threads: all calls come from the dispatcher's one notifier thread (with `Options::threads` = 0,
// from run_until), never under a lock. Ownership: shared with the dispatcher, which lets go of it
// when it is destroyed. Errors: what notice() throws is counted, and the notice is told again
// later; what the others throw is counted. Time and re-entrancy: may call the dispatcher, but not
// wait for a receipt or shut it down. A slow observer delays other calls to it and nothing else;
// attempt() calls beyond Limits::reports_max waiting are dropped and counted. What hookwright
// promises: no call after shutdown() has returned.
class HOOKWRIGHT_EXPORT Observer {
 public:
  virtual ~Observer();
  virtual void attempt(const AttemptReport& report);
  virtual void notice(const Notice& notice);
  virtual void lost(const LostEvent& event);
  virtual void store_trouble(const std::string& what);  // the store fails, or works again
};

}  // namespace hookwright
