#include "store/sqlite_writer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "store/rules.hpp"

namespace hookwright::stores {

namespace {
// Rows that were due when they were put are settled soon; so many are remembered until then.
constexpr std::size_t recent_max = 8'192;
}  // namespace

// What a precondition finds.
struct SqliteCheck {
  SqliteWriter& writer;
  TimePoint latest;  // what has expired by then has, as for find(): a clock may be set back

  // One process holds every lane.
  ChangeOutcome operator()(const LaneHeld& /*held*/) const { return ChangeOutcome::applied; }
  ChangeOutcome operator()(const EndpointAt& at) const {
    return matched(writer.endpoints_.version(at.id) == at.version);
  }
  ChangeOutcome operator()(const EventAbsent& absent) const {
    return matched(!writer.events_.find(absent.id));
  }
  ChangeOutcome operator()(const NoteAt& at) const {
    return matched(writer.note_version(at.key, latest) == at.version);
  }
  ChangeOutcome operator()(const DeliveryAt& at) const { return matched(writer.holds(at)); }
  ChangeOutcome operator()(const TenantCountBelow& below) const {
    return writer.endpoints_.fewer_count(below) ? ChangeOutcome::applied
                                                : ChangeOutcome::over_limit;
  }

  static ChangeOutcome matched(bool it_is) {
    return it_is ? ChangeOutcome::applied : ChangeOutcome::mismatch;
  }
};

struct SqliteCarry {
  SqliteWriter& writer;
  TimePoint now;

