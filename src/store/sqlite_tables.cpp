#include "store/sqlite_tables.hpp"

#include <chrono>

namespace hookwright::stores {
namespace {

// What is remembered of each kind; beyond, it is read again.
constexpr std::size_t remembered_max = 32'768;

// Events share a segment until it has this many numbers, or is that large or old, since one waiting
// delivery keeps all of a segment.
constexpr std::size_t segment_bytes_max = std::size_t{2} << 20U;
constexpr Duration segment_age_max = std::chrono::hours(1);

std::int64_t segment_of(std::int64_t no) {
  return no >> segment_bits;
}
std::int64_t first_of(std::int64_t segment) {
  return segment << segment_bits;
}

// Makes room for one more.
template <class Map>
void bound(Map& map) {
  if (map.size() >= remembered_max) map.clear();
}

std::int64_t last_inserted(const Connection& connection) {
  return sqlite3_last_insert_rowid(connection.handle());
}

}  // namespace

// --- Meta

std::int64_t MetaTable::read(std::string_view key) {
  Rows rows = read_.rows(key);
  if (!rows.next()) throw SqliteError(SQLITE_CORRUPT, "the table meta lacks a value");
  return rows.integer(0);
}

void MetaTable::write(std::string_view key, std::int64_t value) {
  write_.run(key, value);
}

// --- Names

std::optional<std::int64_t> NameTables::known_tenant(const std::string& name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end()) return found->second;
  Rows rows = find_tenant_.rows(name);
  if (!rows.next()) return std::nullopt;
  bound(tenants_);
  return tenants_.emplace(name, rows.integer(0)).first->second;
}

std::int64_t NameTables::tenant(const std::string& name) {
  if (const auto known = known_tenant(name)) return *known;
  add_tenant_.run(name);
  bound(tenants_);
  return tenants_.emplace(name, last_inserted(connection_)).first->second;
}

std::int64_t NameTables::kind(const std::string& type, const std::string& family) {
  const auto found = kinds_.find(Kind(type, family));
  if (found != kinds_.end()) return found->second;
  std::int64_t no = 0;
  {
    Rows rows = find_kind_.rows(type, family);
    if (rows.next()) no = rows.integer(0);
  }
  if (no == 0) {
    add_kind_.run(type, family);
    no = last_inserted(connection_);
  }
  bound(kinds_);
  kinds_.emplace(Kind(type, family), no);
  return no;
}

void NameTables::forget() {
  tenants_.clear();
  kinds_.clear();
}

// --- Endpoints

const EndpointTable::Entry* EndpointTable::entry(const EndpointId& id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) return &found->second;
  Rows rows = find_.rows(id);
  if (!rows.next()) return nullptr;
  bound(entries_);
  return &entries_.emplace(id, Entry{rows.integer(0), rows.integer(1) != 0}).first->second;
}

std::optional<std::int64_t> EndpointTable::known(const EndpointId& id) {
  const Entry* found = entry(id);
  return found == nullptr ? std::nullopt : std::optional(found->no);
}

std::optional<std::int64_t> EndpointTable::living(const EndpointId& id) {
  const Entry* found = entry(id);
  return found == nullptr || found->deleted ? std::nullopt : std::optional(found->no);
}

std::uint64_t EndpointTable::version(const EndpointId& id) {
  Rows rows = version_.rows(id);
  return rows.next() ? rows.number(0) : 0;
}

bool EndpointTable::fewer_count(const TenantCountBelow& below) {
  if (below.n == 0) return false;
  const auto no = names_.known_tenant(below.tenant);
  if (!no) return true;
  Rows rows = count_.rows(*no, std::int64_t{below.limit}, static_cast<std::uint64_t>(below.n));
  return rows.next() && rows.number(0) < below.n;
}

std::uint64_t EndpointTable::changes() {
  if (!changes_) changes_ = static_cast<std::uint64_t>(meta_.read("endpoints_version"));
  return *changes_;
}

