#pragma once

// What the calls of endpoints.hpp take and give.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/export.hpp"
#include "hookwright/id.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

enum class EndpointOutcome : std::uint8_t {
  ok,
  not_found,          // the tenant has no such endpoint, or it no such delivery
  uid_taken,          // another endpoint of the tenant has this uid
  over_limit,         // the profile's active_endpoints_max or unverified_endpoints_max is reached
  conflict,           // somebody else has changed it: read it again
  store_unavailable,  // nothing has changed; or, after a crash of the store, look again
  shutting_down,
  inactive,  // recover(): it is disabled or unverified, and would not get what is brought back
  busy,      // test(), verify(): too many at once; recover(): too much waits for it
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(EndpointOutcome outcome);

struct EndpointResult {
  EndpointOutcome outcome = EndpointOutcome::store_unavailable;
  Endpoint endpoint{};       // as it is now, if ok
  bool weak_secret = false;  // the one that was given could be guessed: say so to its owner
  [[nodiscard]] bool ok() const { return outcome == EndpointOutcome::ok; }
};

// What came of a test or a handshake.
struct Trial {
  EndpointOutcome outcome = EndpointOutcome::store_unavailable;  // ok: the request was made
  bool accepted = false;  // answered 2xx in time; for a handshake, with the challenge in its body
  Attempt attempt{};      // as the history has it
  Endpoint endpoint{};    // as it is now
};

// One page of a list. What a page looks at is bounded: where a filter, or what has been deleted,
// leaves little of it, a page is short, and after a hundred thousand records that the filter passes
// over it is empty. Only `next` says whether there is more.
template <class Row>
struct Listed {
  std::vector<Row> rows{};
  std::string next{};     // pass it as `after` for the next page; empty: there is no more. Letters
                          // and digits, fit for a URL; any other text as `after` finds nothing
  bool available = true;  // false: the store could not be read just now
};

// An endpoint in a list.
struct ListedEndpoint : Endpoint {
  std::optional<Attempt> last_attempt{};  // of any purpose, if it is still in the history
};

// What a list of attempts or dead letters is to hold.
struct HistoryFilter {
  std::optional<AttemptResult> result{};  // attempts only; all but `delivered` are found at once
  std::string type{};                     // of the event; one that is rare may take several pages
  std::optional<TimePoint> since{};       // started, or died, then or later
  std::optional<TimePoint> until{};       // and before then
};

// What to send once more. Each call of recover() does a bounded part and says where to go on. One
// delivery goes at once. More of them come due one after the other, at half of the endpoint's rate
// and at most a hundred a second, over several calls too, so that what is published meanwhile is
// not held up: events in their order, dead letters some hundreds at a time, the latest lot first.
struct HOOKWRIGHT_EXPORT Recovery {
  enum class What : std::uint8_t { dead_letters, missing };

  // One dead letter, under its delivery's id, so that a receiver that has it can tell; or under a
  // new one.
  [[nodiscard]] static Recovery resend(DeliveryId delivery, bool new_id = false);
  // Every dead letter of that time and later.
  [[nodiscard]] static Recovery since(TimePoint time);
  // Every stored event of that time and later, of the types that the endpoint subscribes to, that
  // there is no delivery of: it neither waits nor is a dead letter, and was never attempted. Those
  // from before the history begins (Limits::attempt_retention) are left alone.
  [[nodiscard]] static Recovery missing_since(TimePoint time);

  What what = What::dead_letters;
  DeliveryId delivery{};
  bool new_id = false;
  HistoryFilter only{};         // result has no meaning here
  std::size_t at_most = 1'000;  // records looked at in one call, 1 to 10,000; fewer where much lies
                                // between that does not concern it
  std::string after{};          // Recovered::next of the call before; empty: from the start
};

struct Recovered {
  EndpointOutcome outcome = EndpointOutcome::store_unavailable;
  std::size_t looked_at = 0;
  std::size_t sent = 0;  // they wait for the endpoint now
  std::string next{};    // there may be more: call again with it as Recovery::after
  // With missing_since: no event of the endpoint's types is unknown to the store from then on, nor
  // whether it was delivered.
  TimePoint complete_since{};
};

// What a tenant says for all its endpoints. Other processes on a shared store know it within a
// third of Options::lease.
struct TenantSettings {
  std::string notify{};      // whom to tell (Notice::address); at most 255 bytes
  bool keep_events = false;  // stores every event, whether an endpoint subscribes to it or not, so
                             // that one made later can be given those (Recovery::missing_since)
};

}  // namespace hookwright
