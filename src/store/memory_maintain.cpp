#include "store/memory_maintain.hpp"

#include <chrono>
#include <cstddef>

#include "store/rules.hpp"

namespace hookwright::stores {
namespace {

// So that every worker that lives learns of a deletion before its record goes.
constexpr Duration tombstone_kept = std::chrono::hours(1);

class Slice {
 public:
  Slice(MemoryDatabase& database, std::size_t rows) : database_(database), left_(rows) {}

  [[nodiscard]] bool used_up() const { return left_ == 0; }

  void drop_dead_letters(TimePoint now) {
    while (left_ > 0 && !database_.dead_by_expiry.empty()) {
      const auto [expires, row] = *database_.dead_by_expiry.begin();
      if (expires > now) return;
      drop_dead(row);
    }
  }

  void drop_notes(TimePoint now) {
    while (left_ > 0 && !database_.notes_by_expiry.empty()) {
      const auto& [expires, key] = *database_.notes_by_expiry.begin();
      if (!expired(expires, now)) return;
      database_.drop_note(std::string(key));
      --left_;
    }
  }

  void drop_attempts(TimePoint before) {
    while (left_ > 0 && !database_.attempts.empty()) {
      const auto& [row, attempt] = *database_.attempts.begin();
      if (attempt.at >= before) return;
      drop_attempt(row);
    }
  }

  void drop_events(TimePoint before) {
    while (left_ > 0 && !database_.idle_events.empty()) {
      MemoryDatabase::EventEntry& oldest = *database_.idle_events.begin()->second;
      if (oldest.stored >= before) return;
      database_.drop_event(oldest);
      --left_;
    }
  }

  void drop_endpoints(TimePoint now) {
    auto next = database_.deleted_endpoints.begin();
    while (left_ > 0 && next != database_.deleted_endpoints.end()) {
      const EndpointId id = *next++;
      drop_rest_of(id);
      const bool emptied = left_ > 0;
      if (emptied && now - database_.endpoints.at(id).since >= tombstone_kept) {
        database_.drop_endpoint(id);
        --left_;
      }
    }
  }

 private:
  void drop_dead(std::uint64_t row) {
    database_.drop_dead(DeliveryId{database_.dead.at(row).id});
    --left_;
  }

  void drop_attempt(std::uint64_t row) {
    database_.drop_attempt(row);
    --left_;
  }

  void drop_rest_of(const EndpointId& id) {
    const auto lane = database_.lanes.find(id);
    while (left_ > 0 && lane != database_.lanes.end() && !lane->second.rows.empty()) {
      database_.drop_row(id, LanePosition{lane->second.rows.begin()->first});
      --left_;
    }
    while (left_ > 0) {
      const auto rows = database_.attempts_by_endpoint.find(id);
      if (rows == database_.attempts_by_endpoint.end()) break;
      drop_attempt(*rows->second.begin());
    }
    while (left_ > 0) {
      const auto rows = database_.dead_by_endpoint.find(id);
      if (rows == database_.dead_by_endpoint.end()) break;
      drop_dead(*rows->second.begin());
    }
  }

  MemoryDatabase& database_;
  std::size_t left_;
};

}  // namespace

bool maintain_in(MemoryDatabase& database, TimePoint now, const Budget& budget) {
  Slice slice(database, budget.rows_max);
  slice.drop_dead_letters(now);
  slice.drop_notes(now);
  slice.drop_attempts(budget.attempts_before);
  slice.drop_endpoints(now);
  slice.drop_events(budget.events_before);
  return slice.used_up();
}

}  // namespace hookwright::stores
