#include "store/sqlite_reader.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "store/rules.hpp"
#include "store/sqlite_page.hpp"
#include "store/sqlite_tables.hpp"

namespace hookwright::stores {

// --- Events and lanes

std::shared_ptr<const StoredEvent> EventReader::read(std::int64_t no) {
  const auto found = read_.find(no);
  if (found != read_.end()) return found->second;
  Rows rows = statement_.rows(no);
  if (!rows.next()) throw SqliteError(SQLITE_CORRUPT, "a waiting delivery's event is missing");
  const std::int64_t high = rows.integer(0);
  auto event = std::make_shared<StoredEvent>();
  event->id = EventId{id_of({high, rows.integer(1)})};
  event->tenant = rows.text(2);
  event->type = rows.text(3);
  event->family = rows.text(4);
  event->at = time_in(high) + Duration(rows.integer(5));
  event->body = rows.text(6);
  bytes_ += event->body.size();
  read_.emplace(no, event);
  return event;
}

LaneRows::LaneRows(Statement& near, Statement& far, std::int64_t endpoint,
                   const LanePosition& after)
    : near_(near.rows(endpoint, after.due, after.row)),
      far_(far.rows(-endpoint, after.due, after.row)) {
  step(near_, near_at_);
  step(far_, far_at_);
}

void LaneRows::step(Rows& rows, std::optional<LanePosition>& at) {
  at.reset();
  if (rows.next()) at = LanePosition{rows.time(0), rows.number(1)};
}

bool LaneRows::next() {
  if (row_ == &near_) step(near_, near_at_);
  if (row_ == &far_) step(far_, far_at_);
  if (!near_at_ && !far_at_) return false;
  row_ = !far_at_ || (near_at_ && *near_at_ < *far_at_) ? &near_ : &far_;
  return true;
}

std::string LaneReader::rows_of_lane() {
  return "SELECT due, row, id, event, attempts, first_attempt, spared_since, expires,"
         " attempts_max FROM delivery"
         " WHERE lane = ?1 AND (due, row) > (?2, ?3) ORDER BY due, row";
}

std::optional<std::int64_t> LaneReader::number_of(const EndpointId& endpoint) {
  Rows rows = endpoint_.rows(endpoint);
  return rows.next() ? std::optional(rows.integer(0)) : std::nullopt;
}

namespace {

Waiting waiting_from(const Rows& rows, const EndpointId& endpoint, EventReader& events) {
  Waiting waiting;
  waiting.event = events.read(rows.integer(3));
  waiting.delivery = {DeliveryId{rows.id(2)},
                      waiting.event->id,
                      endpoint,
                      {rows.time(0), rows.number(1)},
                      static_cast<std::uint32_t>(rows.number(4)),
                      rows.time(5),
                      rows.time(6),
                      rows.time(7),
                      static_cast<std::uint32_t>(rows.number(8))};
  return waiting;
}

}  // namespace

void LaneReader::fill(LanePage& page, const LaneCursor& cursor, TimePoint now,
                      EventReader& events) {
  page.endpoint = cursor.endpoint;
  const auto endpoint = number_of(cursor.endpoint);
  if (!endpoint) return;
  LaneRows rows(near_, far_, *endpoint, cursor.after);
  while (rows.next()) {
    const TimePoint due = rows.row().time(0);
    if (due > now) {
      page.next_due = due;
      return;
    }
    const bool enough = !page.rows.empty() && events.bytes() >= answer_bytes_max;
    if (page.rows.size() == cursor.limit || enough) {
      page.more = true;
      return;
    }
    page.rows.push_back(waiting_from(rows.row(), cursor.endpoint, events));
  }
}

void LaneReader::find(const Query& query, Records& answer, EventReader& events) {
  const auto endpoint = number_of(query.endpoint);
  const auto after = query.after.empty() ? LanePosition{} : cursor_position(query);
  if (!endpoint || !after) return;
  const auto keep = [&](const Rows& rows) -> std::optional<std::size_t> {
    if (query.delivery && rows.id(2) != query.delivery) return std::nullopt;
    answer.waiting.push_back(waiting_from(rows, query.endpoint, events));
    return answer.waiting.back().event->body.size();
  };
  walk(query, answer, LaneRows(near_, far_, *endpoint, *after), keep, [](const Rows& rows) {
    return LanePosition{rows.time(0), rows.number(1)};
  });
}

// --- The other kinds

std::string SqliteFinder::endpoints_where(const char* condition) {
  return std::string(
             "SELECT e.id, e.version, t.name, e.counts, e.deleted, e.details, e.changed"
             " FROM endpoint e JOIN tenant t ON t.no = e.tenant WHERE ") +
         condition;
}

std::string SqliteFinder::dead_letters_where(const char* condition) {
  return std::string(
             "SELECT d.row, d.id, e.id, t.name, k.type, k.family, d.event, d.at, d.reason,"
             " d.attempts, d.fault, d.status, d.died, d.expires, d.body"
             " FROM dead_letter d JOIN endpoint e ON e.no = d.endpoint"
             " JOIN tenant t ON t.no = d.tenant JOIN kind k ON k.no = d.kind WHERE ") +
         condition;
}

Records SqliteFinder::find(const Query& query, TimePoint latest) {
  // One snapshot, so that what a row refers to is there as well.
  struct Snapshot {
    const Connection& connection;
    ~Snapshot() { connection.roll_back(); }  // it only read
  } const snapshot{connection_};
  begin_.run();

  Records answer;
  events_.begin();
  switch (query.kind) {
    case RecordKind::endpoints:
      find_endpoints(query, answer);
      if (query.last_attempts) history_.find_last(answer);
      break;
    case RecordKind::lanes:
      find_lanes(query, answer);
      break;
    case RecordKind::waiting:
      lanes_.find(query, answer, events_);
      break;
    case RecordKind::attempts:
      history_.find(query, answer);
      break;
    case RecordKind::dead_letters:
      find_dead_letters(query, answer);
      break;
    case RecordKind::events:
      find_events(query, answer);
      break;
    case RecordKind::notes:
      find_notes(query, latest, answer);
      break;
  }
  events_.begin();
  return answer;
}

void SqliteFinder::find_endpoints(const Query& query, Records& answer) {
  const auto keep = [&](const Rows& rows) -> std::optional<std::size_t> {
    StoredEndpoint endpoint{EndpointId{rows.id(0)}, rows.number(1),
                            rows.text(2),           static_cast<std::uint8_t>(rows.integer(3)),
                            rows.integer(4) != 0,   rows.text(5)};
    if (!query.tenant.empty() && endpoint.tenant != query.tenant) return std::nullopt;
    if (rows.number(6) <= query.changed_after) return std::nullopt;
    const std::size_t bytes = endpoint.details.size();
    answer.endpoints.push_back(std::move(endpoint));
    return bytes;
  };
  const auto by_id = [](const Rows& rows) { return std::string(bytes_of(rows.id(0))); };
  if (query.endpoint) {
    if (query.after.empty()) walk(query, answer, endpoint_.rows(query.endpoint), keep, by_id);
    return;
  }
  if (query.changed_after != 0) {
    const auto after = query.after.empty() ? query.changed_after : cursor_number(query);
    if (!after) return;
    walk(query, answer, endpoints_changed_.rows(*after), keep,
         [](const Rows& rows) { return rows.number(6); });
    return;
  }
  const auto after = query.after.empty() ? IdBytes{} : cursor_id(query);
  if (!after) return;
  // Every id is behind no bytes at all, the one of zeros too.
  const std::string_view bytes = query.after.empty() ? std::string_view() : bytes_of(*after);
  if (query.tenant.empty()) {
    walk(query, answer, endpoints_.rows(bytes), keep, by_id);
  } else {
    walk(query, answer, endpoints_of_tenant_.rows(query.tenant, bytes), keep, by_id);
  }
}

std::optional<TimePoint> SqliteFinder::first_due(std::int64_t endpoint) {
  std::optional<TimePoint> due;
  for (const std::int64_t lane : {endpoint, -endpoint}) {
    Rows rows = first_row_.rows(lane);
    if (rows.next() && (!due || rows.time(0) < *due)) due = rows.time(0);
  }
  return due;
}

std::size_t SqliteFinder::count_rows(std::int64_t endpoint) {
  std::size_t rows = 0;
  for (const std::int64_t lane : {endpoint, -endpoint}) {
    Rows counted = count_rows_.rows(lane, static_cast<std::uint64_t>(counted_max - rows));
    if (counted.next()) rows += counted.number(0);
  }
  return rows;
}

// From lane to lane by one seek each, however many rows they have.
void SqliteFinder::find_lanes(const Query& query, Records& answer) {
  const auto add = [&](std::int64_t no) {
    const auto due = first_due(no);
    Rows endpoint = endpoint_by_number_.rows(no);
    if (due && endpoint.next() && endpoint.integer(1) == 0) {
      answer.lanes.push_back({.endpoint = EndpointId{endpoint.id(0)},
                              .due = *due,
                              .rows = query.endpoint ? count_rows(no) : std::size_t{0}});
    }
  };
  if (query.endpoint) {
    Rows number = endpoint_number_.rows(query.endpoint);
    if (query.after.empty() && number.next()) add(number.integer(0));
    return;
  }
  const auto after = query.after.empty() ? 0 : cursor_number(query);
  if (!after) return;
  auto last = static_cast<std::int64_t>(*after);
  constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
  const auto seek = [](Statement& statement, std::int64_t from) {
    Rows rows = statement.rows(from);
    rows.next();
    return rows.integer(0) == 0 ? none : rows.integer(0);  // no lane has the number 0
  };
  std::int64_t near = last;
  std::int64_t far = last;
  for (std::size_t examined = 0;; ++examined) {
    if (near != none && near <= last) near = seek(next_near_, last);
    if (far != none && far <= last) {
      far = seek(next_far_, -last);
      if (far != none) far = -far;
    }
    if (near == none && far == none) return;
    if (answer.lanes.size() == limit_of(query) || examined == examined_max) {
      answer.next = cursor(query.kind, static_cast<std::uint64_t>(last));
      return;
    }
    last = std::min(near, far);
    add(last);
  }
}

void SqliteFinder::find_dead_letters(const Query& query, Records& answer) {
  const auto keep = [&](const Rows& rows) -> std::optional<std::size_t> {
    const EndpointId endpoint{rows.id(2)};
    if (query.endpoint && endpoint != query.endpoint) return std::nullopt;
    if (!query.tenant.empty() && rows.bytes(3) != query.tenant) return std::nullopt;
    if (!matches(query, rows.bytes(4), rows.time(12))) return std::nullopt;
    DeadLetter letter;
    letter.row = rows.number(0);
    letter.id = DeliveryId{rows.id(1)};
    letter.endpoint = endpoint;
    letter.event = {EventId{rows.id(6)}, rows.text(3), rows.text(4),
                    rows.text(5),        rows.time(7), rows.text(14)};
    letter.reason = static_cast<DeathReason>(rows.integer(8));
    letter.attempts = static_cast<std::uint32_t>(rows.number(9));
    letter.fault = static_cast<Fault>(rows.integer(10));
    letter.status = static_cast<int>(rows.integer(11));
    letter.died = rows.time(12);
    letter.expires = rows.time(13);
    answer.dead_letters.push_back(std::move(letter));
    return answer.dead_letters.back().event.body.size();
  };
  const auto key = [](const Rows& rows) { return rows.number(0); };
  const std::uint64_t below = row_below(query);
  if (query.delivery) {
    if (query.after.empty()) walk(query, answer, dead_letter_.rows(query.delivery), keep, key);
  } else if (query.endpoint) {
    Rows number = endpoint_number_.rows(query.endpoint);
    if (!number.next()) return;
    walk(query, answer, dead_letters_of_endpoint_.rows(number.integer(0), below), keep, key);
  } else if (!query.tenant.empty()) {
    walk(query, answer, dead_letters_of_tenant_.rows(query.tenant, below), keep, key);
  } else {
    walk(query, answer, dead_letters_.rows(below), keep, key);
  }
}

void SqliteFinder::find_events(const Query& query, Records& answer) {
  if (query.event) {
    const IdNumbers id = numbers_of(query.event);
    Rows rows = event_.rows(id.high, id.low);
    if (!query.after.empty() || !rows.next()) return;
    auto event = events_.read(rows.integer(0));
    if (query.tenant.empty() || event->tenant == query.tenant)
      answer.events.push_back(std::move(event));
    return;
  }
  std::int64_t tenant = 0;
  std::int64_t after = 0;
  {
    Rows name = tenant_number_.rows(query.tenant);
    if (!name.next()) return;
    tenant = name.integer(0);
    // A segment knows when the last of its events was stored.
    Rows segments = segments_since_.rows(query.since.value_or(TimePoint::min()));
    if (!segments.next()) return;
    after = (segments.integer(0) << segment_bits) - 1;
  }
  if (!query.after.empty()) {
    const auto number = cursor_number(query);
    if (!number) return;
    after = static_cast<std::int64_t>(*number);
  }
  const auto keep = [&](const Rows& rows) -> std::optional<std::size_t> {
    if (rows.integer(1) != tenant) return std::nullopt;
    answer.events.push_back(events_.read(rows.integer(0)));
    return answer.events.back()->body.size();
  };
  walk(query, answer, events_behind_.rows(after), keep,
       [](const Rows& rows) { return rows.number(0); });
}

void SqliteFinder::find_notes(const Query& query, TimePoint latest, Records& answer) {
  std::string from = query.key_prefix;
  if (!query.after.empty()) {
    const auto after = cursor_bytes(query);
    if (!after) return;
    // The next key there can be is the same with a zero byte behind it.
    if (*after >= from) from = std::string(*after) + '\0';
  }
  PageLimits limits(query);
  std::string last;
  Rows rows = notes_.rows(from);
  while (rows.next() && rows.bytes(0).starts_with(query.key_prefix)) {
    if (limits.reached()) {
      answer.next = cursor(query.kind, last);
      return;
    }
    last = rows.text(0);
    std::optional<std::size_t> taken;
    if (!expired(rows.time(2), latest)) {
      answer.notes.push_back({last, rows.number(1), rows.text(3), rows.time(2)});
      taken = answer.notes.back().value.size();
    }
    limits.count(taken);
  }
}

}  // namespace hookwright::stores
