#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/id.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// How a call to a store ended.
enum class StoreCode : std::uint8_t {
  ok,
  unavailable,  // nothing has happened; the same call may work later
  full,         // nothing has happened; there is no space
  unknown,      // it may have happened: repeat it
  broken,       // the store can't be trusted any more
};

struct StoreStatus {
  StoreCode code = StoreCode::ok;
  std::string detail{};  // for the operator; no bodies, no secrets
  [[nodiscard]] bool ok() const { return code == StoreCode::ok; }
};

// --- Records that only the store and the dispatcher see

// An endpoint, as a store keeps it: a few columns that stores need, and the rest in a form of the
// dispatcher's.
struct StoredEndpoint {
  EndpointId id{};
  std::uint64_t version = 0;  // 1 when created, one more with each change
  std::string tenant{};
  // Towards which limit of its tenant's (TenantCountBelow), unless it is deleted: 1 or 2; 0: none.
  std::uint8_t counts = 0;
  bool deleted = false;   // a tombstone, so that other workers learn of it; maintain() drops it
  std::string details{};  // opaque bytes; may hold sealed secrets
};

// A key and a value that expire: an idempotency key, a latch, a notice, a counter.
struct Note {
  std::string key{};          // at most 512 bytes, any bytes
  std::uint64_t version = 0;  // another with each change, never 0
  std::string value{};        // at most 64 KiB, any bytes
  // From then on the note counts as absent, and stays so although a clock is set back: by the
  // latest time that the store was told. The epoch: never.
  TimePoint expires{};
};

// --- Writes

// A put replaces the record of the same key, an event's and an attempt's excepted: those never
// change, so the first one stays. Keys are the id of an endpoint, event or dead letter (its
// delivery's), endpoint and position of a delivery, the row of an attempt, the key of a note. A
// delivery's next attempt is a DropDelivery and a PutDelivery at its new position, in one change.
// Versions and rows come with the record: a store gives none.
//
// Dropping what is not there does nothing. What belongs to an endpoint (deliveries, attempts, dead
// letters) is left out where that endpoint is absent or deleted by then, whatever else it names,
// and the change is applied all the same. A put with `deleted` removes nothing else: maintain()
// does, and until then what the endpoint left may be read.

struct PutEndpoint {
  StoredEndpoint endpoint{};
};
struct PutEvent {
  std::shared_ptr<const StoredEvent> event{};  // keep the pointer if you like; it never changes
};
// Its event is in the store, or earlier in the same change; otherwise the change is unstorable,
// unless the delivery is left out anyway.
struct PutDelivery {
  Delivery delivery{};
};
struct DropDelivery {
  EndpointId endpoint{};
  LanePosition position{};
};
struct PutAttempt {
  Attempt attempt{};
};
struct PutDeadLetter {
  DeadLetter letter{};
};
struct DropDeadLetter {
  DeliveryId id{};
};
struct PutNote {
  Note note{};
};
struct DropNote {
  std::string key{};
};
// This worker no longer holds the lane, if it did; whoever may acquires it once a row of it is due,
// but not before `hold`. If nobody holds it, only `hold` changes; if another does, nothing. A
// one-process store ignores it.
struct ReleaseLane {
  EndpointId endpoint{};
  TimePoint hold{};
};

using Write = std::variant<PutEndpoint, PutEvent, PutDelivery, DropDelivery, PutAttempt,
                           PutDeadLetter, DropDeadLetter, PutNote, DropNote, ReleaseLane>;

// --- Preconditions

// This worker holds the lane, by this epoch: no heartbeat has freed it. A one-process store takes
// it as true.
struct LaneHeld {
  EndpointId endpoint{};
  std::uint64_t epoch = 0;
};

// The record is at this version; 0: there is none (a tombstone is one).
struct EndpointAt {
  EndpointId id{};
  std::uint64_t version = 0;
};
struct EventAbsent {
  EventId id{};
};
struct NoteAt {
  std::string key{};
  std::uint64_t version = 0;
};

// The row waits at this position, after this many attempts.
struct DeliveryAt {
  EndpointId endpoint{};
  LanePosition position{};
  std::uint32_t attempts = 0;
};

// Fewer than `n` endpoints of the tenant count towards that limit (`StoredEndpoint::counts`), this
// change not yet included.
struct TenantCountBelow {
  std::string tenant{};
  std::size_t n = 0;
  std::uint8_t limit = 1;
};

using Precondition =
    std::variant<LaneHeld, EndpointAt, EventAbsent, NoteAt, DeliveryAt, TenantCountBelow>;

// --- Batches

// Writes that are carried out together, in their order, if all preconditions hold in the state that
// the changes before it have left. Preconditions come first: a change is `unstorable` only where
// they hold.
struct Change {
  std::vector<Precondition> only_if{};
  std::vector<Write> writes{};
};

struct Batch {
  std::vector<Change> changes{};
};

enum class ChangeOutcome : std::uint8_t {
  applied,
  lane_lost,   // LaneHeld did not hold
  mismatch,    // a version, an absence or a waiting row was not as expected
  over_limit,  // TenantCountBelow did not hold
  unstorable,  // the store refuses this change, whole: a note or an Attempt::excerpt is over its
               // bound, an event is null, a delivery lacks its event, or a record is larger than
               // the store can hold
};

struct ChangeResult {
  ChangeOutcome outcome = ChangeOutcome::applied;
  std::size_t precondition = 0;  // index of the first that did not hold
};

struct Committed {
  StoreStatus status{};
  std::vector<ChangeResult> results{};  // one per change if status is ok
};

}  // namespace hookwright
