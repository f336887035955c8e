#include "store/memory_database.hpp"

#include <algorithm>

namespace hookwright {
namespace {

// Takes a row out of an index of rows.
template <class Index, class Key>
void unlist(Index& index, const Key& key, std::uint64_t row) {
  const auto rows = index.find(key);
  rows->second.erase(row);
  if (rows->second.empty()) index.erase(rows);
}

}  // namespace

// --- Endpoints

bool MemoryDatabase::accepts(const EndpointId& id) const {
  const auto found = endpoints.find(id);
  return found != endpoints.end() && !found->second.endpoint.deleted;
}

std::uint64_t MemoryDatabase::endpoint_version(const EndpointId& id) const {
  const auto found = endpoints.find(id);
  return found == endpoints.end() ? 0 : found->second.endpoint.version;
}

void MemoryDatabase::count(const StoredEndpoint& endpoint, bool more) {
  Tenant& tenant = tenants[endpoint.tenant];
  if (endpoint.counts != 0 && !endpoint.deleted) {
    std::size_t& counting = tenant.counting[endpoint.counts];
    counting = more ? counting + 1 : counting - 1;
  }
  if (more) {
    tenant.endpoints.insert(endpoint.id);
  } else {
    tenant.endpoints.erase(endpoint.id);
  }
  if (tenant.endpoints.empty()) tenants.erase(endpoint.tenant);
}

void MemoryDatabase::put_endpoint(const StoredEndpoint& endpoint, TimePoint now) {
  const auto found = endpoints.find(endpoint.id);
  if (found != endpoints.end()) {
    count(found->second.endpoint, false);
    endpoints_by_change.erase(found->second.changed);
  }
  const std::uint64_t changed = ++endpoints_version;
  endpoints.insert_or_assign(endpoint.id, EndpointEntry{endpoint, changed, now});
  endpoints_by_change.emplace(changed, endpoint.id);
  count(endpoint, true);
  if (endpoint.deleted) {
    deleted_endpoints.insert(endpoint.id);
  } else {
    deleted_endpoints.erase(endpoint.id);
  }
  const auto lane = lanes.find(endpoint.id);
  if (lane != lanes.end()) relist(lane->first, lane->second);
}

void MemoryDatabase::drop_endpoint(const EndpointId& id) {
  const auto found = endpoints.find(id);
  if (found == endpoints.end()) return;
  free_lane(id, {});
  lanes.erase(id);
  count(found->second.endpoint, false);
  endpoints_by_change.erase(found->second.changed);
  deleted_endpoints.erase(id);
  endpoints.erase(found);
}

// --- Events

void MemoryDatabase::put_event(const std::shared_ptr<const StoredEvent>& event, TimePoint now) {
  const auto [at, is_new] = events.try_emplace(event->id);
  if (!is_new) return;
  at->second.event = event;
  at->second.stored = now;
  at->second.order = ++events_ever_;
  idle_events.emplace(at->second.order, &at->second);
  events_in_order.emplace(at->second.order, &at->second);
}

void MemoryDatabase::drop_event(EventEntry& entry) {
  idle_events.erase({entry.order, &entry});
  events_in_order.erase(entry.order);
  events.erase(EventId{entry.event->id});  // a copy: the key dies with the entry
}

void MemoryDatabase::need(EventEntry& event, bool more) {
  if (more) {
    if (event.waiting++ == 0) idle_events.erase({event.order, &event});
  } else {
    if (--event.waiting == 0) idle_events.emplace(event.order, &event);
  }
}

// --- Lanes

void MemoryDatabase::put_row(const Delivery& delivery, const IdBytes& by) {
  EventEntry& event = events.at(delivery.event);
  need(event, true);
  Lane& lane = lanes[delivery.endpoint];
  const Row row{
      delivery.id,           &event,           delivery.attempts,    delivery.first_attempt,
      delivery.spared_since, delivery.expires, delivery.attempts_max};
  const auto [at, is_new] = lane.rows.try_emplace(delivery.position, row);
  if (!is_new) {
    need(*at->second.event, false);
    at->second = row;
  }
  if (lane.holder && *lane.holder != by) workers[*lane.holder].dirty.insert(delivery.endpoint);
  relist(delivery.endpoint, lane);
}

void MemoryDatabase::drop_row(const EndpointId& endpoint, const LanePosition& position) {
  const auto lane = lanes.find(endpoint);
  if (lane == lanes.end()) return;
  const auto row = lane->second.rows.find(position);
  if (row == lane->second.rows.end()) return;
  need(*row->second.event, false);
  lane->second.rows.erase(row);
  relist(endpoint, lane->second);
}

void MemoryDatabase::relist(const EndpointId& id, Lane& lane) {
  std::optional<TimePoint> at;
  if (!lane.holder && !lane.rows.empty() && accepts(id)) {
    at = std::max(lane.rows.begin()->first.due, lane.hold);
  }
  if (at == lane.ready) return;
  if (lane.ready) ready.erase({*lane.ready, id});
  if (at) ready.emplace(*at, id);
  lane.ready = at;
}

void MemoryDatabase::take_lane(const EndpointId& id, const IdBytes& worker) {
  Lane& lane = lanes[id];
  lane.holder = worker;
  ++lane.epoch;
  workers[worker].held.insert(id);
  relist(id, lane);
}

void MemoryDatabase::free_lane(const EndpointId& id, TimePoint hold) {
  const auto lane = lanes.find(id);
  if (lane == lanes.end()) return;
  if (lane->second.holder) {
    WorkerEntry& holder = workers[*lane->second.holder];
    holder.held.erase(id);
    holder.dirty.erase(id);
    lane->second.holder.reset();
  }
  lane->second.hold = hold;
  relist(id, lane->second);
}

void MemoryDatabase::release_lane(const EndpointId& id, const IdBytes& worker, TimePoint hold) {
  if (!accepts(id)) return;
  const Lane& lane = lanes[id];
  if (!lane.holder || *lane.holder == worker) free_lane(id, hold);
}

void MemoryDatabase::bury_workers(TimePoint now) {
  for (auto& [id, worker] : workers) {
    if (worker.lives(now)) continue;
    const std::vector<EndpointId> held(worker.held.begin(), worker.held.end());
    worker.lost.insert(worker.lost.end(), held.begin(), held.end());
    for (const EndpointId& lane : held) free_lane(lane, lanes[lane].hold);
  }
}

// --- History

void MemoryDatabase::put_attempt(const Attempt& attempt) {
  if (!attempts.try_emplace(attempt.row, attempt).second) return;
  attempts_by_endpoint[attempt.endpoint].insert(attempt.row);
  attempts_by_delivery[attempt.delivery].insert(attempt.row);
  if (attempt.result != AttemptResult::delivered)
    undelivered[{attempt.endpoint, attempt.result}].insert(attempt.row);
}

void MemoryDatabase::drop_attempt(std::uint64_t row) {
  const auto found = attempts.find(row);
  if (found == attempts.end()) return;
  const Attempt& attempt = found->second;
  unlist(attempts_by_endpoint, attempt.endpoint, row);
  unlist(attempts_by_delivery, attempt.delivery, row);
  if (attempt.result != AttemptResult::delivered)
    unlist(undelivered, std::pair(attempt.endpoint, attempt.result), row);
  attempts.erase(found);
}

void MemoryDatabase::put_dead(const DeadLetter& letter) {
  drop_dead(letter.id);
  dead.emplace(letter.row, letter);
  dead_by_id.emplace(letter.id, letter.row);
  dead_by_endpoint[letter.endpoint].insert(letter.row);
  dead_by_expiry.emplace(letter.expires, letter.row);
}

void MemoryDatabase::drop_dead(const DeliveryId& id) {
  const auto row = dead_by_id.find(id);
  if (row == dead_by_id.end()) return;
  const auto letter = dead.find(row->second);
  dead_by_expiry.erase({letter->second.expires, letter->first});
  unlist(dead_by_endpoint, letter->second.endpoint, letter->first);
  dead.erase(letter);
  dead_by_id.erase(row);
}

// --- Notes

std::uint64_t MemoryDatabase::note_version(const std::string& key, TimePoint now) const {
  const auto found = notes.find(key);
  if (found == notes.end()) return 0;
  const Note& note = found->second;
  return note.expires != TimePoint{} && note.expires <= now ? 0 : note.version;
}

void MemoryDatabase::put_note(const Note& note) {
  drop_note(note.key);
  notes.emplace(note.key, note);
  if (note.expires != TimePoint{}) notes_by_expiry.emplace(note.expires, note.key);
}

void MemoryDatabase::drop_note(const std::string& key) {
  const auto found = notes.find(key);
  if (found == notes.end()) return;
  notes_by_expiry.erase({found->second.expires, found->second.key});
  notes.erase(found);
}

}  // namespace hookwright
