#include "store/memory_find.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "store/rules.hpp"

namespace hookwright::stores {
namespace {

// Takes what `keep` accepts from [at, end), up to the limits; `key` of the last element that was
// looked at becomes the cursor if there are others behind it.
template <class Iterator, class Keep, class Key>
void walk(const Query& query, Records& answer, Iterator at, Iterator end, Keep keep, Key key) {
  const std::size_t limit = limit_of(query);
  std::size_t kept = 0;
  std::size_t examined = 0;
  for (; at != end; ++at) {
    if (kept == limit || examined == examined_max) {
      answer.next = cursor(query.kind, key(*std::prev(at)));
      return;
    }
    ++examined;
    if (keep(*at)) ++kept;
  }
}

// Where a walk upwards starts in an ordered map or set.
template <class Ordered, class Position>
auto behind(const Ordered& ordered, const Query& query, const std::optional<Position>& position) {
  if (query.after.empty()) return ordered.begin();
  return position ? ordered.upper_bound(*position) : ordered.end();
}

// And where one downwards does.
template <class Ordered>
auto before(const Ordered& ordered, const Query& query) {
  if (query.after.empty()) return ordered.rbegin();
  const auto row = cursor_number(query);
  return row ? std::make_reverse_iterator(ordered.lower_bound(*row)) : ordered.rend();
}

std::optional<EndpointId> cursor_endpoint(const Query& query) {
  const auto id = cursor_id(query);
  return id ? std::optional(EndpointId{*id}) : std::nullopt;
}

void find_endpoints(const MemoryDatabase& database, const Query& query, Records& answer) {
  const auto keep = [&](const MemoryDatabase::EndpointEntry& entry) {
    if (!query.tenant.empty() && entry.endpoint.tenant != query.tenant) return false;
    if (entry.changed <= query.changed_after) return false;
    answer.endpoints.push_back(entry.endpoint);
    return true;
  };
  const auto keep_id = [&](const EndpointId& id) { return keep(database.endpoints.at(id)); };
  if (query.endpoint) {
    const auto found = database.endpoints.find(query.endpoint);
    if (query.after.empty() && found != database.endpoints.end()) keep(found->second);
  } else if (query.changed_after != 0) {
    const auto& changes = database.endpoints_by_change;
    const auto at = query.after.empty() ? changes.upper_bound(query.changed_after)
                                        : behind(changes, query, cursor_number(query));
    walk(
        query, answer, at, changes.end(),
        [&](const auto& change) { return keep_id(change.second); },
        [](const auto& change) { return change.first; });
  } else if (!query.tenant.empty()) {
    const auto tenant = database.tenants.find(query.tenant);
    if (tenant == database.tenants.end()) return;
    const auto& ids = tenant->second.endpoints;
    walk(query, answer, behind(ids, query, cursor_endpoint(query)), ids.end(), keep_id,
         [](const EndpointId& id) { return bytes_of(id); });
  } else {
    walk(
        query, answer, behind(database.endpoints, query, cursor_endpoint(query)),
        database.endpoints.end(), [&](const auto& entry) { return keep(entry.second); },
        [](const auto& entry) { return bytes_of(entry.first); });
  }
}

void find_last_attempts(const MemoryDatabase& database, Records& answer) {
  for (const StoredEndpoint& endpoint : answer.endpoints) {
    const auto rows = database.attempts_by_endpoint.find(endpoint.id);
    if (rows == database.attempts_by_endpoint.end()) continue;
    answer.attempts.push_back(database.attempts.at(*rows->second.rbegin()));
  }
}

void find_lanes(const MemoryDatabase& database, const Query& query, Records& answer) {
  const auto keep = [&](const auto& entry) {
    if (entry.second.rows.empty() || !database.accepts(entry.first)) return false;
    const std::size_t rows =
        query.endpoint ? std::min(entry.second.rows.size(), counted_max) : std::size_t{0};
    answer.lanes.push_back(
        {.endpoint = entry.first, .due = entry.second.rows.begin()->first.due, .rows = rows});
    return true;
  };
  if (query.endpoint) {
    const auto lane = database.lanes.find(query.endpoint);
    if (query.after.empty() && lane != database.lanes.end()) keep(*lane);
    return;
  }
  walk(query, answer, behind(database.lanes, query, cursor_endpoint(query)), database.lanes.end(),
       keep, [](const auto& entry) { return bytes_of(entry.first); });
}

void find_waiting(const MemoryDatabase& database, const Query& query, Records& answer) {
  const auto lane = database.lanes.find(query.endpoint);
  if (lane == database.lanes.end()) return;
  const auto keep = [&](const auto& entry) {
    if (query.delivery && entry.second.id != query.delivery) return false;
    answer.waiting.push_back(to_waiting(query.endpoint, entry.first, entry.second));
    return true;
  };
  walk(query, answer, behind(lane->second.rows, query, cursor_position(query)),
       lane->second.rows.end(), keep, [](const auto& entry) { return entry.first; });
}

void find_attempts(const MemoryDatabase& database, const Query& query, Records& answer) {
  const auto keep = [&](std::uint64_t row) {
    const Attempt& attempt = database.attempts.at(row);
    if (query.endpoint && attempt.endpoint != query.endpoint) return false;
    if (query.result && attempt.result != *query.result) return false;
    if (!matches(query, attempt.type, attempt.at)) return false;
    answer.attempts.push_back(attempt);
    return true;
  };
  const auto walk_rows = [&](const auto& index, const auto& id) {
    const auto rows = index.find(id);
    if (rows == index.end()) return;
    walk(query, answer, before(rows->second, query), rows->second.rend(), keep,
         [](std::uint64_t row) { return row; });
  };
  if (query.delivery) {
    walk_rows(database.attempts_by_delivery, query.delivery);
  } else if (query.result && *query.result != AttemptResult::delivered) {
    walk_rows(database.undelivered, std::pair(query.endpoint, *query.result));
  } else {
    walk_rows(database.attempts_by_endpoint, query.endpoint);
  }
}

void find_dead_letters(const MemoryDatabase& database, const Query& query, Records& answer) {
  const auto keep = [&](const auto& entry) {
    const DeadLetter& letter = entry.second;
    if (!query.tenant.empty() && letter.event.tenant != query.tenant) return false;
    if (query.endpoint && letter.endpoint != query.endpoint) return false;
    if (!matches(query, letter.event.type, letter.died)) return false;
    answer.dead_letters.push_back(letter);
    return true;
  };
  if (query.delivery) {
    const auto row = database.dead_by_id.find(query.delivery);
    if (query.after.empty() && row != database.dead_by_id.end()) {
      keep(*database.dead.find(row->second));
    }
    return;
  }
  walk(query, answer, before(database.dead, query), database.dead.rend(), keep,
       [](const auto& entry) { return entry.first; });
}

void find_events(const MemoryDatabase& database, const Query& query, Records& answer) {
  const auto keep = [&](const MemoryDatabase::EventEntry& entry) {
    if (!query.tenant.empty() && entry.event->tenant != query.tenant) return false;
    if (query.since && entry.stored < *query.since) return false;
    answer.events.push_back(entry.event);
    return true;
  };
  if (query.event) {
    const auto found = database.events.find(query.event);
    if (query.after.empty() && found != database.events.end()) keep(found->second);
    return;
  }
  walk(
      query, answer, behind(database.events_in_order, query, cursor_number(query)),
      database.events_in_order.end(), [&](const auto& event) { return keep(*event.second); },
      [](const auto& event) { return event.first; });
}

void find_notes(const MemoryDatabase& database, const Query& query, Records& answer) {
  const std::string& prefix = query.key_prefix;
  const auto key = cursor_bytes(query);
  auto at = behind(database.notes, query, key ? std::optional(std::string(*key)) : std::nullopt);
  if (at != database.notes.end() && at->first < prefix) at = database.notes.lower_bound(prefix);
  auto end = at;
  const std::size_t enough = examined_max + 1;
  for (std::size_t n = 0; n < enough && end != database.notes.end(); ++n, ++end) {
    if (!end->first.starts_with(prefix)) break;
  }
  walk(
      query, answer, at, end,
      [&](const auto& entry) {
        if (expired(entry.second.expires, database.latest)) return false;
        answer.notes.push_back(entry.second);
        return true;
      },
      [](const auto& entry) { return std::string_view(entry.first); });
}

}  // namespace

Waiting to_waiting(const EndpointId& endpoint, const LanePosition& position,
                   const MemoryDatabase::Row& row) {
  return {{row.id, row.event->event->id, endpoint, position, row.attempts, row.first_attempt,
           row.spared_since, row.expires, row.attempts_max},
          row.event->event};
}

Records find_in(const MemoryDatabase& database, const Query& query) {
  Records answer;
  switch (query.kind) {
    case RecordKind::endpoints:
      find_endpoints(database, query, answer);
      if (query.last_attempts) find_last_attempts(database, answer);
      break;
    case RecordKind::lanes:
      find_lanes(database, query, answer);
      break;
    case RecordKind::waiting:
      find_waiting(database, query, answer);
      break;
    case RecordKind::attempts:
      find_attempts(database, query, answer);
      break;
    case RecordKind::dead_letters:
      find_dead_letters(database, query, answer);
      break;
    case RecordKind::events:
      find_events(database, query, answer);
      break;
    case RecordKind::notes:
      find_notes(database, query, answer);
      break;
  }
  return answer;
}

}  // namespace hookwright::stores