  void operator()(const PutEndpoint& put) const { writer.endpoints_.put(put.endpoint); }
  void operator()(const PutEvent& put) const {
    const std::int64_t no = writer.events_.put(*put.event, now);
    writer.event_.emplace(put.event->id, no);
  }
  void operator()(const PutDelivery& put) const { writer.put(put.delivery, now); }
  void operator()(const DropDelivery& drop) const { writer.drop(drop); }
  void operator()(const PutAttempt& put) const { writer.put(put.attempt); }
  void operator()(const PutDeadLetter& put) const { writer.put(put.letter); }
  void operator()(const DropDeadLetter& drop) const { writer.drop_dead_.run(drop.id); }
  void operator()(const PutNote& put) const {
    writer.put_note_.run(put.note.key, put.note.version, put.note.expires, put.note.value);
  }
  void operator()(const DropNote& drop) const { writer.drop_note_.run(drop.key); }
  void operator()(const ReleaseLane& /*release*/) const {}  // one process holds every lane
};

ChangeResult SqliteWriter::apply(const Change& change, TimePoint now, TimePoint latest) {
  seen_ = {};
  event_.reset();
  for (std::size_t i = 0; i < change.only_if.size(); ++i) {
    const ChangeOutcome found = std::visit(SqliteCheck{*this, latest}, change.only_if[i]);
    if (found != ChangeOutcome::applied) return {found, i};
  }
  if (!std::ranges::all_of(change.writes, storable)) return {ChangeOutcome::unstorable, 0};
  for (const Write& write : change.writes) std::visit(SqliteCarry{*this, now}, write);
  return {};
}

void SqliteWriter::forget() {
  names_.forget();
  endpoints_.forget();
  events_.forget();
  attempts_.forget();
  recent_.clear();
}

void SqliteWriter::forget_change(EventTable::Counts counts_before) {
  forget();
  events_.restore(std::move(counts_before));
}

void SqliteWriter::note_row(std::uint64_t row) {
  next_row_ = std::max(next_row_, row + 1);
}

// --- Deliveries

SqliteWriter::Seen SqliteWriter::look_at(const EndpointId& endpoint, const LanePosition& position) {
  const auto recent = recent_.find(position.row);
  if (recent != recent_.end() && recent->second.endpoint == endpoint &&
      recent->second.position == position) {
    return recent->second;
  }
  Seen seen{endpoint, position, {}, 0, 0, 0};
  const auto no = endpoints_.known(endpoint);
  if (!no) return seen;
  for (const std::int64_t lane : {*no, -*no}) {
    Rows rows = find_row_.rows(lane, position.due, position.row);
    if (!rows.next()) continue;
    seen.lane = lane;
    seen.event = rows.integer(0);
    seen.attempts = static_cast<std::uint32_t>(rows.number(1));
    seen.delivery = DeliveryId{rows.id(2)};
    break;
  }
  return seen;
}

void SqliteWriter::remember(const Seen& row) {
  if (recent_.size() >= recent_max) recent_.clear();
  recent_.insert_or_assign(row.position.row, row);
}

bool SqliteWriter::holds(const DeliveryAt& at) {
  seen_ = look_at(at.endpoint, at.position);
  return seen_.lane != 0 && seen_.attempts == at.attempts;
}

std::int64_t SqliteWriter::event_of(const Delivery& delivery) {
  if (event_ && event_->first == delivery.event) return event_->second;
  // A retry: the row it comes from has just been looked at. One delivery has one event.
  if (seen_.event != 0 && seen_.delivery == delivery.id) return seen_.event;
  const auto no = events_.find(delivery.event);
  if (!no) throw Unstorable{};
  return *no;
}

void SqliteWriter::put(const Delivery& delivery, TimePoint now) {
  const auto endpoint = endpoints_.living(delivery.endpoint);
  if (!endpoint) return;
  const std::int64_t event = event_of(delivery);
  const LanePosition& at = delivery.position;
  if (at.row < next_row_) drop({delivery.endpoint, at});  // it may be there already
  const std::int64_t lane = at.due > now ? -*endpoint : *endpoint;
  put_row_.run(lane, at.due, at.row, delivery.id, event, delivery.attempts, delivery.first_attempt,
               delivery.spared_since, delivery.expires, delivery.attempts_max);
  if (lane > 0) remember({delivery.endpoint, at, delivery.id, lane, event, delivery.attempts});
  events_.need(event, +1);
  note_row(at.row);
}

void SqliteWriter::drop(const DropDelivery& drop) {
  const bool seen =
      seen_.lane != 0 && seen_.endpoint == drop.endpoint && seen_.position == drop.position;
  const Seen row = seen ? seen_ : look_at(drop.endpoint, drop.position);
  if (row.lane == 0) return;
  drop_row_.run(row.lane, drop.position.due, drop.position.row);
  recent_.erase(drop.position.row);
  events_.need(row.event, -1);
  if (seen) seen_.lane = 0;
}

// --- History

void SqliteWriter::put(const Attempt& attempt) {
  const auto endpoint = endpoints_.living(attempt.endpoint);
  if (!endpoint) return;
  attempts_.put(attempt, *endpoint);
  note_row(attempt.row);
}

void SqliteWriter::put(const DeadLetter& letter) {
  const auto endpoint = endpoints_.living(letter.endpoint);
  if (!endpoint) return;
  drop_dead_.run(letter.id);
  const StoredEvent& event = letter.event;
  put_dead_.run(letter.row, letter.id, *endpoint, names_.tenant(event.tenant),
                names_.kind(event.type, event.family), event.id, event.at,
                static_cast<int>(letter.reason), letter.attempts, static_cast<int>(letter.fault),
                letter.status, letter.died, letter.expires, event.body);
  note_row(letter.row);
}

std::uint64_t SqliteWriter::note_version(const std::string& key, TimePoint now) {
  Rows rows = note_version_.rows(key);
  return rows.next() && !expired(rows.time(1), now) ? rows.number(0) : 0;
}

// --- What deleted endpoints left

std::size_t SqliteWriter::drop_some_of_lane(std::int64_t lane, std::size_t max) {
  std::size_t dropped = 0;
  LanePosition last;
  {
    Rows rows = lane_head_.rows(lane, static_cast<std::uint64_t>(max));
    while (rows.next()) {
      last = {rows.time(0), rows.number(1)};
      events_.need(rows.integer(2), -1);
      ++dropped;
    }
  }
  if (dropped > 0) {
    drop_lane_head_.run(lane, last.due, last.row);
    recent_.clear();
  }
  return dropped;
}

std::size_t SqliteWriter::drop_some_of_deleted(std::size_t max) {
  const auto endpoint = endpoints_.first_deleted();
  if (!endpoint) return 0;
  std::size_t dropped = drop_some_of_lane(*endpoint, max);
  const auto left = [&] { return static_cast<std::uint64_t>(max - dropped); };
  if (dropped < max) dropped += drop_some_of_lane(-*endpoint, max - dropped);
  if (dropped < max) dropped += attempts_.drop_some_of(*endpoint, max - dropped);
  if (dropped < max) dropped += drop_dead_of_.run(*endpoint, left());
  if (dropped < max) {
    attempts_.drop_head_of(*endpoint);
    endpoints_.drop(*endpoint);
    ++dropped;
  }
  return dropped;
}

}  // namespace hookwright::stores
