#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/store.hpp"

namespace hookwright {

// The records of all memory stores that share it, with every index they need. Each function below
// keeps the indexes true; whoever calls one holds `mutex`.
class MemoryDatabase {
 public:
  struct EventEntry {
    std::shared_ptr<const StoredEvent> event{};
    TimePoint stored{};
    std::uint64_t order = 0;    // of storing
    std::uint64_t waiting = 0;  // deliveries that need it
  };

  struct Row {
    DeliveryId id{};
    EventEntry* event = nullptr;
    std::uint32_t attempts = 0;
    TimePoint first_attempt{};
    TimePoint spared_since{};
    TimePoint expires{};
    std::uint32_t attempts_max = 0;
  };

  // The waiting rows of one endpoint, and who may send from them.
  struct Lane {
    std::map<LanePosition, Row> rows{};
    std::optional<IdBytes> holder{};
    std::uint64_t epoch = 0;
    TimePoint hold{};
    std::optional<TimePoint> ready{};  // as listed in `ready_`
  };

  struct WorkerEntry {
    Duration lease{};
    TimePoint beat{};
    std::set<EndpointId> held{};
    std::set<EndpointId> dirty{};  // held, and others have put rows into them
    std::vector<EndpointId> lost{};
    [[nodiscard]] bool lives(TimePoint now) const { return now - beat <= lease; }
  };

  struct EndpointEntry {
    StoredEndpoint endpoint{};
    std::uint64_t changed = 0;  // endpoints_version that this change made
    TimePoint since{};          // of this change
  };

  struct Tenant {
    std::set<EndpointId> endpoints{};
    std::map<std::uint8_t, std::size_t> counting{};  // by StoredEndpoint::counts
  };

  std::mutex mutex{};
  bool damaged = false;  // there was no memory in the middle of a change
  TimePoint latest{};    // the latest `now` of any call
  std::uint64_t workers_ever = 0;
  std::uint64_t endpoints_version = 0;

  std::map<EndpointId, EndpointEntry> endpoints{};
  std::map<std::uint64_t, EndpointId> endpoints_by_change{};
  std::map<std::string, Tenant> tenants{};
  std::set<EndpointId> deleted_endpoints{};

  std::unordered_map<EventId, EventEntry> events{};
  std::map<std::uint64_t, EventEntry*> events_in_order{};
  std::set<std::pair<std::uint64_t, EventEntry*>> idle_events{};  // that no delivery needs, by age

  std::map<EndpointId, Lane> lanes{};
  std::set<std::pair<TimePoint, EndpointId>> ready{};  // lanes that nobody holds, by when they may
  std::map<IdBytes, WorkerEntry> workers{};

  std::map<std::uint64_t, Attempt> attempts{};
  std::unordered_map<EndpointId, std::set<std::uint64_t>> attempts_by_endpoint{};
  std::unordered_map<DeliveryId, std::set<std::uint64_t>> attempts_by_delivery{};
  // Without those that were delivered: the rest is rare, and asked for.
  std::map<std::pair<EndpointId, AttemptResult>, std::set<std::uint64_t>> undelivered{};

  std::map<std::uint64_t, DeadLetter> dead{};
  std::unordered_map<DeliveryId, std::uint64_t> dead_by_id{};
  std::unordered_map<EndpointId, std::set<std::uint64_t>> dead_by_endpoint{};
  std::set<std::pair<TimePoint, std::uint64_t>> dead_by_expiry{};

  std::map<std::string, Note> notes{};
  std::set<std::pair<TimePoint, std::string>> notes_by_expiry{};

  // False where nothing may be kept for the endpoint: it is absent or deleted.
  [[nodiscard]] bool accepts(const EndpointId& id) const;
  [[nodiscard]] std::uint64_t endpoint_version(const EndpointId& id) const;
  void put_endpoint(const StoredEndpoint& endpoint, TimePoint now);
  void drop_endpoint(const EndpointId& id);

  void put_event(const std::shared_ptr<const StoredEvent>& event, TimePoint now);
  void drop_event(EventEntry& entry);

  // `by` is the worker that puts it; a holder who is another must hear of it.
  void put_row(const Delivery& delivery, const IdBytes& by);
  void drop_row(const EndpointId& endpoint, const LanePosition& position);

  void take_lane(const EndpointId& id, const IdBytes& worker);
  void free_lane(const EndpointId& id, TimePoint hold);
  // What a worker asks for by ReleaseLane.
  void release_lane(const EndpointId& id, const IdBytes& worker, TimePoint hold);
  // Frees what workers hold whose lease has ended.
  void bury_workers(TimePoint now);

  void put_attempt(const Attempt& attempt);
  void drop_attempt(std::uint64_t row);
  void put_dead(const DeadLetter& letter);
  void drop_dead(const DeliveryId& id);
  [[nodiscard]] std::uint64_t note_version(const std::string& key, TimePoint now) const;
  void put_note(const Note& note);
  void drop_note(const std::string& key);

 private:
  void count(const StoredEndpoint& endpoint, bool more);
  void need(EventEntry& event, bool more);
  void relist(const EndpointId& id, Lane& lane);

  std::uint64_t events_ever_ = 0;
};

}  // namespace hookwright
