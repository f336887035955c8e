#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "hookwright/endpoints.hpp"
#include "hookwright/event.hpp"
#include "hookwright/export.hpp"
#include "hookwright/histogram.hpp"
#include "hookwright/latch.hpp"
#include "hookwright/options.hpp"
#include "hookwright/receipt.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

class DispatcherCore;

struct PublishOptions {
  std::optional<TimePoint> at{};  // when it happened; default: now

  // Publishing again with the same key within the window stores nothing, and the receipt says
  // `duplicate`. 1 to 255 bytes, per tenant; empty: none.
  std::string idempotency_key{};
  Duration idempotency_window{std::chrono::hours(24)};

  // Stores the event once, when all of the latch's parts have been recorded. Not together with an
  // idempotency key.
  std::optional<Latch> latch{};

  // What is not delivered by then becomes a dead letter, `expired`, at the next occasion.
  std::optional<TimePoint> expires{};

  // Attempts at most, where that is less than its profile says: 1 is "do not retry". The delivery
  // then becomes a dead letter, `not_retried`, and says nothing of the endpoint's health. 0: as the
  // profile says.
  std::uint32_t attempts_max = 0;
};

// What a shutdown left.
struct Drained {
  bool complete = false;       // nothing that was due or under way is left
  std::size_t cancelled = 0;   // requests cut off; they are sent again after the next start
  std::size_t not_stored = 0;  // queued events not known to be stored; their receipts say more
};

// Counts since the start. Each is exact; together they are a snapshot of slightly different
// moments.
struct Metrics {
  std::uint64_t published = 0;         // events queued
  std::uint64_t nobody_listening = 0;  // publishes that had no subscriber
  std::uint64_t refused = 0;           // publishes refused
  std::uint64_t stored = 0;            // events made durable
  std::uint64_t duplicates = 0;        // events that were durable already
  std::uint64_t recorded = 0;          // events not stored: their latch waits for other parts
  std::uint64_t lost = 0;              // events queued and not known to be stored in the end
  std::uint64_t attempts = 0;          // requests started
  // Deliveries: accepted = delivered + dead + cancelled + those that wait in the store, counted
  // since that was empty. (With a shared store, over all its processes, but for an endpoint that is
  // removed: until another process hears of it, within a third of Options::lease, what that one
  // publishes to it is `accepted` alone, and what it has under way is both `cancelled` and what
  // became of it.)
  std::uint64_t accepted = 0;   // made: by publishing, or again by Endpoints::recover
  std::uint64_t cancelled = 0;  // dropped, since their endpoint was removed
  std::uint64_t delivered = 0;  // deliveries settled as delivered
  std::uint64_t failed = 0;     // attempts that failed and will be retried
  std::uint64_t dead = 0;       // deliveries that became dead letters
  std::uint64_t trials = 0;     // requests of Endpoints::test and verify that have ended
  std::uint64_t spared = 0;     // attempts that failed by a fault of ours
  // Outcomes dropped, since another process holds the lane or the store refuses the record; the
  // latter are told to Observer::store_trouble.
  std::uint64_t fenced = 0;
  std::uint64_t replaced_utf8 = 0;  // invalid UTF-8 sequences written as U+FFFD
  // Exceptions that a store, transport, signer or observer let out.
  std::uint64_t plugin_errors = 0;
  std::uint64_t reports_dropped = 0;  // attempt reports that the observer was too slow for
  std::uint64_t commits = 0;          // store transactions
  std::size_t inbox_events = 0;       // now
  std::size_t inbox_bytes = 0;        // of their bodies, now
  std::size_t in_memory = 0;          // deliveries in lanes, now
  std::size_t in_flight = 0;          // requests under way, now
  Histogram attempt_duration{};       // of every attempt whose outcome is settled
  Histogram delivery_latency{};       // from when an event happened (PublishOptions::at) to when
                                      // an endpoint had taken it, retries included
};