void EndpointTable::put(const StoredEndpoint& endpoint) {
  const std::uint64_t changed = changes() + 1;
  put_.run(endpoint.id, endpoint.version, names_.tenant(endpoint.tenant),
           std::int64_t{endpoint.counts}, endpoint.deleted, changed, endpoint.details);
  meta_.write("endpoints_version", static_cast<std::int64_t>(changed));
  changes_ = changed;
  entries_.erase(endpoint.id);
}

std::optional<std::int64_t> EndpointTable::first_deleted() {
  Rows rows = first_deleted_.rows();
  return rows.next() ? std::optional(rows.integer(0)) : std::nullopt;
}

void EndpointTable::drop(std::int64_t no) {
  drop_.run(no);
  entries_.clear();
}

void EndpointTable::forget() {
  entries_.clear();
  changes_.reset();
}

// --- Events

TimePoint time_in(std::int64_t id_high) {
  return TimePoint(Duration(static_cast<std::int64_t>(static_cast<std::uint64_t>(id_high) >> 16U)));
}

std::optional<std::int64_t> EventTable::find(const EventId& id) {
  const IdNumbers numbers = numbers_of(id);
  if (!highest_) {
    Rows rows = find_highest_.rows();
    rows.next();
    highest_ = rows.integer(0);
  }
  if (numbers.high > *highest_) return std::nullopt;  // ids rise, so this is the usual way out
  Rows rows = find_.rows(numbers.high, numbers.low);
  return rows.next() ? std::optional(rows.integer(0)) : std::nullopt;
}

std::int64_t EventTable::take_number(const StoredEvent& event, TimePoint now) {
  if (!next_) {
    Rows rows = last_.rows();
    rows.next();
    next_ = rows.integer(0) + 1;
  }
  if (!segment_since_) segment_since_ = now;
  const bool full = segment_bytes_ >= segment_bytes_max || now - *segment_since_ >= segment_age_max;
  const std::int64_t segment = segment_of(*next_) + (full ? 1 : 0);
  const std::int64_t no = full ? first_of(segment) : *next_;
  if (no == first_of(segment)) {
    segment_bytes_ = 0;
    segment_since_ = now;
  }
  segment_bytes_ += event.body.size();
  next_ = no + 1;
  return no;
}

std::int64_t EventTable::put(const StoredEvent& event, TimePoint now) {
  if (const auto known = find(event.id)) return *known;
  const std::int64_t no = take_number(event, now);
  const IdNumbers id = numbers_of(event.id);
  const Duration offset = event.at - time_in(id.high);
  put_.run(no, id.high, id.low, names_.tenant(event.tenant), names_.kind(event.type, event.family),
           std::int64_t{offset.count()}, event.body);
  highest_ = std::max(*highest_, id.high);
  counts_[segment_of(no)].stored = now;
  return no;
}

void EventTable::need(std::int64_t no, std::int64_t change) {
  counts_[segment_of(no)].pending += change;
}

void EventTable::flush() {
  for (const auto& [segment, count] : counts_) {
    if (count.pending == 0 && !count.stored) continue;
    count_.run(segment, count.pending, count.stored.value_or(TimePoint::min()));
  }
  counts_.clear();
}

// Looks only at those that are old enough, of which few are needed still.
std::optional<std::int64_t> EventTable::idle_segment(TimePoint before) {
  Rows rows = segments_.rows();
  while (rows.next() && rows.time(2) < before) {
    if (rows.integer(1) == 0) return rows.integer(0);
  }
  return std::nullopt;
}

std::size_t EventTable::drop_some(TimePoint before, std::size_t max) {
  const auto segment = idle_segment(before);
  if (!segment) return 0;
  const std::size_t dropped =
      drop_events_.run(first_of(*segment), first_of(*segment + 1), static_cast<std::uint64_t>(max));
  if (dropped == max) return dropped;
  drop_segment_.run(*segment);
  return dropped + 1;
}

void EventTable::forget() {
  counts_.clear();
  next_.reset();
  highest_.reset();
}

}  // namespace hookwright::stores
