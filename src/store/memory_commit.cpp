#include "store/memory_commit.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <variant>

#include "store/rules.hpp"

namespace hookwright::stores {
namespace {

// What a precondition finds.
struct Check {
  const MemoryDatabase& database;
  const IdBytes& worker;
  TimePoint now;

  ChangeOutcome operator()(const LaneHeld& held) const {
    const auto lane = database.lanes.find(held.endpoint);
    const bool holds = lane != database.lanes.end() && lane->second.holder == worker &&
                       lane->second.epoch == held.epoch;
    return holds ? ChangeOutcome::applied : ChangeOutcome::lane_lost;
  }
  ChangeOutcome operator()(const EndpointAt& at) const {
    return matched(database.endpoint_version(at.id) == at.version);
  }
  ChangeOutcome operator()(const EventAbsent& absent) const {
    return matched(!database.events.contains(absent.id));
  }
  ChangeOutcome operator()(const NoteAt& at) const {
    // By the same time as find(), whose clock the asker's may be behind.
    return matched(database.note_version(at.key, std::max(now, database.latest)) == at.version);
  }
  ChangeOutcome operator()(const DeliveryAt& at) const {
    const auto lane = database.lanes.find(at.endpoint);
    if (lane == database.lanes.end()) return ChangeOutcome::mismatch;
    const auto row = lane->second.rows.find(at.position);
    return matched(row != lane->second.rows.end() && row->second.attempts == at.attempts);
  }
  ChangeOutcome operator()(const TenantCountBelow& below) const {
    const auto tenant = database.tenants.find(below.tenant);
    std::size_t counting = 0;
    if (tenant != database.tenants.end()) {
      const auto found = tenant->second.counting.find(below.limit);
      if (found != tenant->second.counting.end()) counting = found->second;
    }
    return counting < below.n ? ChangeOutcome::applied : ChangeOutcome::over_limit;
  }

  static ChangeOutcome matched(bool it_is) {
    return it_is ? ChangeOutcome::applied : ChangeOutcome::mismatch;
  }
};

// Whether an endpoint is there once these writes are done.
bool lives_after(const MemoryDatabase& database, std::span<const Write> writes,
                 const EndpointId& id) {
  for (std::size_t i = writes.size(); i-- > 0;) {
    const auto* put = std::get_if<PutEndpoint>(&writes[i]);
    if (put != nullptr && put->endpoint.id == id) return !put->endpoint.deleted;
  }
  return database.accepts(id);
}

// All that can be wrong with the writes is found before the first of them.
bool all_storable(const MemoryDatabase& database, std::span<const Write> writes) {
  const auto brings = [](const EventId& id) {
    return [&id](const Write& write) {
      const auto* put = std::get_if<PutEvent>(&write);
      return put != nullptr && put->event->id == id;
    };
  };
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!storable(writes[i])) return false;
    const auto* put = std::get_if<PutDelivery>(&writes[i]);
    if (put == nullptr || database.events.contains(put->delivery.event)) continue;
    const auto before = writes.first(i);
    if (std::ranges::none_of(before, brings(put->delivery.event)) &&
        lives_after(database, before, put->delivery.endpoint))
      return false;
  }
  return true;
}

struct Carry {
  MemoryDatabase& database;
  const IdBytes& worker;
  TimePoint now;

  void operator()(const PutEndpoint& put) const { database.put_endpoint(put.endpoint, now); }
  void operator()(const PutEvent& put) const { database.put_event(put.event, now); }
  void operator()(const PutDelivery& put) const {
    if (database.accepts(put.delivery.endpoint)) database.put_row(put.delivery, worker);
  }
  void operator()(const DropDelivery& drop) const {
    database.drop_row(drop.endpoint, drop.position);
  }
  void operator()(const PutAttempt& put) const {
    if (database.accepts(put.attempt.endpoint)) database.put_attempt(put.attempt);
  }
  void operator()(const PutDeadLetter& put) const {
    if (database.accepts(put.letter.endpoint)) database.put_dead(put.letter);
  }
  void operator()(const DropDeadLetter& drop) const { database.drop_dead(drop.id); }
  void operator()(const PutNote& put) const { database.put_note(put.note); }
  void operator()(const DropNote& drop) const { database.drop_note(drop.key); }
  void operator()(const ReleaseLane& release) const {
    database.release_lane(release.endpoint, worker, release.hold);
  }
};

}  // namespace

ChangeResult apply(MemoryDatabase& database, const IdBytes& worker, const Change& change,
                   TimePoint now) {
  for (std::size_t i = 0; i < change.only_if.size(); ++i) {
    const ChangeOutcome found = std::visit(Check{database, worker, now}, change.only_if[i]);
    if (found != ChangeOutcome::applied) return {found, i};
  }
  if (!all_storable(database, change.writes)) return {ChangeOutcome::unstorable, 0};
  for (const Write& write : change.writes) std::visit(Carry{database, worker, now}, write);
  return {};
}

}  // namespace hookwright::stores
