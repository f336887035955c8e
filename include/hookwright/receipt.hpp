#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/id.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

enum class Publication : std::uint8_t {
  queued,            // on its way to the store: see Stored
  nobody_listening,  // no endpoint of the tenant subscribes to it; nothing was serialised or
                     // written
  refused,           // see Refusal; nothing will happen
};

enum class Refusal : std::uint8_t {
  none,
  inbox_full,       // the store does not keep up; the host decides what to drop
  body_too_large,   // above Limits::body_bytes_max
  unrepresentable,  // a value that JSON can't carry unchanged; message() names the field
  shutting_down,
  store_unavailable,  // the store has been failing for a while
};

enum class Stored : std::uint8_t {
  pending,    // not yet
  yes,        // durable: it will be delivered or end as a dead letter, crashes or not
  duplicate,  // durable already: the same event id, idempotency key or latch
  recorded,   // durable is the part of a latch; the event is stored by who records the last part
  no,         // it could not be stored, and never will be; message() says why
  unknown,    // the store broke, or the dispatcher was shut down, before the store had answered: it
              // may be there, and is then delivered. To be sure publish the same EncodedEvent again
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Publication publication);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Refusal refusal);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Stored stored);

namespace detail {
struct ReceiptState;
}

// What became of a publish. Cheap to copy; may be thrown away; may outlive the dispatcher.
//
// Threads: any, several at once. Accepted is said only of what is durable: `queued` alone survives
// no crash.
class HOOKWRIGHT_EXPORT Receipt {
 public:
  Receipt() = default;

  [[nodiscard]] Publication publication() const { return publication_; }
  [[nodiscard]] bool queued() const { return publication_ == Publication::queued; }
  [[nodiscard]] Refusal refusal() const { return refusal_; }

  // Why it was refused or not stored, in words; empty otherwise.
  [[nodiscard]] std::string message() const;

  // The event's id, fixed before anything is written; none unless queued. After publish_all, the
  // first event's. With Stored::duplicate by a key or a latch it becomes the id of the event that
  // was stored first.
  [[nodiscard]] EventId event() const;

  // How it stands, without waiting. `no` unless queued.
  [[nodiscard]] Stored stored() const;

  // Waits until that is known, at most so long. With `Options::threads` = 0 it does the
  // dispatcher's work meanwhile, what is due now even if `at_most` is zero. Must not be called from
  // a callback of the dispatcher.
  Stored wait(Duration at_most) const;

  // Calls `done` once, when it is known: on the dispatcher's notifier thread, or at once if it is
  // known already.
  void on_stored(std::function<void(Stored)> done) const;

 private:
  friend class DispatcherCore;
  Publication publication_ = Publication::nobody_listening;
  Refusal refusal_ = Refusal::none;
  std::string message_{};
  std::shared_ptr<detail::ReceiptState> state_{};
};

}  // namespace hookwright
