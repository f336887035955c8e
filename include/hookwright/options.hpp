#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hookwright/catalog.hpp"
#include "hookwright/clock.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/export.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/sealing.hpp"
#include "hookwright/signer.hpp"
#include "hookwright/store.hpp"
#include "hookwright/transport.hpp"

namespace hookwright {

// Bounds. The defaults suit a server that does other work beside webhooks. The dispatcher throws
// ConfigError ("options.limits.<field>") for one that cannot work: of the sizes and numbers only
// `breaker_after` may be 0, and no time may be negative.
struct Limits {
  std::size_t body_bytes_max = 102'400;   // of an event; Express's default limit for JSON bodies
  std::size_t inbox_events_max = 16'384;  // published and not yet handed to the store
  std::size_t inbox_bytes_max = std::size_t{64} << 20;  // of their bodies

  // Of one endpoint in memory, at least 2; the rest waits in the store. Where, within a second,
  // events of other endpoints went out without having waited, an endpoint's backlog is read eight
  // rows at a time, 3 ms apart, and as many more as have come to it meanwhile (ours; not with a
  // shared store).
  std::size_t lane_rows_max = 2'048;
  std::size_t rows_max = 65'536;  // of all endpoints in memory, at least lane_rows_max
  // Requests under way at once, per delivery thread. One unanswered for 250 ms makes room: of those
  // there may be three times as many, and half of unsettled_max. Endpoints not heard from yet share
  // half of in_flight_max; their requests and those of slow ones start four at a time, one each
  // millisecond beside 32 that have not answered, on connections that are not kept (all ours).
  std::size_t in_flight_max = 256;
  std::size_t host_in_flight_max = 64;  // of these, to one host and port
  double tenant_share_max = 0.5;        // of in_flight_max, for one tenant; above 0, to 1
  double slow_share_max = 0.25;         // to endpoints that timed out last time, one each; likewise

  // After so many timeouts and failed connections in a row an endpoint is only probed: one request
  // at a time, after a pause that grows from a second to the longest (1 ms to 24 h), until one is
  // answered. What waits meanwhile is sent later and costs no attempt. 0: never. (Ours.)
  std::size_t breaker_after = 10;
  Duration breaker_pause_max{30'000};

  // Deliveries started whose outcome is not durable yet: a crash repeats at most so many.
  std::size_t unsettled_max = 1'024;

  Duration outcome_delay_max{50};   // for which an outcome waits for company before it is committed
  Duration commit_spacing_max{20};  // between commits under load; at once when idle
  // For which a failing store is tried again before events are reported as lost.
  Duration store_patience{5'000};

  std::size_t reports_max = 4'096;  // attempt reports waiting for the observer

  Duration event_retention{std::chrono::hours(24)};  // of events that no delivery needs any more
  Duration attempt_retention{std::chrono::hours(24 * 7)};  // of the history
};

// Makes the transport of one delivery thread, as make_curl_transport() does. Called by the
// dispatcher's constructor, on the caller's thread, once for each of `Options::threads` (once for
// 0); `egress` is Options::egress, valid during the call: keep a copy. What it throws comes out of
// the constructor; null is a ConfigError.
using TransportFactory = std::function<std::unique_ptr<Transport>(const EgressPolicy& egress)>;

// What a dispatcher is made of. `store` and `catalog` have no default; the rest works as it stands,
// but for `sealing`, which a durable store needs.
struct Options {
  std::unique_ptr<Store> store{};
  Catalog catalog{};  // what may be published and subscribed to; not empty

  // Beside hypersnap, snipy, snapglyph and standard_webhooks, which are always there. An endpoint
  // names one by Profile::name, so no name may come twice.
  std::vector<Profile> profiles{};
  std::string default_profile = "standard_webhooks";  // of endpoints that name none
  EgressPolicy egress = EgressPolicy::production();

  // How endpoints' secrets lie in the store: Sealing({{"2026-03", key}}) with a key that the host
  // keeps elsewhere, or Sealing::none(). A durable store needs one or the other said.
  std::optional<Sealing> sealing{};

  TransportFactory transport{};          // default: libcurl
  std::unique_ptr<Signer> signer{};      // default: make_openssl_signer()
  std::shared_ptr<Clock> clock{};        // default: the system's
  std::shared_ptr<Observer> observer{};  // default: nobody

  // Delivery threads, 1 to 64; an endpoint's host and port decide which one serves it. 0: the
  // dispatcher has no threads at all, and works in run_until() and in calls that wait.
  std::size_t threads = 1;

  // Of ids and jitter; 0 draws from the operating system. Dispatchers on one store, one after the
  // other or together, need different ones, or their ids would be the same.
  std::uint64_t seed = 0;
  std::string user_agent{};                // default: "hookwright/<version>"
  std::string worker_name = "hookwright";  // for people who read a shared store

  // Shared stores: the lanes of a process that is silent for so long are taken over, and what
  // another process does to an endpoint is known here within a third of it. At least 100 ms.
  Duration lease{std::chrono::seconds(15)};
  Limits limits{};
};

}  // namespace hookwright
