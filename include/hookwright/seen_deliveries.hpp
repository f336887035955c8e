#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

struct SeenDeliveriesOptions {
  // How long an id is remembered after it was first seen. It must be longer than the sender keeps
  // retrying: 27 hours for Snipy and SnapGlyph, and a day for a replay by hand. The schedule of
  // Standard Webhooks takes 76 hours: give it 100.
  Duration window = std::chrono::hours(27 + 24);

  // Ids remembered at once, about 100 bytes each; beyond it the oldest is forgotten.
  std::size_t max = 100'000;
};

// The ids a receiver has seen lately, so that what arrives twice is handled once: senders deliver
// at least once. In memory only: a receiver that restarts, or runs in several processes, keeps the
// ids beside what it writes, in the same transaction.
//
//   if (!verifier.verify(headers, body, now)) return 401;
//   if (!seen.first_time(delivery, now)) return 200;             // handled before
//   if (!handle(body)) { seen.forget(delivery); return 500; }    // let the retry through
//
// Give it the `X-...-Delivery` header, or `webhook-id` where there is none.
//
// Threads: safe from any. Time: passed in; a clock set back makes ids stay longer, never shorter.
// Errors: the constructor throws ConfigError ("seen_deliveries.window", "seen_deliveries.max") for
// what is not positive; ids of any length and content are taken, since only a digest with a random
// key is kept.
class HOOKWRIGHT_EXPORT SeenDeliveries {
 public:
  explicit SeenDeliveries(SeenDeliveriesOptions options = {});
  ~SeenDeliveries();
  SeenDeliveries(SeenDeliveries&&) noexcept;
  SeenDeliveries& operator=(SeenDeliveries&&) noexcept;

  // Whether the id was not there yet; from now on it is. An empty id is always the first of its
  // kind: a sender that gives none can't be told apart from its retries.
  [[nodiscard]] bool first_time(std::string_view id, TimePoint now);

  // Takes the id out again: what it stood for was not handled after all.
  void forget(std::string_view id);

  // Ids remembered, those included that have expired since the last first_time().
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hookwright