// Stores events and delivers them to every endpoint that subscribes, at least once, on the
// profile's schedule, for as long as it takes.
//
//   hookwright::Options options;
//   options.store = hookwright::make_sqlite_store({.path = "webhooks.db"});
//   options.sealing = hookwright::Sealing({{"2026-03", key}});  // from where the host keeps keys
//   options.catalog = hookwright::snipy::catalog();
//   hookwright::Dispatcher dispatcher(std::move(options));
//   dispatcher.publish("acme", hookwright::snipy::LinkClicked{.link_id = 456, .alias = "my-link"});
//
// Threads: every call may come from any thread, several at once, but for run_until and shutdown:
// one thread. Errors: the constructor throws ConfigError naming "options.<field>". publish throws
// ConfigError for misuse only: a tenant that is empty or longer than 128 bytes, a type that the
// catalogue lacks. All else is in the receipt. Without memory a call throws std::bad_alloc and has
// done nothing; what works in the background, threads or run_until(), waits for memory and loses
// nothing.
class HOOKWRIGHT_EXPORT Dispatcher {
 public:
  explicit Dispatcher(Options options);

  // shutdown(0): ends within the time that one store call takes, and leaves the rest in the store.
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Publishes an event of a tenant. Never blocks on network or disk. Serialises only if somebody
  // listens.
  template <class E>
  Receipt publish(std::string_view tenant, const E& event, const PublishOptions& options = {});

  // The same for bytes that are ready: encode() made them, earlier or elsewhere. Publishing one id
  // again stores nothing.
  Receipt publish(std::string_view tenant, EncodedEvent event, const PublishOptions& options = {});

  // The same for a type that is known at run time only; `data` is the JSON text of one object.
  Receipt publish(std::string_view tenant, const DynamicEvent& event,
                  const PublishOptions& options = {});

  // Several events in one commit: all or none. Those that nobody listens to are left out.
  template <class... E>
  Receipt publish_all(std::string_view tenant, const E&... events);
  Receipt publish_all(std::string_view tenant, std::vector<EncodedEvent> events,
                      const PublishOptions& options = {});

  // publish() and wait: once it returns `yes` the event is durable. `no` where nobody listens, or
  // it was refused: publish() tells which.
  template <class E>
  Stored publish_durable(std::string_view tenant, const E& event,
                         Duration at_most = std::chrono::seconds(10)) {
    return publish(tenant, event).wait(at_most);
  }

  [[nodiscard]] Endpoints& endpoints();
  [[nodiscard]] Metrics metrics() const;

  // With `Options::threads` = 0: does all work that is due until the clock's wall time reaches
  // `until`. Waits in Transport::poll only, so with a virtual clock and a simulated transport hours
  // pass in milliseconds.
  void run_until(TimePoint until);

  // Refuses further events, delivers what is due for at most so long, cuts off what is still under
  // way, settles what has ended. Later calls return at once.
  Drained shutdown(Duration at_most);

 private:
  [[nodiscard]] bool listening(std::string_view tenant, std::string_view family,
                               std::string_view type);
  [[nodiscard]] EncodeOptions encode_options();
  [[nodiscard]] TimePoint now() const;
  [[nodiscard]] Receipt nobody();

  std::unique_ptr<DispatcherCore> core_;
};

template <class E>
Receipt Dispatcher::publish(std::string_view tenant, const E& event,
                            const PublishOptions& options) {
  if constexpr (detail::require_event<E>()) {
    const bool heard = listening(tenant, detail::family_of<E>(), E::event_type);
    if (!heard && !options.latch) return nobody();
    return publish(tenant, encode(event, options.at ? *options.at : now(), encode_options()),
                   options);
  }
}

template <class... E>
Receipt Dispatcher::publish_all(std::string_view tenant, const E&... events) {
  const TimePoint at = now();
  std::vector<EncodedEvent> encoded;
  const auto add = [&](const auto& event) {
    using Type = std::remove_cvref_t<decltype(event)>;
    if (listening(tenant, detail::family_of<Type>(), Type::event_type)) {
      encoded.push_back(encode(event, at, encode_options()));
    }
  };
  (add(events), ...);
  return publish_all(tenant, std::move(encoded), PublishOptions{});
}

}  // namespace hookwright
